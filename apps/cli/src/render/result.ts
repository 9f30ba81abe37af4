import type { Answer, OperationName } from '@super-data/contract'
import { ownCommand } from '../self.ts'
import { print, type Shell, say } from '../terminal.ts'
import { isAnswer, isPage, renderOutput } from './output.ts'
import { shellQuote } from './shell-quote.ts'

/** What was called, for the notes on how to go on. */
export interface Called {
  readonly operation: OperationName
  /** The words of the command line that would call it again, without a cursor. */
  readonly words: readonly string[]
}

/** Prints an output: exact JSON when asked for, otherwise for people, with how to go on as a note beside it. */
export function showResult(shell: Shell, output: unknown, called: Called & { readonly json: boolean }): void {
  const { width, colour } = shell.terminal
  if (called.json) {
    print(shell, JSON.stringify(output, null, width === undefined ? undefined : 2))
    return
  }
  print(shell, renderOutput(output, { width, colour }))
  for (const note of notes(output, called, ownCommand(shell))) say(shell, note)
}

/** What the reader should know that is not part of the output. */
function notes(output: unknown, { operation, words }: Called, self: string): readonly string[] {
  if (isAnswer(output)) return answerNotes(output, operation, self)
  if (!isPage(output) || output.cursor === null) return []
  return [`There is more: ${[self, ...words.map(shellQuote), '--cursor', shellQuote(output.cursor)].join(' ')}`]
}

function answerNotes(answer: Answer, operation: OperationName, self: string): readonly string[] {
  const counted = `${answer.count} ${noun(answer)} in ${answer.elapsedMs.toFixed(1)} ms`
  const lines: string[] = []
  if (answer.truncated !== false) {
    const { by, handle } = answer.truncated
    lines.push(`Cut short by ${by}. Read on: ${self} queries read ${shellQuote(handle)}`)
  }
  if (answer.draft) lines.push('A draft: only those who may edit it can call it.')
  if (operation === 'tools.run') return [...lines, counted]
  return [...lines, `${counted}. Save it: ${self} save NAME --from-run ${answer.runId} --description TEXT`]
}

function noun(answer: Answer): string {
  const word = answer.columns === undefined ? 'item' : 'row'
  return answer.count === 1 ? word : `${word}s`
}
