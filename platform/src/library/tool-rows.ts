import type { Clock } from '@super-data/base/clock'
import { nearest } from '@super-data/base/nearest'
import type { Tool, ToolDefinition } from '@super-data/contract'
import type { Selectable } from 'kysely'
import type { LibraryTables } from '../state/library.ts'
import { ToolMissing } from './errors.ts'
import { readVersionNumbers } from './function-rows.ts'
import { seenOutput } from './output-schema.ts'
import { pinsOf } from './pinned-functions.ts'
import type { Reader } from './reader.ts'
import { findVersion, stateOf, type VersionRow } from './version-rows.ts'
import { viewReview } from './version-view.ts'

export type ToolRow = Selectable<LibraryTables['tools']>

export function findToolRow(reader: Reader, projectId: string, name: string): Promise<ToolRow | undefined> {
  return reader
    .selectFrom('tools')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .executeTakeFirst()
}

function findById(reader: Reader, projectId: string, id: string): Promise<ToolRow | undefined> {
  return reader
    .selectFrom('tools')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** By name, or by id. @throws ToolMissing, with the nearest name. */
export async function getToolRow(reader: Reader, projectId: string, name: string): Promise<ToolRow> {
  const row = (await findToolRow(reader, projectId, name)) ?? (await findById(reader, projectId, name))
  if (row) return row
  const names = await reader.selectFrom('tools').select('name').where('project_id', '=', projectId).execute()
  const near = nearest(
    name,
    names.map(each => each.name),
  )
  throw new ToolMissing(name, near)
}

/** @throws ToolMissing */
export async function getVersionRow(reader: Reader, tool: ToolRow, version: number): Promise<VersionRow> {
  const row = await findVersion(reader, tool.id, version)
  if (!row) throw new ToolMissing(`${tool.name} in version ${version}`)
  return row
}

/** A tool as everybody sees it. */
export async function toTool(reader: Reader, clock: Clock, tool: ToolRow, version: VersionRow): Promise<Tool> {
  const author = await reader.selectFrom('users').select('name').where('id', '=', version.created_by).executeTakeFirst()
  const numbers = await readVersionNumbers(reader, [version])
  const definition = JSON.parse(version.definition) as ToolDefinition
  return {
    id: tool.id,
    name: tool.name,
    state: stateOf(tool, version, clock.now()),
    version: version.version,
    approvedVersion: tool.approved_version,
    hash: version.hash,
    definition,
    outputSchema: seenOutput(definition) ?? null,
    functions: pinsOf(version).map(({ id, name, arity, hash }) => ({ name, arity, version: numbers(id, hash) })),
    origin: tool.origin,
    createdBy: author?.name ?? 'unknown',
    createdAt: version.created_at,
    ...(await viewReview(reader, version)),
  }
}
