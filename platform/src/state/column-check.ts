import { type RawBuilder, sql } from 'kysely'

/** `column in ('a', 'b')`: what a text column may hold. Null passes where the column allows it. */
export function oneOf(column: string, values: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(column)} in (${sql.join(values.map(value => sql.lit(value)))})`
}

/** The column holds 0 or 1. */
export function zeroOrOne(column: string): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(column)} in (0, 1)`
}
