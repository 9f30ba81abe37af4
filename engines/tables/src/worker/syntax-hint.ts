import { nearest } from '@super-data/base/nearest'

/** What a statement is made of, where a slip is most likely. */
const commonWords = ['select', 'from', 'where', 'group', 'order', 'having', 'join', 'limit', 'union', 'with', 'values']

export interface SyntaxPlace {
  /** The word the parser stopped at, in lower case. */
  readonly near: string
  /** The text before it. */
  readonly before: string
  /** Names of tables, in lower case. */
  readonly known: ReadonlySet<string>
  readonly reserved: ReadonlySet<string>
}

/** What a statement that is no SQL was probably meant to be. */
export function syntaxHint({ near, before, known, reserved }: SyntaxPlace): string | undefined {
  if (reserved.has(near)) {
    if (known.has(near)) return `${near} is a word of SQL: write the dataset as "${near}".`
    const table = nearest(near, [...known])
    return table === undefined ? undefined : `${near} is a word of SQL; did you mean ${table}?`
  }
  const previous = /(\w+)\s*$/.exec(before)?.[1]?.toLowerCase() ?? near
  const meant = reserved.has(previous) ? undefined : nearest(previous, commonWords)
  return meant === undefined || meant === previous ? undefined : `Did you mean ${meant.toUpperCase()}, not ${previous}?`
}
