import { countLines } from './text-source.ts'

/** An input is no JSON. The message is jq's, with line and column counted over all inputs. */
export class BrokenInput extends Error {}

/** Where a text begins, in the whole of the inputs. */
export interface TextStart {
  /** Line ends before it. */
  readonly lines: number
  /** Characters before it on its line. */
  readonly column: number
}

/** Moves the place that ends a message of the JSON reader from one value to the whole of the inputs. */
export function placedMessage(message: string, { lines, column }: TextStart): string {
  return message.replace(/at line (\d+), column (\d+)$/, (_all, line, at) => {
    const ownLine = Number(line)
    return `at line ${lines + ownLine}, column ${Number(at) + (ownLine === 1 ? column : 0)}`
  })
}

/** The place behind a text that begins there. */
export function placeAfter(text: string, { lines, column }: TextStart): TextStart {
  const lastLineEnd = text.lastIndexOf('\n')
  if (lastLineEnd === -1) return { lines, column: column + text.length }
  return { lines: lines + countLines(text), column: text.length - lastLineEnd - 1 }
}
