import { JqSyntaxError } from '../errors.ts'

/** Runs something that recurses with the nesting of a program; too much of it is the program's mistake. */
export function guardDepth<T>(text: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!isStackOverflow(error)) throw error
    throw new JqSyntaxError('the program is nested too deeply', {
      line: 1,
      column: 1,
      offset: Math.min(0, text.length),
    })
  }
}

/** The JavaScript engine ran out of stack. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message)
}
