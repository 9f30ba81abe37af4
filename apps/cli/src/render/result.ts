import type { Answer, OperationName } from '@super-data/contract'
import { print, type Shell, say } from '../terminal.ts'
import { isAnswer, isPage, renderOutput } from './output.ts'
import { shellQuote } from './shell-quote.ts'

/** Prints an output: exact JSON when asked for, otherwise for people, with how to go on as a note beside it. */
export function showResult(
  shell: Shell,
  output: unknown,
  options: { json: boolean; operation: OperationName; again: string },
): void {
  const { terminal } = shell
  if (options.json) {
    print(shell, JSON.stringify(output, null, terminal.width === undefined ? undefined : 2))
    return
  }
  print(shell, renderOutput(output, { width: terminal.width, colour: terminal.colour }))
  for (const note of notes(output, options)) say(shell, note)
}

/** What the reader should know that is not part of the output. */
function notes(output: unknown, options: { operation: OperationName; again: string }): readonly string[] {
  if (isAnswer(output)) return answerNotes(output, options.operation)
  if (isPage(output) && output.cursor !== null)
    return [`There is more: ${options.again} --cursor ${shellQuote(output.cursor)}`]
  return []
}

function answerNotes(answer: Answer, operation: OperationName): readonly string[] {
  const counted = `${answer.count} ${noun(answer)} in ${answer.elapsedMs.toFixed(1)} ms`
  const lines: string[] = []
  if (answer.truncated !== false) {
    lines.push(
      `Cut short by ${answer.truncated.by}. Read on: super-data queries read ${shellQuote(answer.truncated.handle)}`,
    )
  }
  if (operation === 'tools.run') return [...lines, counted]
  return [...lines, `${counted}. Save it: super-data tools create NAME --from-run ${answer.runId} --description TEXT`]
}

function noun(answer: Answer): string {
  const word = answer.columns === undefined ? 'item' : 'row'
  return answer.count === 1 ? word : `${word}s`
}
