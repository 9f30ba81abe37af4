import type { Catalog, QualifiedName } from '../catalog.ts'
import { quoteIdentifier, quoteQualified } from './identifier.ts'

/** What a name in FROM stands for. */
export interface Relation {
  readonly schema: string
  readonly name: string
  readonly isView: boolean
  /** The query of a view somebody made; absent for those PostgreSQL and its extensions bring. */
  readonly definition: string | null
}

/** Looks names up as the login's search path finds them. @returns one place a name; `undefined` where there is nothing. */
export async function findRelations(
  catalog: Catalog,
  names: readonly QualifiedName[],
): Promise<readonly (Relation | undefined)[]> {
  const written = names.map(({ schema, name }) =>
    schema === undefined ? quoteIdentifier(name) : quoteQualified({ schema, name }),
  )
  const rows = await catalog.rows<Relation & { place: number }>(relationsQuery, [written])
  const byPlace = new Map(rows.map(({ place, ...relation }) => [place, relation]))
  return names.map((_, index) => byPlace.get(index + 1))
}

const relationsQuery = `
  SELECT
    wanted.place::int AS place,
    n.nspname AS schema,
    c.relname AS name,
    c.relkind = 'v' AS "isView",
    CASE WHEN c.relkind = 'v' AND c.oid >= 16384 AND d.objid IS NULL
      THEN pg_catalog.pg_get_viewdef(c.oid)
    END AS definition
  FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY AS wanted(name, place)
  JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(wanted.name)
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'`
