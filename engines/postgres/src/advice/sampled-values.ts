import type { Catalog } from '../catalog.ts'
import { jsonRows } from '../schema/json-rows.ts'
import { columnMeant } from './candidates.ts'
import type { StatementUses } from './column-uses.ts'
import type { ComparedParameter, Comparison, ParameterUse } from './parameter-uses.ts'
import type { TableFacts } from './table-facts.ts'

/** A value a parameter may well have: a text, or a list of one. */
export type SampledValue = string | readonly [string]

/** What the statistics say of the values of a column; as far as the login may read the column. */
interface Spread {
  readonly table: number
  readonly column: string
  readonly common: readonly unknown[] | null
  readonly frequencies: readonly number[] | null
  /** Values that part the others into shares of the same size. */
  readonly bounds: readonly unknown[] | null
}

/** Where in the order of all values the one lies that is compared with: ranges are of a tenth of the rows. */
const places: Readonly<Record<'above' | 'below' | 'from' | 'to', number>> = {
  above: 0.9,
  below: 0.1,
  from: 0.45,
  to: 0.55,
}

const rowsWanted = '100'

/**
 * Values for the parameters of a statement, from the statistics of the columns they are compared with.
 *
 * @returns one a parameter; `undefined` unless there is one for each.
 */
export async function sampledValues(
  catalog: Catalog,
  { parameters, uses, parameterUses }: Sampled,
  facts: readonly TableFacts[],
): Promise<readonly SampledValue[] | undefined> {
  if (parameters === 0) return []
  const spreads = await spreadsOf(catalog, facts)
  const valueFor = (use: ParameterUse): SampledValue | undefined => {
    if (!('column' in use)) return use.how === 'limit' ? rowsWanted : '0'
    const spread = spreads.find(each => isMeant(each, use, { facts, uses }))
    return spread && valueIn(spread, use.how)
  }
  const numbers = Array.from({ length: parameters }, (_, index) => index + 1)
  const values = numbers.map(number => first(parameterUses.filter(use => use.number === number).map(valueFor)))
  return values.every(value => value !== undefined) ? values : undefined
}

interface Sampled {
  readonly parameters: number
  readonly uses: StatementUses
  readonly parameterUses: readonly ParameterUse[]
}

const first = <T>(list: readonly (T | undefined)[]): T | undefined => list.find(item => item !== undefined)

function isMeant(
  spread: Spread,
  use: ComparedParameter,
  { facts, uses }: { readonly facts: readonly TableFacts[]; readonly uses: StatementUses },
): boolean {
  const table = facts.find(each => each.id === spread.table)
  return table !== undefined && columnMeant(use, table, uses.tables)?.name === spread.column
}

function valueIn(spread: Spread, how: Comparison): SampledValue | undefined {
  if (how === 'equal') return usualIn(spread)
  const value = how === 'any' || how === 'like' ? usualIn(spread) : (boundAt(spread, places[how]) ?? usualIn(spread))
  if (value === undefined) return undefined
  if (how === 'any') return [value]
  return how === 'like' ? `${beginningOf(value)}%` : value
}

/** The value of the middle row, were the rows in order of how common their values are. */
function usualIn(spread: Spread): string | undefined {
  let share = 0
  for (const [place, value] of (spread.common ?? []).entries()) {
    share += spread.frequencies?.[place] ?? 0
    if (share >= 0.5) return textOf(value)
  }
  return boundAt(spread, 0.5) ?? textOf(spread.common?.[0])
}

function boundAt({ bounds }: Spread, place: number): string | undefined {
  return bounds ? textOf(bounds[Math.floor((bounds.length - 1) * place)]) : undefined
}

/** Of arrays of arrays the elements are no values of the column. */
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function beginningOf(value: string): string {
  const letters = [...value]
  return letters
    .slice(0, Math.max(1, Math.ceil(letters.length / 2)))
    .join('')
    .replace(/[\\%_]/g, '\\$&')
}

function spreadsOf(catalog: Catalog, facts: readonly TableFacts[]): Promise<Spread[]> {
  return jsonRows(catalog, spreadsQuery, [facts.map(table => table.id)])
}

const spreadsQuery = `
  SELECT c.oid::int8 AS table, s.attname AS column, s.most_common_vals::text::text[] AS common,
    s.most_common_freqs AS frequencies, s.histogram_bounds::text::text[] AS bounds
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.inherited = (c.relkind = 'p')
  WHERE c.oid = ANY ($1::pg_catalog.oid[]) AND COALESCE(s.avg_width, 0) <= 500`
