import type { Catalog } from '../catalog.ts'
import { jsonRows } from '../schema/json-rows.ts'
import { type Plan, planNodes } from './plan.ts'

/** What the catalogue knows of a table that a plan reads. */
export interface RelationFacts {
  readonly schema: string
  readonly name: string
  /** `null` until analyzed. */
  readonly rows: number | null
  readonly changedSinceAnalyze: number
  readonly neverVacuumed: boolean
}

/** Tables of a plan, by `schema.name`; plans name schemas when they were asked for verbosely. */
export async function relationFacts(catalog: Catalog, plan: Plan): Promise<Map<string, RelationFacts>> {
  const named = [...planNodes(plan.root)].flatMap(({ node }) => (node.relation === null ? [] : [node]))
  const rows = await jsonRows<RelationFacts>(catalog, factsQuery, [
    named.map(node => node.schema),
    named.map(node => node.relation),
  ])
  return new Map(rows.flatMap(row => [[`${row.schema}.${row.name}`, row] as const]))
}

/** A name without a schema means the table that is found first by the search path. */
const factsQuery = `
  SELECT DISTINCT n.nspname AS schema, c.relname AS name, CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END AS rows,
    COALESCE(s.n_mod_since_analyze, 0) AS "changedSinceAnalyze",
    s.last_vacuum IS NULL AND s.last_autovacuum IS NULL AS "neverVacuumed"
  FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS p(schema, name)
  JOIN pg_catalog.pg_class c ON c.relname = p.name
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    AND (n.nspname = p.schema OR p.schema IS NULL AND pg_catalog.pg_table_is_visible(c.oid))
  LEFT JOIN pg_catalog.pg_stat_user_tables s ON s.relid = c.oid`
