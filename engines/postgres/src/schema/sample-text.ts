import { quoteQualified } from '../sql/identifier.ts'
import { limitOf } from './page.ts'

/** A query for a few rows of a table, to be run as any other query of the caller. At most 20; default 5. */
export function sampleText(table: { readonly schema: string; readonly name: string }, rows?: number): string {
  return `SELECT * FROM ${quoteQualified(table)} LIMIT ${limitOf(rows, { usual: 5, max: 20 })}`
}
