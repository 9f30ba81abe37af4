import type { Catalog } from '../catalog.ts'
import { jsonRows } from '../schema/json-rows.ts'

/** How far a long command is. */
export interface Progress {
  readonly pid: number
  readonly command: string
  /** The table it works on, quoted where it has to be; `null` in another database. */
  readonly relation: string | null
  readonly phase: string
  readonly done: number | null
  readonly total: number | null
  /** Of this phase, 0 to 100; `null` while the total is unknown. */
  readonly percent: number | null
}

/** Commands of this database that report progress: all, or those of one backend. */
export function readProgress(catalog: Catalog, pid?: number): Promise<Progress[]> {
  return jsonRows(catalog, progressQuery, [pid ?? null])
}

const progressQuery = `
  SELECT p.pid, p.command,
    (SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname))
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = p.relid) AS relation,
    p.phase, p.done, p.total,
    CASE WHEN p.total > 0 THEN pg_catalog.round(100.0 * p.done / p.total, 1) END AS percent
  FROM (
    SELECT pid, datname, relid, 'VACUUM' AS command, phase, heap_blks_scanned AS done, heap_blks_total AS total
      FROM pg_catalog.pg_stat_progress_vacuum
    UNION ALL SELECT pid, datname, relid, 'ANALYZE', phase, sample_blks_scanned, sample_blks_total
      FROM pg_catalog.pg_stat_progress_analyze
    UNION ALL SELECT pid, datname, relid, command, phase,
      CASE WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END,
      CASE WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END
      FROM pg_catalog.pg_stat_progress_create_index
    UNION ALL SELECT pid, datname, relid, command, phase, heap_blks_scanned, heap_blks_total
      FROM pg_catalog.pg_stat_progress_cluster
    UNION ALL SELECT pid, datname, relid, command, 'copying', bytes_processed, bytes_total
      FROM pg_catalog.pg_stat_progress_copy
  ) AS p
  WHERE p.datname = pg_catalog.current_database() AND ($1::int4 IS NULL OR p.pid = $1)
  ORDER BY p.pid LIMIT 100`
