import type { Catalog } from '../catalog.ts'
import { jsonRow, jsonRows } from './json-rows.ts'
import { relationSizes } from './list-objects.ts'
import type { Resolved } from './resolve-name.ts'

export interface ColumnDescription {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  /** The expression of a default, or of a generated column. */
  readonly default: string | null
  readonly identity: 'always' | 'by default' | null
  readonly generated: 'stored' | 'virtual' | null
  /** Only where it is not the type's own. */
  readonly collation: string | null
  readonly comment: string | null
  /** Of an enum type. */
  readonly values: readonly string[] | null
}

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  /** The other table: the one referred to, or for `referencedBy` the one that refers. */
  readonly schema: string
  readonly table: string
  readonly otherColumns: readonly string[]
  readonly onUpdate: string
  readonly onDelete: string
  readonly validated: boolean
  readonly definition: string
}

export interface IndexDescription {
  readonly name: string
  readonly method: string
  readonly unique: boolean
  readonly primary: boolean
  readonly valid: boolean
  /** Columns or expressions of the key, in order. */
  readonly keys: readonly string[]
  /** Columns only carried along. */
  readonly included: readonly string[]
  readonly predicate: string | null
  readonly definition: string
  readonly sizeBytes: number
}

export interface TableDescription {
  readonly kind: 'table' | 'view' | 'materialized_view'
  readonly id: number
  readonly schema: string
  readonly name: string
  readonly form: 'ordinary' | 'partitioned' | 'foreign' | 'view' | 'materialized'
  readonly owner: string
  readonly comment: string | null
  readonly columns: readonly ColumnDescription[]
  readonly primaryKey: { readonly name: string; readonly columns: readonly string[] } | null
  readonly foreignKeys: readonly ForeignKey[]
  readonly referencedBy: readonly ForeignKey[]
  /** Unique, check and exclusion constraints. */
  readonly constraints: readonly { readonly name: string; readonly form: string; readonly definition: string }[]
  readonly indexes: readonly IndexDescription[]
  readonly triggers: readonly { readonly name: string; readonly enabled: boolean; readonly definition: string }[]
  readonly rowSecurity: {
    readonly enabled: boolean
    readonly forced: boolean
    readonly policies: readonly Policy[]
  }
  readonly partitionKey: string | null
  readonly partitionOf: { readonly schema: string; readonly table: string; readonly bound: string } | null
  /** The first hundred; `partitionCount` counts all. */
  readonly partitions: readonly { readonly schema: string; readonly table: string; readonly bound: string | null }[]
  readonly partitionCount: number
  /** Of a view. */
  readonly definition: string | null
  /** `null` until analyzed. */
  readonly rowsEstimate: number | null
  readonly sizeBytes: number
  /** What the asking login may do. */
  readonly privileges: readonly string[]
}

export interface Policy {
  readonly name: string
  readonly command: string
  readonly permissive: boolean
  readonly roles: readonly string[]
  readonly using: string | null
  readonly check: string | null
}

type Head = Omit<
  TableDescription,
  | 'kind'
  | 'columns'
  | 'primaryKey'
  | 'foreignKeys'
  | 'referencedBy'
  | 'constraints'
  | 'indexes'
  | 'triggers'
  | 'sizeBytes'
  | 'partitions'
>

/** A table or view with all that hangs on it. */
export async function describeTable(catalog: Catalog, { id, kind }: Resolved): Promise<TableDescription> {
  const head = await jsonRow<Head>(catalog, headQuery, [id])
  const keys = await jsonRows<ForeignKey & { outward: boolean }>(catalog, foreignKeysQuery, [id])
  const sizes = await relationSizes(catalog, [id])
  return {
    ...head!,
    kind: kind as TableDescription['kind'],
    columns: await jsonRows(catalog, columnsQuery, [id]),
    primaryKey: (await jsonRow(catalog, primaryKeyQuery, [id])) ?? null,
    foreignKeys: keys.filter(key => key.outward).map(withoutDirection),
    referencedBy: keys.filter(key => !key.outward).map(withoutDirection),
    constraints: await jsonRows(catalog, constraintsQuery, [id]),
    indexes: await jsonRows(catalog, indexesQuery, [id]),
    triggers: await jsonRows(catalog, triggersQuery, [id]),
    partitions: await jsonRows(catalog, partitionsQuery, [id]),
    sizeBytes: sizes.get(id) ?? 0,
  }
}

const withoutDirection = ({ outward: _, ...key }: ForeignKey & { outward: boolean }): ForeignKey => key

const headQuery = `
  SELECT c.oid::int8 AS id, n.nspname AS schema, c.relname AS name,
    CASE c.relkind WHEN 'p' THEN 'partitioned' WHEN 'f' THEN 'foreign' WHEN 'v' THEN 'view'
      WHEN 'm' THEN 'materialized' ELSE 'ordinary' END AS form,
    pg_catalog.pg_get_userbyid(c.relowner) AS owner,
    pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
    CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS "partitionKey",
    (SELECT pg_catalog.json_build_object('schema', pn.nspname, 'table', p.relname,
        'bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid))
      FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
      JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
      WHERE i.inhrelid = c.oid ORDER BY i.inhseqno LIMIT 1) AS "partitionOf",
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid) AS "partitionCount",
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid, true) END AS definition,
    CASE WHEN c.relkind = 'p'
      THEN (SELECT pg_catalog.sum(l.reltuples)::int8 FROM pg_catalog.pg_partition_tree(c.oid) t
        JOIN pg_catalog.pg_class l ON l.oid = t.relid WHERE t.isleaf AND l.reltuples >= 0)
      WHEN c.relkind = 'v' OR c.reltuples < 0 THEN NULL ELSE c.reltuples::int8 END AS "rowsEstimate",
    pg_catalog.json_build_object('enabled', c.relrowsecurity, 'forced', c.relforcerowsecurity, 'policies',
      (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object(
          'name', y.polname, 'permissive', y.polpermissive,
          'command', CASE y.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
            WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
          'roles', (SELECT pg_catalog.json_agg(CASE WHEN r = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(r)::text END)
            FROM pg_catalog.unnest(y.polroles) AS r),
          'using', pg_catalog.pg_get_expr(y.polqual, y.polrelid),
          'check', pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid)) ORDER BY y.polname), '[]')
        FROM pg_catalog.pg_policy y WHERE y.polrelid = c.oid)) AS "rowSecurity",
    (SELECT COALESCE(pg_catalog.json_agg(p.name), '[]')
      FROM (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS p(name)
      WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, p.name)) AS privileges
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::pg_catalog.oid`

