import type { Catalog } from '../catalog.ts'
import { jsonRows } from '../schema/json-rows.ts'
import { isSystemSchema } from '../schema/object-kind.ts'
import { limitOf } from '../schema/page.ts'

export interface DuplicateIndex {
  /** The one to drop, quoted where it has to be. */
  readonly index: string
  readonly definition: string
  readonly coveredBy: string
  readonly coveringDefinition: string
  readonly table: string
  /** `same`: the same keys; `prefix`: the other begins with its keys. */
  readonly how: 'same' | 'prefix'
  readonly sizeBytes: number
  readonly drop: string
}

/**
 * Indexes that another one makes superfluous: the same keys, or the beginning of a longer B-tree, with the same
 * operator classes, collations, orders, predicate and expressions. One that keeps values unique is never superfluous.
 */
export function duplicateIndexes(
  catalog: Catalog,
  request: { readonly limit?: number } = {},
): Promise<DuplicateIndex[]> {
  return jsonRows(catalog, duplicatesQuery, [limitOf(request.limit, { usual: 50, max: 500 })])
}

/** The vectors of pg_index count from 0; cut to the key, so that columns of INCLUDE do not count as keys. */
const duplicatesQuery = `
  WITH indexes AS MATERIALIZED (
    SELECT c.oid AS id, i.indrelid AS relation, c.relam AS method, am.amname AS kind, i.indnkeyatts AS width,
      i.indkey::int2[] AS columns, i.indclass::pg_catalog.oid[] AS classes, i.indcollation::pg_catalog.oid[] AS collations,
      i.indoption::int2[] AS options, i.indnatts AS attributes,
      COALESCE(pg_catalog.pg_get_expr(i.indexprs, i.indrelid), '') AS expressions,
      COALESCE(pg_catalog.pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
      i.indisunique OR i.indisprimary OR i.indisexclusion OR i.indisreplident
        OR EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid) AS needed,
      pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname)) AS name,
      pg_catalog.concat(pg_catalog.quote_ident(tn.nspname), '.', pg_catalog.quote_ident(t.relname)) AS table
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_am am ON am.oid = c.relam JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
    WHERE i.indisvalid AND c.relkind = 'i' AND NOT ${isSystemSchema('n.nspname')}
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)
  ), pairs AS (
    SELECT small.*, big.name AS "coveredBy", big.id AS "coveringId",
      CASE WHEN small.width = big.width THEN 'same' ELSE 'prefix' END AS how,
      pg_catalog.row_number() OVER (PARTITION BY small.id ORDER BY big.needed DESC, big.width, big.id) AS place
    FROM indexes small JOIN indexes big ON big.relation = small.relation AND big.method = small.method
      AND big.id <> small.id AND big.predicate = small.predicate
    WHERE NOT small.needed
      AND small.columns[0:small.width - 1] = big.columns[0:small.width - 1]
      AND small.classes[0:small.width - 1] = big.classes[0:small.width - 1]
      AND small.collations[0:small.width - 1] = big.collations[0:small.width - 1]
      AND small.options[0:small.width - 1] = big.options[0:small.width - 1]
      AND (small.expressions = big.expressions OR NOT 0 = ANY (small.columns))
      AND small.columns[small.width:] <@ big.columns
      AND (small.width = big.width AND (big.needed OR big.attributes > small.attributes
          OR big.attributes = small.attributes AND big.id < small.id)
        OR small.width < big.width AND small.kind = 'btree')
  )
  SELECT p.name AS index, pg_catalog.pg_get_indexdef(p.id) AS definition, p."coveredBy",
    pg_catalog.pg_get_indexdef(p."coveringId") AS "coveringDefinition", p.table, p.how,
    pg_catalog.pg_relation_size(p.id) AS "sizeBytes", pg_catalog.concat('DROP INDEX CONCURRENTLY ', p.name) AS drop
  FROM pairs p WHERE p.place = 1 ORDER BY pg_catalog.pg_relation_size(p.id) DESC, p.name LIMIT $1::int4`
