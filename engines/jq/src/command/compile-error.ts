import type { PlatformError } from '@super-data/base/errors'
import type { Position } from '../errors.ts'

/** What jq prints when a program does not compile: the message, the line, and a mark under the place. */
export function compileErrorText(error: PlatformError, program: string): string {
  const position = (error as { position?: Position }).position
  if (!position) return `jq: error: ${error.message}\njq: 1 compile error\n`
  const message = error.message.replace(/,? at line \d+, column \d+$/, '')
  const { line, column } = position
  const text = program.split('\n')[line - 1] ?? ''
  const width = Math.max(1, /^[\w$:@]*/.exec(text.slice(column - 1))![0].length)
  const place = `<top-level>, line ${line}, column ${column}`
  const mark = ' '.repeat(column - 1) + '^'.repeat(width)
  return `jq: error: ${message} at ${place}:\n    ${text}\n    ${mark}\njq: 1 compile error\n`
}
