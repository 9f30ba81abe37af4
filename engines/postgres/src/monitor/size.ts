import type { Catalog } from '../catalog.ts'
import { jsonRow, jsonRows } from '../schema/json-rows.ts'
import { isSystemSchema } from '../schema/object-kind.ts'
import { limitOf } from '../schema/page.ts'

export interface SizedTable {
  readonly schema: string
  readonly name: string
  readonly rowsEstimate: number | null
  readonly totalBytes: number
  readonly tableBytes: number
  readonly indexBytes: number
  /** Long values kept beside the table. */
  readonly toastBytes: number
}

export interface SizedIndex {
  readonly schema: string
  readonly name: string
  readonly table: string
  readonly bytes: number
  readonly scans: number
}

export interface DatabaseSize {
  readonly database: string
  readonly bytes: number
  /** The biggest, whole; a partition counts by itself. */
  readonly tables: readonly SizedTable[]
  readonly indexes: readonly SizedIndex[]
  readonly schemas: readonly { readonly schema: string; readonly bytes: number }[]
}

/** Bytes on disk: of the database, and of its biggest parts. 20 of each unless told otherwise, at most 200. */
export async function readSizes(
  catalog: Catalog,
  request: { readonly schema?: string; readonly limit?: number } = {},
): Promise<DatabaseSize> {
  const params = [request.schema ?? null, limitOf(request.limit, { usual: 20, max: 200 })]
  const database = await jsonRow<{ database: string; bytes: number }>(
    catalog,
    `SELECT pg_catalog.current_database() AS database, pg_catalog.pg_database_size(pg_catalog.current_database()) AS bytes`,
  )
  return {
    ...database!,
    tables: await jsonRows(catalog, tablesQuery, params),
    indexes: await jsonRows(catalog, indexesQuery, params),
    schemas: await jsonRows(catalog, schemasQuery, params),
  }
}

const within = `($1::text IS NULL OR n.nspname = $1) AND (n.nspname = $1 OR NOT ${isSystemSchema('n.nspname')})`

const tablesQuery = `
  SELECT n.nspname AS schema, c.relname AS name, CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END AS "rowsEstimate",
    pg_catalog.pg_total_relation_size(c.oid) AS "totalBytes", pg_catalog.pg_relation_size(c.oid) AS "tableBytes",
    pg_catalog.pg_indexes_size(c.oid) AS "indexBytes",
    COALESCE(pg_catalog.pg_total_relation_size(NULLIF(c.reltoastrelid, 0)), 0) AS "toastBytes"
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm') AND ${within}
  ORDER BY pg_catalog.pg_total_relation_size(c.oid) DESC NULLS LAST, 1, 2 LIMIT $2::int4`

const indexesQuery = `
  SELECT n.nspname AS schema, c.relname AS name, t.relname AS table, pg_catalog.pg_relation_size(c.oid) AS bytes,
    COALESCE(pg_catalog.pg_stat_get_numscans(c.oid), 0) AS scans
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'i' AND ${within}
  ORDER BY pg_catalog.pg_relation_size(c.oid) DESC NULLS LAST, 1, 2 LIMIT $2::int4`

const schemasQuery = `
  SELECT n.nspname AS schema, pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)) AS bytes
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm') AND ${within} GROUP BY n.nspname
  ORDER BY 2 DESC NULLS LAST, 1 LIMIT $2::int4`
