import type { Catalog } from '../catalog.ts'
import { jsonRows } from '../schema/json-rows.ts'
import type { NamedTable } from './column-uses.ts'

export interface ColumnFacts {
  readonly name: string
  /** `null` without statistics, or where the login may not see them. */
  readonly distinct: number | null
  readonly width: number | null
  /** A B-tree can hold it, and it is worth a place in one. */
  readonly indexable: boolean
}

/** What choosing indexes for a table takes. */
export interface TableFacts {
  readonly id: number
  readonly schema: string
  readonly name: string
  readonly rows: number
  /** Rows written since statistics were reset. */
  readonly writes: number
  readonly columns: readonly ColumnFacts[]
  /** Columns of each whole, valid B-tree, in order; expressions as `null`. */
  readonly indexes: readonly (readonly (string | null)[])[]
}

/** Ordinary and partitioned tables among those a statement names; views and the system's own are left out. */
export function tableFacts(catalog: Catalog, tables: readonly NamedTable[]): Promise<TableFacts[]> {
  return jsonRows(catalog, factsQuery, [tables.map(table => table.schema), tables.map(table => table.name)])
}

const factsQuery = `
  SELECT DISTINCT ON (c.oid) c.oid::int8 AS id, n.nspname AS schema, c.relname AS name,
    GREATEST(CASE WHEN c.relkind = 'p' THEN (SELECT pg_catalog.sum(GREATEST(l.reltuples, 0))
      FROM pg_catalog.pg_partition_tree(c.oid) t JOIN pg_catalog.pg_class l ON l.oid = t.relid WHERE t.isleaf)
      ELSE c.reltuples END, 0)::int8 AS rows,
    COALESCE((SELECT s.n_tup_ins + s.n_tup_upd + s.n_tup_del FROM pg_catalog.pg_stat_user_tables s
      WHERE s.relid = c.oid), 0) AS writes,
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname,
        'distinct', CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * GREATEST(c.reltuples, 1) ELSE s.n_distinct END,
        'width', s.avg_width,
        'indexable', t.typcategory <> 'G' AND t.typname NOT IN ('json', 'jsonb', 'xml', 'tsvector')
          AND COALESCE(s.avg_width, 0) <= 500) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
        AND s.inherited = (c.relkind = 'p')
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT COALESCE(pg_catalog.json_agg((SELECT pg_catalog.json_agg(a.attname ORDER BY k.place)
        FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0
        WHERE k.place <= i.indnkeyatts)), '[]')
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
      WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
        AND x.relam = (SELECT m.oid FROM pg_catalog.pg_am m WHERE m.amname = 'btree')) AS indexes
  FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS p(schema, name)
  JOIN pg_catalog.pg_class c ON c.relname = p.name AND c.relkind IN ('r', 'p', 'm')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND (n.nspname = p.schema OR p.schema IS NULL AND pg_catalog.pg_table_is_visible(c.oid))
  ORDER BY c.oid`

/** Bytes of a B-tree: a tuple header and a pointer for each row, pages filled to nine tenths. */
export function estimatedIndexBytes(table: TableFacts, columns: readonly string[]): number {
  const widths = columns.map(name => table.columns.find(column => column.name === name)?.width ?? 8)
  const tuple = 12 + 8 * Math.ceil(widths.reduce((sum, width) => sum + width, 0) / 8)
  return Math.ceil((table.rows * tuple) / 0.9 / 8_192 + 1) * 8_192
}
