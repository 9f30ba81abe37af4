import type { Catalog } from '../catalog.ts'
import { jsonRows } from '../schema/json-rows.ts'
import { limitOf } from '../schema/page.ts'
import { type NameToResolve, resolveName } from '../schema/resolve-name.ts'

/** What happened to a table since its statistics were reset. */
export interface TableStatistics {
  readonly schema: string
  readonly name: string
  readonly liveRows: number
  readonly deadRows: number
  readonly sequentialScans: number
  readonly rowsReadBySequentialScans: number
  readonly indexScans: number | null
  readonly inserted: number
  readonly updated: number
  /** Updates that needed no new index entries. */
  readonly hotUpdated: number
  readonly deleted: number
  readonly changedSinceAnalyze: number
  readonly lastVacuum: string | null
  readonly lastAutovacuum: string | null
  readonly lastAnalyze: string | null
  readonly lastAutoanalyze: string | null
  readonly heapBlocksRead: number | null
  readonly heapBlocksHit: number | null
  readonly sizeBytes: number
}

/**
 * One table, or those with most rows written: 20 unless told otherwise, at most 200.
 *
 * @throws PostgresObjectMissing with near names
 */
export async function tableStatistics(
  catalog: Catalog,
  request: { readonly table?: NameToResolve; readonly limit?: number } = {},
): Promise<TableStatistics[]> {
  const table = request.table && (await resolveName(catalog, request.table))
  return jsonRows(catalog, statisticsQuery, [table?.id ?? null, limitOf(request.limit, { usual: 20, max: 200 })])
}

const statisticsQuery = `
  SELECT s.schemaname AS schema, s.relname AS name, s.n_live_tup AS "liveRows", s.n_dead_tup AS "deadRows",
    s.seq_scan AS "sequentialScans", s.seq_tup_read AS "rowsReadBySequentialScans", s.idx_scan AS "indexScans",
    s.n_tup_ins AS inserted, s.n_tup_upd AS updated, s.n_tup_hot_upd AS "hotUpdated", s.n_tup_del AS deleted,
    s.n_mod_since_analyze AS "changedSinceAnalyze", s.last_vacuum AS "lastVacuum",
    s.last_autovacuum AS "lastAutovacuum", s.last_analyze AS "lastAnalyze", s.last_autoanalyze AS "lastAutoanalyze",
    io.heap_blks_read AS "heapBlocksRead", io.heap_blks_hit AS "heapBlocksHit",
    COALESCE(pg_catalog.pg_total_relation_size(s.relid), 0) AS "sizeBytes"
  FROM pg_catalog.pg_stat_user_tables s
  LEFT JOIN pg_catalog.pg_statio_user_tables io ON io.relid = s.relid
  WHERE $1::int8 IS NULL OR s.relid = $1::int8::pg_catalog.oid
  ORDER BY s.n_tup_ins + s.n_tup_upd + s.n_tup_del DESC, s.schemaname, s.relname LIMIT $2::int4`
