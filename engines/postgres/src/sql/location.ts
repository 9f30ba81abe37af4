export interface Location {
  /** Both from 1. */
  readonly line: number
  readonly column: number
  /** In characters, from 1, as PostgreSQL counts. */
  readonly position: number
}

/** The place of a character PostgreSQL counted from 1. */
export function locate(text: string, position: string | number | undefined): Location | undefined {
  const place = Number(position)
  if (position === undefined || !Number.isSafeInteger(place) || place < 1) return undefined
  const before = [...text].slice(0, place - 1).join('')
  const lines = before.split('\n')
  return { line: lines.length, column: [...lines.at(-1)!].length + 1, position: place }
}

/** The same for an offset in bytes from 0, as the parser counts in its tree. */
export function locateByte(text: string, offset: number | undefined): Location | undefined {
  if (offset === undefined || offset < 0) return undefined
  return locate(text, [...Buffer.from(text).subarray(0, offset).toString()].length + 1)
}
