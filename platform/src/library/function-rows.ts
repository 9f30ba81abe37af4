import type { LibraryFunction } from '@super-data/contract'
import type { Selectable } from 'kysely'
import type { LibraryTables } from '../state/library.ts'
import { pinsOf } from './pinned-functions.ts'
import type { Reader } from './reader.ts'
import { stateOf, type VersionRow, versionRows } from './version-rows.ts'

export type FunctionOwner = Selectable<LibraryTables['functions']>

/** A function with one of its versions. */
export type FunctionRow = VersionRow & {
  readonly name: string
  readonly arity: number
  readonly newest_version: number
  readonly approved_version: number | null
  readonly disabled_at: number | null
  readonly created_by_name: string | null
}

/** Functions of a project with every one of their versions. */
export function functionVersions(reader: Reader, projectId: string) {
  return versionRows(reader)
    .innerJoin('functions', 'functions.id', 'versions.owner_id')
    .leftJoin('users', 'users.id', 'versions.created_by')
    .select(['functions.name', 'functions.arity', 'functions.version as newest_version'])
    .select(['functions.approved_version', 'functions.disabled_at', 'users.name as created_by_name'])
    .where('functions.project_id', '=', projectId)
}

/** The newest version of each function of a project. */
export function newestVersions(reader: Reader, projectId: string) {
  return functionVersions(reader, projectId).whereRef('versions.version', '=', 'functions.version')
}

/** @param reference `name/arity`, or `name`: the one with the fewest arguments. */
export function findFunction(reader: Reader, projectId: string, reference: string): Promise<FunctionRow | undefined> {
  const [name = '', arity] = reference.split('/')
  let query = newestVersions(reader, projectId).where('functions.name', '=', name)
  if (arity !== undefined) query = query.where('functions.arity', '=', Number(arity))
  return query.orderBy('functions.arity').executeTakeFirst()
}

/** Numbers of function versions, by function and hash. */
export type VersionNumbers = (id: string, hash: string) => number

/** Numbers for the pins of some versions: an approved version comes before others of the same content. */
export async function readVersionNumbers(
  reader: Reader,
  versions: readonly Pick<VersionRow, 'pins'>[],
): Promise<VersionNumbers> {
  const ids = [...new Set(versions.flatMap(version => pinsOf(version).map(pin => pin.id)))]
  if (ids.length === 0) return () => 0
  const rows = await reader
    .selectFrom('versions')
    .select(['owner_id', 'hash', 'version', 'state'])
    .where('owner_id', 'in', ids)
    .orderBy('version', 'desc')
    .execute()
  const approvedLast = [...rows].sort((a, b) => Number(a.state === 'approved') - Number(b.state === 'approved'))
  const numbers = new Map(approvedLast.map(row => [`${row.owner_id} ${row.hash}`, row.version]))
  return (id, hash) => numbers.get(`${id} ${hash}`) ?? 0
}

export function toFunction(row: FunctionRow, numbers: VersionNumbers, now: number): LibraryFunction {
  return {
    id: row.owner_id,
    name: row.name,
    arity: row.arity,
    version: row.version,
    approvedVersion: row.approved_version,
    state: stateOf(row, row, now),
    hash: row.hash,
    description: row.description,
    definition: row.definition,
    uses: pinsOf(row).map(({ id, name, arity, hash }) => ({ name, arity, version: numbers(id, hash) })),
    active: row.disabled_at === null,
    createdBy: row.created_by_name ?? 'unknown',
    createdAt: row.created_at,
  }
}
