import type { Catalog, CatalogSource } from '../catalog.ts'
import { topQueries } from '../monitor/top-queries.ts'
import { parameterCount, parseStatement } from '../schema/parsed-statement.ts'
import { columnUses, type StatementUses } from './column-uses.ts'
import { type ParameterUse, parameterUses } from './parameter-uses.ts'

/** A query indexes are sought for. */
export interface WeighedQuery {
  readonly text: string
  /** How often it runs, or how much it matters. Default 1. */
  readonly weight?: number
}

/** A query that was read and may be planned. */
export interface WorkloadQuery {
  readonly text: string
  readonly weight: number
  readonly parameters: number
  readonly uses: StatementUses
  readonly parameterUses: readonly ParameterUse[]
}

export interface SkippedQuery {
  readonly query: string
  readonly reason: string
}

export interface Workload {
  readonly queries: readonly WorkloadQuery[]
  readonly skipped: readonly SkippedQuery[]
  /** Of pg_stat_statements: since when it counts, and how often it forgot. */
  readonly statistics: { readonly since: string | null; readonly dealloc: number } | null
}

/** The queries handed in, or those of this database that took most time. @throws PostgresExtensionMissing */
export async function readWorkload(
  source: Pick<CatalogSource, 'check'>,
  catalog: Catalog,
  request: { readonly queries?: readonly WeighedQuery[]; readonly top?: number },
): Promise<Workload> {
  const top = request.queries ? undefined : await topQueries(catalog, { limit: request.top ?? 20, queryMax: 10_000 })
  const hidden = top?.queries.filter(query => query.query === null) ?? []
  const wanted =
    request.queries ??
    top!.queries.flatMap(({ query, calls }) => (query === null ? [] : [{ text: query, weight: calls }]))
  const skipped: SkippedQuery[] = hidden.map(({ id }) => ({ query: id, reason: hiddenReason }))
  const queries: WorkloadQuery[] = []
  for (const query of wanted) {
    const read = await readQuery(source, query).catch((failure: unknown) => reasonOf(failure))
    if (typeof read === 'string') skipped.push({ query: query.text.slice(0, 200), reason: read })
    else queries.push(read)
  }
  return { queries, skipped, statistics: top ? { since: top.since, dealloc: top.dealloc } : null }
}

const hiddenReason = 'its text is hidden from the login: GRANT pg_read_all_stats shows it'

/** Only what may be read is planned: a plan alone may already run functions. */
async function readQuery(source: Pick<CatalogSource, 'check'>, query: WeighedQuery): Promise<WorkloadQuery | string> {
  const { command, kind, text } = await source.check(query.text, 'read')
  if (kind !== 'read' || command !== 'SELECT') return `${command} is not planned here`
  const parsed = await parseStatement(text)
  return {
    text,
    weight: query.weight ?? 1,
    parameters: await parameterCount(text),
    uses: columnUses(parsed),
    parameterUses: parameterUses(parsed),
  }
}

export const reasonOf = (failure: unknown): string => (failure instanceof Error ? failure.message : 'it cannot be read')
