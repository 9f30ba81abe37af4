import type { Catalog } from '../catalog.ts'
import { jsonRow, jsonRows } from './json-rows.ts'
import { isSystemSchema } from './object-kind.ts'
import { limitOf } from './page.ts'

export interface OutlineRequest {
  readonly schema?: string
  /** Up to so many tables each gets its columns; above, names alone. Default 20, at most 200. */
  readonly detailedMax?: number
}

export interface OutlinedTable {
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'view' | 'materialized_view'
  readonly rowsEstimate: number | null
  readonly comment: string | null
  /** `name type`, with `pk`, `not null` and `→ table.column` behind; absent in a summary. */
  readonly columns?: readonly string[]
}

export interface Outline {
  /** `summary` when there are too many tables to show their columns. */
  readonly mode: 'detailed' | 'summary'
  readonly tables: readonly OutlinedTable[]
  readonly tableCount: number
  /** Whether tables beyond the first 500 are left out. */
  readonly truncated: boolean
}

const tablesMax = 500

/** A schema at a glance, or the whole database: what a newcomer reads first. */
export async function outline(catalog: Catalog, request: OutlineRequest = {}): Promise<Outline> {
  const detailedMax = limitOf(request.detailedMax, { usual: 20, max: 200 })
  const params = [request.schema ?? null]
  const { count } = (await jsonRow<{ count: number }>(
    catalog,
    `SELECT pg_catalog.count(*) AS count FROM ${tables}`,
    params,
  ))!
  const detailed = count <= detailedMax
  const rows = await jsonRows<OutlinedTable>(catalog, detailed ? detailedQuery : summaryQuery, params)
  return { mode: detailed ? 'detailed' : 'summary', tables: rows, tableCount: count, truncated: count > rows.length }
}

const tables = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition
    AND ($1::text IS NULL OR n.nspname = $1) AND (n.nspname = $1 OR NOT ${isSystemSchema('n.nspname')})
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'
      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid)`

const facts = `n.nspname AS schema, c.relname AS name,
  CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' ELSE 'table' END AS kind,
  CASE WHEN c.relkind IN ('r', 'm', 'f') AND c.reltuples >= 0 THEN c.reltuples::int8 END AS "rowsEstimate",
  pg_catalog.obj_description(c.oid, 'pg_class') AS comment`

const order = `ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C" LIMIT ${tablesMax}`

const summaryQuery = `SELECT ${facts} FROM ${tables} ${order}`

const detailedQuery = `
  SELECT ${facts}, (
    SELECT COALESCE(pg_catalog.json_agg(pg_catalog.concat(
        a.attname, ' ', pg_catalog.format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnum = ANY (p.conkey) THEN ' pk' WHEN a.attnotnull THEN ' not null' END,
        CASE WHEN a.attgenerated <> '' THEN ' generated' END,
        (SELECT pg_catalog.string_agg(pg_catalog.concat(' → ', o.relname, '.', oa.attname), '')
          FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class o ON o.oid = f.confrelid
          JOIN pg_catalog.pg_attribute oa ON oa.attrelid = o.oid
            AND oa.attnum = f.confkey[pg_catalog.array_position(f.conkey, a.attnum)]
          WHERE f.contype = 'f' AND f.conrelid = c.oid AND a.attnum = ANY (f.conkey))
      ) ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute a
    LEFT JOIN pg_catalog.pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p'
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM ${tables} ${order}`
