import { RemoteError } from '@super-data/contract/client'
import { CommanderError } from 'commander'
import { knownError, UsageWrong } from './errors.ts'
import { exitCodeOf } from './exit-code.ts'
import { inCommandWords } from './render/command-words.ts'
import { renderFailure, toFailure } from './render/problem.ts'
import { ownCommand } from './self.ts'
import type { Shell } from './terminal.ts'

/** Runs one command line. Never throws; says what went wrong and returns the exit code. */
export async function runProgram(words: readonly string[], shell: Shell): Promise<number> {
  try {
    return await run(words, shell)
  } catch (error) {
    return report(error, words, shell)
  }
}

/** jq brings its own options and needs nothing of the rest, so it goes ahead of everything. */
async function run(words: readonly string[], shell: Shell): Promise<number> {
  if (words[0] === 'jq') {
    const { runJq } = await import('./jq/run-jq.ts')
    return runJq(words.slice(1), shell)
  }
  const { buildProgram } = await import('./program.ts')
  const outcome = { exitCode: 0 }
  // Where no command is called, the list of them needs no more of any.
  const called = words.find(word => !word.startsWith('-')) ?? ''
  const program = buildProgram(shell, outcome, called)
  if (words.length === 0) program.outputHelp()
  else await program.parseAsync([...words], { from: 'user' })
  return outcome.exitCode
}

function report(error: unknown, words: readonly string[], shell: Shell): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  const known = toFailure(error instanceof CommanderError ? toUsage(error) : knownError(error))
  const failure = known.kind === 'internal' && isOurs(error) ? { ...known, hint: ownHint } : known
  const { stderr, colour, live } = shell.terminal
  if (failure.hint === ownHint && isVerbose(words)) stderr.write(`${causeOf(error)}\n`)
  if (words.includes('--json')) stderr.write(`${JSON.stringify(failure)}\n`)
  else stderr.write(renderFailure(inCommandWords(failure, { words, self: ownCommand(shell) }), colour && live))
  return exitCodeOf(failure)
}

/** What went wrong here is in no server's log: the reader can only see it by asking for it. */
const ownHint = 'Run it again with -v to see the cause, and report it.'

function isOurs(error: unknown): boolean {
  return !(error instanceof RemoteError)
}

function isVerbose(words: readonly string[]): boolean {
  return words.includes('-v') || words.includes('--verbose')
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}

/** Commander's complaint in our words: one error for every wrong command line. */
function toUsage(error: CommanderError): UsageWrong {
  if (error.code === 'commander.help') return new UsageWrong('a command is missing', { hint: 'The list is above.' })
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const suggestion = rest.join(' ').replace(/^\(|\)$/g, '')
  return new UsageWrong(first, { hint: suggestion === '' ? 'Add --help to see how it is used.' : suggestion })
}
