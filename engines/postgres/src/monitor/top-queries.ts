import type { Catalog } from '../catalog.ts'
import { attempt } from '../schema/attempt.ts'
import { jsonRow, jsonRows } from '../schema/json-rows.ts'
import { limitOf } from '../schema/page.ts'
import { extensionSchema, PostgresExtensionMissing } from './extension.ts'

const orders = {
  total: 's.total_exec_time',
  mean: 's.mean_exec_time',
  calls: 's.calls',
  rows: 's.rows',
  blocks_read: 's.shared_blks_read + s.local_blks_read',
  temp: 's.temp_blks_written',
} as const

export type TopQueriesOrder = keyof typeof orders

export interface TopQueriesRequest {
  /** Default `total`. */
  readonly by?: TopQueriesOrder
  /** At most 100; default 10. */
  readonly limit?: number
  /** Characters of each query, at most 10 000; default 1000. */
  readonly queryMax?: number
  /** Queries called less often are left out. */
  readonly callsMin?: number
}

export interface TopQuery {
  /** Stable over calls with other values; as text, for it does not fit into a number. */
  readonly id: string
  /** With `$1` in the place of values; `null` where the login may not see it. */
  readonly query: string | null
  readonly user: string | null
  readonly calls: number
  readonly totalMs: number
  readonly meanMs: number
  readonly maxMs: number
  readonly rows: number
  /** Of the time all queries of this database took, 0 to 1. */
  readonly share: number
  readonly blocksHit: number
  readonly blocksRead: number
  readonly tempBlocksWritten: number
}

export interface TopQueries {
  readonly queries: readonly TopQuery[]
  /** When counting began. */
  readonly since: string | null
  /** How often entries were thrown away for lack of room: then rare queries are missing. */
  readonly dealloc: number
  /** Queries of this database that are counted. */
  readonly counted: number
}

/**
 * The queries of this database that cost most, by pg_stat_statements.
 *
 * @throws PostgresExtensionMissing
 */
export async function topQueries(catalog: Catalog, request: TopQueriesRequest = {}): Promise<TopQueries> {
  const schema = await extensionSchema(catalog, 'pg_stat_statements')
  const order = orders[request.by ?? 'total'] ?? orders.total
  const params = [
    limitOf(request.limit, { usual: 10, max: 100 }),
    limitOf(request.queryMax, { usual: 1_000, max: 10_000 }),
    request.callsMin ?? 1,
  ]
  return attempt(catalog, async () => ({
    ...(await jsonRow<Omit<TopQueries, 'queries'>>(catalog, infoQuery(schema)))!,
    queries: await jsonRows<TopQuery>(catalog, queriesQuery(schema, order), params),
  })).catch((failure: unknown) => {
    throw isNotLoaded(failure)
      ? new PostgresExtensionMissing('pg_stat_statements', { available: true, loaded: false })
      : failure
  })
}

/** Created but not preloaded: the view is there, and refuses. */
function isNotLoaded(failure: unknown): boolean {
  const { code, details } = failure as { code?: string; details?: { sqlstate?: string } }
  return code === '55000' || details?.sqlstate === '55000'
}

const own = `s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())`

const infoQuery = (schema: string): string => `
  SELECT i.stats_reset AS since, i.dealloc,
    (SELECT pg_catalog.count(*) FROM ${schema}pg_stat_statements(false) s WHERE ${own}) AS counted
  FROM ${schema}pg_stat_statements_info i`

const queriesQuery = (schema: string, order: string): string => `
  SELECT s.queryid::text AS id, NULLIF(pg_catalog.left(s.query, $2::int4), '<insufficient privilege>') AS query, pg_catalog.pg_get_userbyid(s.userid) AS user,
    s.calls, s.total_exec_time AS "totalMs", s.mean_exec_time AS "meanMs", s.max_exec_time AS "maxMs", s.rows,
    s.total_exec_time / NULLIF((SELECT pg_catalog.sum(s.total_exec_time)
      FROM ${schema}pg_stat_statements(false) s WHERE ${own}), 0) AS share,
    s.shared_blks_hit AS "blocksHit", s.shared_blks_read AS "blocksRead", s.temp_blks_written AS "tempBlocksWritten"
  FROM ${schema}pg_stat_statements(true) s
  WHERE ${own} AND s.calls >= $3::int8 AND s.toplevel
  ORDER BY ${order} DESC, s.queryid LIMIT $1::int4`
