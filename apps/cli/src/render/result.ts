import type { Answer, OperationName, Output, ReviewedFunction, Tool } from '@super-data/contract'
import { ownCommand } from '../self.ts'
import { print, type Shell, say } from '../terminal.ts'
import { type CommandLine, withCommands } from './command-words.ts'
import { renderDatasetProblems } from './dataset-problems.ts'
import { renderReview } from './difference.ts'
import { renderHistory } from './history.ts'
import { renderImpact } from './impact.ts'
import { renderInbox } from './inbox.ts'
import { renderStats, renderSuggestions } from './learning.ts'
import { renderFunctions, renderTools } from './lists.ts'
import { durationText, isAnswer, isPage, type OutputStyle, renderOutput } from './output.ts'
import { shellQuote } from './shell-quote.ts'
import { renderTool, toldDraft, toldSaved, toldState, toldVotes } from './tool.ts'

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
  const line = { self: ownCommand(shell), words: called.words }
  print(shell, renderCalled(output, called.operation, line, { width, colour }))
  for (const note of notes(output, called, ownCommand(shell))) say(shell, note)
}

const voting: ReadonlySet<OperationName> = new Set(['tools.vote', 'tools.approve', 'functions.vote'])

const submitting: ReadonlySet<OperationName> = new Set(['tools.submit', 'tools.propose', 'functions.submit'])

const drafting: ReadonlySet<OperationName> = new Set([
  ...(['tools.create', 'tools.update', 'tools.rollback', 'tools.upgrade'] as const),
  ...(['functions.create', 'functions.rollback', 'learning.accept'] as const),
])

/** A new version, of what was saved. Accepting a suggestion may put a tool away instead. */
function isDraft(output: unknown, operation: OperationName): output is Tool | ReviewedFunction {
  return drafting.has(operation) && (output as Tool | ReviewedFunction).state === 'draft'
}

/** A few operations say more to people, or less, than their output field by field. */
function renderCalled(output: unknown, operation: OperationName, line: CommandLine, style: OutputStyle): string {
  const { self } = line
  if (operation === 'datasets.list') return renderOutput(output, style) + renderDatasetProblems(output as object, style)
  if (submitting.has(operation)) return `${toldState(output as Tool | ReviewedFunction, self)}\n`
  if (voting.has(operation)) return `${toldVotes(output as Tool)}\n`
  if (isDraft(output, operation)) return `${toldSaved(output)}\n`
  if (operation === 'learning.accept') return `${toldState(output as Tool, self)}\n`
  if (operation === 'tools.history' || operation === 'functions.history')
    return renderHistory(output as Output<'tools.history'>)
  if (operation === 'tools.diff' || operation === 'functions.diff') return renderReview(output as Output<'tools.diff'>)
  if (operation === 'functions.impact') return renderImpact(output as Output<'functions.impact'>)
  if (operation === 'tools.stats') return renderStats(output as Output<'tools.stats'>, style)
  if (operation === 'learning.suggestions') return renderSuggestions(output as Output<'learning.suggestions'>, style)
  if (operation === 'inbox.list') return renderInbox(output as Output<'inbox.list'>, self)
  if (operation === 'tools.list') return renderTools(output as Output<'tools.list'>, style)
  if (operation === 'functions.list') return renderFunctions(output as Output<'functions.list'>, style)
  if (operation === 'tools.get') return renderTool(output as Tool, style)
  if (operation === 'sync.status' || operation === 'sync.now')
    return renderOutput(withHint(output as Output<'sync.status'>, line), style)
  return renderOutput(output, style)
}

/** What answers tell of a failure is said as the command line says errors. */
function withHint<Told extends { readonly hint: string | null }>(output: Told, line: CommandLine): Told {
  return { ...output, hint: output.hint && withCommands(output.hint, line) }
}

/** What the reader should know that is not part of the output. */
function notes(output: unknown, { operation, words }: Called, self: string): readonly string[] {
  if (operation === 'users.invite') return [inviteNote(output as Output<'users.invite'>)]
  if (isDraft(output, operation)) return [toldDraft(output, self)]
  if (operation === 'datasets.migrate')
    return [`Tools that no longer fit can be drafted anew with it: ${self} learning suggestions`]
  if (isAnswer(output)) return answerNotes(output, operation, { words, self })
  if (!isPage(output) || !output.cursor) return []
  return [`There is more: ${[self, ...words.map(shellQuote), '--cursor', shellQuote(output.cursor)].join(' ')}`]
}

/** What to send to whom: the link works without anything installed. */
function inviteNote({ user, link }: Output<'users.invite'>): string {
  return `Send ${user.name}: npx super-data join ${shellQuote(link)}`
}

function answerNotes(answer: Answer, operation: OperationName, line: CommandLine): readonly string[] {
  const { self } = line
  const counted = `${answer.count} ${noun(answer)} in ${durationText(answer.elapsedMs)}`
  const asked = operation === 'tools.run' ? 'warning:' : 'Is this meant?'
  const lines = (answer.warnings ?? []).map(warning => `${asked} ${withCommands(warning, line)}`)
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
