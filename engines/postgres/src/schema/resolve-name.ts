import type { Catalog, QualifiedName } from '../catalog.ts'
import { checkIdentifier } from '../sql/identifier.ts'
import { PostgresNameAmbiguous, PostgresObjectMissing } from './errors.ts'
import { jsonRows } from './json-rows.ts'
import { nearNames } from './near-names.ts'
import { isSystemSchema, type ObjectKind } from './object-kind.ts'

/** An object that was found in the catalogue. */
export interface Resolved {
  readonly id: number
  readonly kind: ObjectKind
  readonly schema: string
  readonly name: string
}

export interface NameToResolve extends QualifiedName {
  /** Default: whatever has the name; relations before functions before the rest. */
  readonly kind?: ObjectKind
}

/**
 * The object of that name. Without a schema: the one in `public`, or else the only one there is.
 *
 * @throws PostgresObjectMissing with near names · PostgresNameAmbiguous · PostgresNameInvalid
 */
export async function resolveName(catalog: Catalog, wanted: NameToResolve): Promise<Resolved> {
  checkIdentifier(wanted.name)
  if (wanted.schema !== undefined) checkIdentifier(wanted.schema)
  const found = await jsonRows<Resolved>(catalog, resolveQuery, [
    wanted.name,
    wanted.schema ?? null,
    wanted.kind ?? null,
  ])
  const best = found.filter(each => each.kind === found[0]?.kind)
  const schemas = [...new Set(best.map(each => each.schema))]
  const chosen = best.find(each => each.schema === 'public') ?? best[0]
  if (!chosen) return missing(catalog, wanted)
  if (schemas.length > 1 && chosen.schema !== 'public') throw new PostgresNameAmbiguous(wanted.name, schemas)
  return chosen
}

async function missing(catalog: Catalog, { name, schema, kind }: NameToResolve): Promise<never> {
  const kinds: readonly ObjectKind[] = kind === undefined ? ['table', 'function', 'type'] : [kind]
  const what = kind === undefined ? 'object' : kind.replace('_', ' ')
  throw new PostgresObjectMissing({ what, name, schema, near: await nearNames(catalog, { schema, name, kinds }) })
}

/** The order of kinds is the order in which a bare name is understood. */
const resolveQuery = `
  SELECT o.id, o.kind, o.schema, o.name FROM (
    SELECT c.oid::int8 AS id, n.nspname AS schema, c.relname AS name,
      CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' WHEN 'S' THEN 'sequence'
        WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'table' END AS kind,
      CASE WHEN c.relkind IN ('i', 'I') THEN 3 ELSE 1 END AS rank
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I')
    UNION ALL
    SELECT p.oid::int8, n.nspname, p.proname, 'function', 2
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = $1
    UNION ALL
    SELECT t.oid::int8, n.nspname, t.typname, 'type', 4
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE t.typname = $1 AND (t.typtype <> 'c' OR c.relkind = 'c')
    UNION ALL
    SELECT t.oid::int8, n.nspname, t.tgname, 'trigger', 5
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE t.tgname = $1 AND NOT t.tgisinternal
    UNION ALL
    SELECT k.oid::int8, n.nspname, k.conname, 'constraint', 6
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE k.conname = $1
    UNION ALL
    SELECT n.oid::int8, n.nspname, n.nspname, 'schema', 7 FROM pg_catalog.pg_namespace n WHERE n.nspname = $1
    UNION ALL
    SELECT e.oid::int8, n.nspname, e.extname, 'extension', 8
    FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1
  ) AS o
  WHERE ($2::text IS NULL OR o.schema = $2) AND ($3::text IS NULL OR o.kind = $3)
    AND (o.schema = $2 OR o.kind IN ('extension', 'schema') OR NOT ${isSystemSchema('o.schema')})
  ORDER BY o.rank, o.schema COLLATE "C", o.id LIMIT 200`
