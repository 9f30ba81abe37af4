export interface Location {
  readonly line: number
  readonly column: number
}

/** Line and column, both from 1, of an offset in bytes, as DuckDB's binder and syntax tree count. */
export function locate(text: string, byteOffset: number | undefined): Location | undefined {
  if (byteOffset === undefined || !Number.isSafeInteger(byteOffset) || byteOffset < 0) return undefined
  return endOf(Buffer.from(text).subarray(0, byteOffset).toString())
}

/** The same for an offset in characters, as DuckDB's parser counts. */
export function locateCharacter(text: string, offset: number): Location | undefined {
  if (!Number.isSafeInteger(offset) || offset < 0) return undefined
  return endOf([...text].slice(0, offset).join(''))
}

function endOf(before: string): Location {
  const lines = before.split('\n')
  return { line: lines.length, column: lines.at(-1)!.length + 1 }
}

/** The length of the white space and comments a text begins with. */
export function leadingBlank(text: string): number {
  const blank = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/.exec(text)
  return blank ? blank[0].length : 0
}
