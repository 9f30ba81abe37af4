import type { JsonValue } from '@super-data/contract'
import type { Kysely } from 'kysely'
import { contentHash } from '../canonical-json.ts'
import type { LibraryTables } from '../state/library.ts'
import type { Exports } from './exports.ts'

/** What answers at the moment, in an order that does not depend on who asks. */
export async function readExports(library: Kysely<LibraryTables>): Promise<Exports> {
  return { approvedTools: await readTools(library), functions: await readFunctions(library) }
}

/** Which version of what answers; much shorter than what they say. */
export async function exportsVersion(library: Kysely<LibraryTables>): Promise<string> {
  const tools = library.selectFrom('tools').select(['id', 'approved_version'])
  const functions = library.selectFrom('functions').select(['id', 'approved_version'])
  const rows = await tools.unionAll(functions).orderBy('id').execute()
  return contentHash(rows.map(({ id, approved_version }) => [id, approved_version]))
}

async function readTools(library: Kysely<LibraryTables>): Promise<JsonValue[]> {
  const rows = await library
    .selectFrom('tools')
    .innerJoin('projects', 'projects.id', 'tools.project_id')
    .innerJoin('versions', join =>
      join.onRef('versions.owner_id', '=', 'tools.id').onRef('versions.version', '=', 'tools.approved_version'),
    )
    .select(['projects.name as project', 'tools.name', 'versions.version', 'versions.hash'])
    .select(['versions.definition', 'versions.pins', 'versions.decided_at'])
    .orderBy('projects.name')
    .orderBy('tools.name')
    .execute()
  return rows.map(({ definition, pins, decided_at, ...row }) => ({
    ...row,
    definition: JSON.parse(definition) as JsonValue,
    functions: JSON.parse(pins) as JsonValue,
    approvedAt: decided_at,
  }))
}

/** Those that are approved, and whatever else an approved tool pinned: without them it could not be made again. */
async function readFunctions(library: Kysely<LibraryTables>): Promise<JsonValue[]> {
  const pinned = new Set((await readPins(library)).map(({ id, hash }) => `${id} ${hash}`))
  const rows = await library
    .selectFrom('functions')
    .innerJoin('projects', 'projects.id', 'functions.project_id')
    .innerJoin('versions', 'versions.owner_id', 'functions.id')
    .select(['projects.name as project', 'functions.name', 'functions.arity', 'versions.version', 'versions.hash'])
    .select(['versions.definition', 'versions.description', 'versions.pins'])
    .select(['functions.id', 'functions.approved_version'])
    .orderBy('projects.name')
    .orderBy('functions.name')
    .orderBy('functions.arity')
    .orderBy('versions.version')
    .execute()
  return rows.flatMap(({ id, pins, approved_version, ...row }) => {
    const approved = row.version === approved_version
    if (!approved && !pinned.has(`${id} ${row.hash}`)) return []
    return [{ ...row, uses: JSON.parse(pins) as JsonValue, approved }]
  })
}

interface Pin {
  readonly id: string
  readonly hash: string
}

async function readPins(library: Kysely<LibraryTables>): Promise<Pin[]> {
  const rows = await library
    .selectFrom('tools')
    .innerJoin('versions', join =>
      join.onRef('versions.owner_id', '=', 'tools.id').onRef('versions.version', '=', 'tools.approved_version'),
    )
    .select('versions.pins')
    .execute()
  return rows.flatMap(({ pins }) => JSON.parse(pins) as Pin[])
}
