import type { Catalog } from '../catalog.ts'
import { describeTable, type TableDescription } from './describe-table.ts'
import { jsonRow, jsonRows } from './json-rows.ts'
import type { Listed, ListedFacts } from './list-objects.ts'
import { listQueries } from './list-queries.ts'
import type { ObjectKind } from './object-kind.ts'
import { type NameToResolve, type Resolved, resolveName } from './resolve-name.ts'

export interface FunctionDescription {
  readonly kind: 'function'
  readonly schema: string
  readonly name: string
  /** One for each list of arguments. */
  readonly overloads: readonly FunctionOverload[]
}

export interface FunctionOverload {
  readonly id: number
  readonly form: 'function' | 'procedure' | 'aggregate' | 'window'
  /** With names, modes and defaults. */
  readonly arguments: string
  readonly identityArguments: string
  readonly result: string | null
  readonly language: string
  readonly volatility: 'immutable' | 'stable' | 'volatile'
  readonly parallel: 'safe' | 'restricted' | 'unsafe'
  readonly strict: boolean
  readonly securityDefiner: boolean
  readonly settings: readonly string[] | null
  readonly owner: string
  readonly comment: string | null
  /** By the login that asks. */
  readonly callable: boolean
  /** `CREATE FUNCTION …`; not of aggregates. */
  readonly definition: string | null
}

export interface TypeDescription extends Listed {
  readonly kind: 'type'
  readonly form: ListedFacts['type']['form']
  readonly values: readonly string[] | null
  readonly baseType: string | null
  readonly owner: string
  /** Of a composite type. */
  readonly attributes: readonly { readonly name: string; readonly type: string }[]
  /** Of a domain. */
  readonly constraints: readonly { readonly name: string; readonly definition: string }[]
  /** Columns that have it: the first fifty. */
  readonly usedBy: readonly { readonly schema: string; readonly table: string; readonly column: string }[]
}

type Simple = Exclude<ObjectKind, 'table' | 'view' | 'materialized_view' | 'function' | 'type'>
export type SimpleDescription = { [K in Simple]: { readonly kind: K } & Listed & ListedFacts[K] }[Simple]

export type ObjectDescription = TableDescription | FunctionDescription | TypeDescription | SimpleDescription

/**
 * All that the catalogue knows of one object. Rows of a table are not read: whoever wants samples asks for them as for
 * any other rows, with `sampleText`.
 *
 * @throws PostgresObjectMissing with near names · PostgresNameAmbiguous · PostgresNameInvalid
 */
export async function describeObject(catalog: Catalog, wanted: NameToResolve): Promise<ObjectDescription> {
  const found = await resolveName(catalog, wanted)
  if (found.kind === 'table' || found.kind === 'view' || found.kind === 'materialized_view')
    return describeTable(catalog, found)
  if (found.kind === 'function') return describeFunction(catalog, found)
  if (found.kind === 'type') return describeType(catalog, found)
  return describeSimple(catalog, found)
}

async function describeFunction(catalog: Catalog, { schema, name }: Resolved): Promise<FunctionDescription> {
  return { kind: 'function', schema, name, overloads: await jsonRows(catalog, overloadsQuery, [schema, name]) }
}

async function describeType(catalog: Catalog, found: Resolved): Promise<TypeDescription> {
  const listed = await listedById<Omit<TypeDescription, 'kind'>>(catalog, found)
  return {
    ...listed,
    kind: 'type',
    attributes: await jsonRows(catalog, attributesQuery, [found.id]),
    constraints: await jsonRows(catalog, domainConstraintsQuery, [found.id]),
    usedBy: await jsonRows(catalog, typeUsersQuery, [found.id]),
  }
}

async function describeSimple(catalog: Catalog, found: Resolved): Promise<SimpleDescription> {
  return { ...(await listedById<SimpleDescription>(catalog, found)), kind: found.kind } as SimpleDescription
}

async function listedById<Row extends object>(catalog: Catalog, { kind, id }: Resolved): Promise<Row> {
  const row = await jsonRow<Row & { member?: boolean }>(
    catalog,
    `SELECT o.* FROM (${listQueries[kind]}) AS o WHERE o.id = $1::int8`,
    [id],
  )
  const { member: _, ...facts } = row!
  return facts as unknown as Row
}

const overloadsQuery = `
  SELECT p.oid::int8 AS id,
    CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window' ELSE 'function' END AS form,
    pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
    pg_catalog.pg_get_function_identity_arguments(p.oid) AS "identityArguments",
    pg_catalog.pg_get_function_result(p.oid) AS result, l.lanname AS language,
    CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility,
    CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END AS parallel,
    p.proisstrict AS strict, p.prosecdef AS "securityDefiner", p.proconfig AS settings,
    pg_catalog.pg_get_userbyid(p.proowner) AS owner, pg_catalog.obj_description(p.oid, 'pg_proc') AS comment,
    pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AS callable,
    CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END AS definition
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE n.nspname = $1 AND p.proname = $2
  ORDER BY pg_catalog.pg_get_function_identity_arguments(p.oid) LIMIT 50`

const attributesQuery = `
  SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid
  WHERE t.oid = $1::pg_catalog.oid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

const domainConstraintsQuery = `
  SELECT k.conname AS name, pg_catalog.pg_get_constraintdef(k.oid, true) AS definition
  FROM pg_catalog.pg_constraint k WHERE k.contypid = $1::pg_catalog.oid ORDER BY k.conname`

const typeUsersQuery = `
  SELECT n.nspname AS schema, c.relname AS table, a.attname AS column
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT a.attisdropped
    AND (a.atttypid = $1::pg_catalog.oid
      OR a.atttypid = (SELECT t.typarray FROM pg_catalog.pg_type t WHERE t.oid = $1::pg_catalog.oid AND t.typarray <> 0))
  ORDER BY n.nspname, c.relname, a.attnum LIMIT 50`