const columnsQuery = `
  SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default,
    CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
    CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END AS generated,
    CASE WHEN a.attcollation <> t.typcollation THEN (SELECT l.collname FROM pg_catalog.pg_collation l
      WHERE l.oid = a.attcollation) END AS collation,
    pg_catalog.col_description(a.attrelid, a.attnum) AS comment,
    (SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e
      WHERE e.enumtypid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END) AS "values"
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

/** Names of columns by their numbers, in the order of the numbers. */
const namesOf = (relation: string, numbers: string): string => `(
  SELECT pg_catalog.json_agg(a.attname ORDER BY key.place)
  FROM pg_catalog.unnest(${numbers}) WITH ORDINALITY AS key(number, place)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = ${relation} AND a.attnum = key.number)`

/** `conkey` has the key alone: columns of INCLUDE are in the index only. */
const primaryKeyQuery = `
  SELECT k.conname AS name, ${namesOf('k.conrelid', 'k.conkey')} AS columns
  FROM pg_catalog.pg_constraint k WHERE k.conrelid = $1::pg_catalog.oid AND k.contype = 'p'`

const action = (column: string): string =>
  `CASE ${column} WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'
    WHEN 'n' THEN 'set null' ELSE 'set default' END`

/** Both directions, without the copies that partitions have. A key to the table itself is in both. */
const foreignKeysQuery = `
  SELECT k.conname AS name, side.outward, n.nspname AS schema, c.relname AS table,
    CASE WHEN side.outward THEN ${namesOf('k.conrelid', 'k.conkey')} ELSE ${namesOf('k.confrelid', 'k.confkey')} END AS columns,
    CASE WHEN side.outward THEN ${namesOf('k.confrelid', 'k.confkey')} ELSE ${namesOf('k.conrelid', 'k.conkey')} END AS "otherColumns",
    ${action('k.confupdtype')} AS "onUpdate", ${action('k.confdeltype')} AS "onDelete",
    k.convalidated AS validated, pg_catalog.pg_get_constraintdef(k.oid, true) AS definition
  FROM pg_catalog.pg_constraint k CROSS JOIN (VALUES (true), (false)) AS side(outward)
  JOIN pg_catalog.pg_class c ON c.oid = CASE WHEN side.outward THEN k.confrelid ELSE k.conrelid END
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype = 'f' AND $1::pg_catalog.oid = CASE WHEN side.outward THEN k.conrelid ELSE k.confrelid END
    AND (side.outward OR k.conparentid = 0)
    AND NOT (side.outward AND k.conparentid <> 0 AND EXISTS (
      SELECT 1 FROM pg_catalog.pg_constraint up WHERE up.oid = k.conparentid AND up.conrelid = k.conrelid))
  ORDER BY n.nspname, c.relname, k.conname`

const constraintsQuery = `
  SELECT k.conname AS name, pg_catalog.pg_get_constraintdef(k.oid, true) AS definition,
    CASE k.contype WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check' ELSE 'exclusion' END AS form
  FROM pg_catalog.pg_constraint k WHERE k.conrelid = $1::pg_catalog.oid AND k.contype IN ('u', 'c', 'x')
  ORDER BY k.contype, k.conname`

const indexesQuery = `
  SELECT c.relname AS name, am.amname AS method, i.indisunique AS "unique", i.indisprimary AS "primary",
    i.indisvalid AS valid,
    (SELECT pg_catalog.json_agg(pg_catalog.pg_get_indexdef(c.oid, k, true) ORDER BY k)
      FROM pg_catalog.generate_series(1, i.indnkeyatts) AS k) AS keys,
    (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.pg_get_indexdef(c.oid, k, true) ORDER BY k), '[]')
      FROM pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts) AS k) AS included,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid, true) AS predicate,
    pg_catalog.pg_get_indexdef(c.oid) AS definition, pg_catalog.pg_relation_size(c.oid) AS "sizeBytes"
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_am am ON am.oid = c.relam
  WHERE i.indrelid = $1::pg_catalog.oid ORDER BY i.indisprimary DESC, c.relname`

const triggersQuery = `
  SELECT t.tgname AS name, t.tgenabled <> 'D' AS enabled, pg_catalog.pg_get_triggerdef(t.oid, true) AS definition
  FROM pg_catalog.pg_trigger t WHERE t.tgrelid = $1::pg_catalog.oid AND NOT t.tgisinternal ORDER BY t.tgname`

const partitionsQuery = `
  SELECT n.nspname AS schema, c.relname AS table, pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound
  FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE i.inhparent = $1::pg_catalog.oid ORDER BY n.nspname, c.relname LIMIT 100`
