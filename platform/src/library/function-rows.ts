import type { LibraryFunction } from '@super-data/contract'
import type { Kysely } from 'kysely'
import type { FunctionRef } from '../queries/engine.ts'
import type { LibraryTables } from '../state/library.ts'

/** A transaction, or the readers beside it. */
export type Reader = Kysely<LibraryTables>

/** A function with one of its versions. */
export interface FunctionRow {
  readonly id: string
  readonly name: string
  readonly arity: number
  readonly active: 0 | 1
  readonly version: number
  readonly definition: string
  readonly description: string
  readonly hash: string
  readonly uses: string
  readonly created_at: number
  readonly created_by_name: string | null
}

/** One function version that another was saved with. */
export interface FunctionUse extends FunctionRef {
  readonly id: string
  readonly version: number
}

/** Every version that a definition was saved with, its own uses' uses included, each after what it uses. */
export function usesOf(row: Pick<FunctionRow, 'uses'>): FunctionUse[] {
  return JSON.parse(row.uses) as FunctionUse[]
}

/** Functions with every one of their versions. */
export function functionVersions(reader: Reader) {
  return reader
    .selectFrom('functions')
    .innerJoin('function_versions', 'function_versions.function_id', 'functions.id')
    .leftJoin('users', 'users.id', 'function_versions.created_by')
    .select([
      'functions.id',
      'functions.name',
      'functions.arity',
      'functions.active',
      'function_versions.version',
      'function_versions.definition',
      'function_versions.description',
      'function_versions.hash',
      'function_versions.uses',
      'function_versions.created_at',
      'users.name as created_by_name',
    ])
}

/** The newest version of each function of a project. */
export function newestVersions(reader: Reader, projectId: string) {
  return functionVersions(reader)
    .whereRef('function_versions.version', '=', 'functions.version')
    .where('functions.project_id', '=', projectId)
}

/** @param reference `name/arity`, or `name`: the one with the fewest arguments. */
export function findFunction(reader: Reader, projectId: string, reference: string): Promise<FunctionRow | undefined> {
  const [name = '', arity] = reference.split('/')
  let query = newestVersions(reader, projectId).where('functions.name', '=', name)
  if (arity !== undefined) query = query.where('functions.arity', '=', Number(arity))
  return query.orderBy('functions.arity').executeTakeFirst()
}

export function toFunction(row: FunctionRow): LibraryFunction {
  return {
    id: row.id,
    name: row.name,
    arity: row.arity,
    version: row.version,
    hash: row.hash,
    description: row.description,
    definition: row.definition,
    uses: usesOf(row).map(({ name, arity, version }) => ({ name, arity, version })),
    active: row.active === 1,
    createdBy: row.created_by_name ?? 'unknown',
    createdAt: row.created_at,
  }
}
