export interface Location {
  readonly line: number
  readonly column: number
}

/** Line and column, both from 1, of a byte offset as DuckDB counts it. */
export function locate(text: string, byteOffset: number | undefined): Location | undefined {
  if (byteOffset === undefined || !Number.isSafeInteger(byteOffset) || byteOffset < 0) return undefined
  const before = Buffer.from(text).subarray(0, byteOffset).toString()
  const lines = before.split('\n')
  return { line: lines.length, column: lines.at(-1)!.length + 1 }
}

/** The length in bytes of the white space and comments a text begins with. */
export function leadingBlank(text: string): number {
  const blank = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)+/.exec(text)
  return blank ? blank[0].length : 0
}
