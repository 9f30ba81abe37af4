import type { Catalog } from '../catalog.ts'
import { jsonRow, jsonRows } from '../schema/json-rows.ts'
import { isSystemSchema } from '../schema/object-kind.ts'
import { limitOf } from '../schema/page.ts'

export interface UnusedIndex {
  /** Quoted where it has to be. */
  readonly index: string
  readonly table: string
  readonly definition: string
  readonly sizeBytes: number
  readonly scans: number
  /** Rows written to its table, each of which it made dearer. */
  readonly writes: number
  readonly drop: string
}

export interface UnusedIndexes {
  readonly indexes: readonly UnusedIndex[]
  /** Since when scans are counted: a short while proves nothing. */
  readonly statisticsReset: string | null
  readonly isReplica: boolean
}

/**
 * Indexes that were not scanned since statistics were reset, the biggest first. Those that hold a constraint, that a
 * foreign key leans on, or that replication uses are left out; scans on replicas are not seen from here.
 */
export async function unusedIndexes(
  catalog: Catalog,
  request: { readonly bytesMin?: number; readonly scansMax?: number; readonly limit?: number } = {},
): Promise<UnusedIndexes> {
  const facts = await jsonRow<Omit<UnusedIndexes, 'indexes'>>(
    catalog,
    `SELECT d.stats_reset AS "statisticsReset", pg_catalog.pg_is_in_recovery() AS "isReplica"
     FROM pg_catalog.pg_stat_database d WHERE d.datname = pg_catalog.current_database()`,
  )
  const indexes = await jsonRows<UnusedIndex>(catalog, unusedQuery, [
    request.bytesMin ?? 0,
    request.scansMax ?? 0,
    limitOf(request.limit, { usual: 50, max: 500 }),
  ])
  return { ...facts!, indexes }
}

const unusedQuery = `
  SELECT x.index, x.table, x.definition, x.bytes AS "sizeBytes", x.scans, x.writes,
    pg_catalog.concat('DROP INDEX CONCURRENTLY ', x.index) AS drop
  FROM (
    SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname)) AS index,
      pg_catalog.concat(pg_catalog.quote_ident(tn.nspname), '.', pg_catalog.quote_ident(t.relname)) AS table,
      pg_catalog.pg_get_indexdef(c.oid) AS definition, pg_catalog.pg_relation_size(c.oid) AS bytes,
      COALESCE(pg_catalog.pg_stat_get_numscans(c.oid), 0) AS scans,
      COALESCE(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0) AS writes
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
    LEFT JOIN pg_catalog.pg_stat_user_tables s ON s.relid = t.oid
    WHERE NOT i.indisunique AND NOT i.indisprimary AND NOT i.indisexclusion AND NOT i.indisreplident AND i.indisvalid
      AND c.relkind = 'i' AND NOT ${isSystemSchema('n.nspname')}
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid)
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint f WHERE f.contype = 'f' AND f.conrelid = t.oid
        AND f.conkey[1] = i.indkey[0])
  ) AS x
  WHERE x.bytes >= $1::int8 AND x.scans <= $2::int8
  ORDER BY x.bytes DESC, x.index LIMIT $3::int4`
