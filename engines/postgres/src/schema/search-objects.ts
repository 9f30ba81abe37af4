import type { Catalog } from '../catalog.ts'
import { jsonRows } from './json-rows.ts'
import { isSystemSchema } from './object-kind.ts'
import { limitOf } from './page.ts'

export interface SearchRequest {
  /** Words; an object that has more of them comes first. At most ten count. */
  readonly text: string
  readonly schema?: string
  /** At most 200; default 30. */
  readonly limit?: number
}

export interface SearchHit {
  readonly kind: 'table' | 'view' | 'materialized_view' | 'column' | 'function' | 'type'
  readonly schema: string
  /** Of the table, for a column. */
  readonly name: string
  readonly column: string | null
  /** The type of a column, the arguments of a function, the values of an enum. */
  readonly detail: string | null
  readonly comment: string | null
  /** Higher is nearer; only for comparing hits of one search. */
  readonly score: number
}

const wordsMax = 10

/** Tables, columns, functions and types by words of their names and comments. What extensions brought is left out. */
export async function searchObjects(catalog: Catalog, request: SearchRequest): Promise<SearchHit[]> {
  const words = request.text.toLowerCase().split(/\s+/u).filter(Boolean).slice(0, wordsMax)
  if (words.length === 0) return []
  const limit = limitOf(request.limit, { usual: 30, max: 200 })
  return jsonRows<SearchHit>(catalog, searchQuery, [words, request.schema ?? null, limit])
}

/** A word counts by where it is: the whole name 8, its beginning 5, within it 4, in the comment 2, in the detail 1. */
const searchQuery = `
  SELECT o.kind, o.schema, o.name, o.column, o.detail, o.comment,
    w.score + CASE WHEN w.found = pg_catalog.cardinality($1::text[]) THEN 10 ELSE 0 END AS score
  FROM (
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' ELSE 'table' END AS kind,
      n.nspname AS schema, c.relname AS name, NULL::text AS column, NULL::text AS detail,
      pg_catalog.obj_description(c.oid, 'pg_class') AS comment, c.relname AS word, c.oid AS id,
      'pg_catalog.pg_class'::pg_catalog.regclass AS catalogue
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition
    UNION ALL
    SELECT 'column', n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
      pg_catalog.col_description(c.oid, a.attnum), a.attname, c.oid, 'pg_catalog.pg_class'::pg_catalog.regclass
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'function', n.nspname, p.proname, NULL, pg_catalog.pg_get_function_identity_arguments(p.oid),
      pg_catalog.obj_description(p.oid, 'pg_proc'), p.proname, p.oid, 'pg_catalog.pg_proc'::pg_catalog.regclass
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    UNION ALL
    SELECT 'type', n.nspname, t.typname, NULL,
      (SELECT pg_catalog.string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e
        WHERE e.enumtypid = t.oid),
      pg_catalog.obj_description(t.oid, 'pg_type'), t.typname, t.oid, 'pg_catalog.pg_type'::pg_catalog.regclass
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd')
  ) AS o
  CROSS JOIN LATERAL (
    SELECT pg_catalog.sum(s.points) AS score, pg_catalog.count(*) FILTER (WHERE s.points > 0) AS found
    FROM pg_catalog.unnest($1::text[]) AS word(text)
    CROSS JOIN LATERAL (SELECT CASE
      WHEN pg_catalog.lower(o.word) = word.text THEN 8
      WHEN pg_catalog.starts_with(pg_catalog.lower(o.word), word.text) THEN 5
      WHEN pg_catalog.strpos(pg_catalog.lower(o.word), word.text) > 0 THEN 4
      WHEN pg_catalog.strpos(pg_catalog.lower(o.comment), word.text) > 0 THEN 2
      WHEN pg_catalog.strpos(pg_catalog.lower(o.detail), word.text) > 0 THEN 1
      WHEN o.column IS NOT NULL AND pg_catalog.strpos(pg_catalog.lower(o.name), word.text) > 0 AND pg_catalog.cardinality($1::text[]) > 1 THEN 1
      ELSE 0 END AS points) AS s
  ) AS w
  WHERE w.score > 0 AND ($2::text IS NULL OR o.schema = $2) AND (o.schema = $2 OR NOT ${isSystemSchema('o.schema')})
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
      WHERE d.deptype = 'e' AND d.classid = o.catalogue AND d.objid = o.id)
  ORDER BY score DESC, o.kind = 'column', o.schema COLLATE "C", o.name COLLATE "C", o.column COLLATE "C"
  LIMIT $3::int4`
