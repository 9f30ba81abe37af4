import { nearest } from '@super-data/base/nearest'
import type { Catalog } from '../catalog.ts'
import { jsonRows } from './json-rows.ts'
import { isSystemSchema, type ObjectKind } from './object-kind.ts'

const candidatesMax = 2_000
const nearMax = 3

/** Names that are there and look like the one typed: a slip of it, the same in another case or schema, a part of it. */
export async function nearNames(
  catalog: Catalog,
  typed: { readonly schema?: string | undefined; readonly name: string; readonly kinds: readonly ObjectKind[] },
): Promise<string[]> {
  const known = await jsonRows<{ schema: string; name: string }>(catalog, candidatesQuery, [
    typed.kinds.some(kind => relational.has(kind)),
    typed.kinds.includes('function'),
    typed.kinds.includes('type'),
    typed.kinds.includes('sequence'),
    candidatesMax,
  ])
  const name = typed.name.toLowerCase()
  const slip = nearest(
    typed.name,
    known.map(each => each.name),
  )
  const near = [
    ...known.filter(each => each.name === typed.name),
    ...known.filter(each => each.name.toLowerCase() === name),
    ...known.filter(each => each.name === slip),
    ...known.filter(each => letters(each.name) === letters(typed.name)),
    ...known.filter(each => isPart(each.name.toLowerCase(), name)),
  ]
  return [...new Set(near.map(each => `${each.schema}.${each.name}`))].slice(0, nearMax)
}

const relational: ReadonlySet<ObjectKind> = new Set(['table', 'view', 'materialized_view', 'index'])

/** Two names with letters swapped have the same. */
const letters = (name: string): string => [...name.toLowerCase()].sort().join('')

/** `order` and `orders`, `order_items` and `items`; parts of two letters say nothing. */
function isPart(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  return short.length >= 3 && long.includes(short)
}

const candidatesQuery = `
  SELECT o.schema, o.name FROM (
    SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE $1::bool AND c.relkind IN ('r', 'p', 'f', 'v', 'm') OR $4::bool AND c.relkind = 'S'
    UNION SELECT n.nspname, p.proname FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE $2::bool
    UNION SELECT n.nspname, t.typname FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE $3::bool AND t.typtype IN ('e', 'd', 'r')
  ) AS o WHERE NOT ${isSystemSchema('o.schema')}
  ORDER BY 2, 1 LIMIT $5::int4`
