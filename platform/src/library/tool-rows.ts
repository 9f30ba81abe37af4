import type { Clock } from '@super-data/base/clock'
import { nearest } from '@super-data/base/nearest'
import type { Tool, ToolDefinition } from '@super-data/contract'
import type { Selectable } from 'kysely'
import type { LibraryTables } from '../state/library.ts'
import { ToolMissing } from './errors.ts'
import { type Reader, readVersionNumbers } from './function-rows.ts'
import { pinsOf } from './pinned-functions.ts'
import { findVersion, stateOf, type VersionRow, votesOn } from './version-rows.ts'

export type { Reader }
export type ToolRow = Selectable<LibraryTables['tools']>

export function findToolRow(reader: Reader, projectId: string, name: string): Promise<ToolRow | undefined> {
  return reader
    .selectFrom('tools')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** @throws ToolMissing, with the nearest name. */
export async function getToolRow(reader: Reader, projectId: string, name: string): Promise<ToolRow> {
  const row = await findToolRow(reader, projectId, name)
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
  const votes = version.submission_id === null ? [] : await votesOn(reader, version.submission_id)
  const latest = [...new Map(votes.map(vote => [vote.user_id, vote])).values()]
  const author = await reader.selectFrom('users').select('name').where('id', '=', version.created_by).executeTakeFirst()
  const authorName = author?.name ?? 'unknown'
  const numbers = await readVersionNumbers(reader, [version])
  const approvers = latest.filter(vote => vote.vote === 'approve').map(vote => vote.user_name)
  const approved = version.state === 'approved'
  const review = approved ? (version.review ?? 'votes') : null
  return {
    id: tool.id,
    name: tool.name,
    state: stateOf(tool, version, clock.now()),
    version: version.version,
    hash: version.hash,
    definition: JSON.parse(version.definition) as ToolDefinition,
    functions: pinsOf(version).map(({ id, name, arity, hash }) => ({ name, arity, version: numbers(id, hash) })),
    origin: tool.origin,
    review,
    createdBy: authorName,
    createdAt: version.created_at,
    approvedAt: approved ? version.decided_at : null,
    approvedBy: review === 'votes' ? approvers : review === 'none' ? [authorName] : [],
    votes: latest.map(vote => ({ user: vote.user_name, vote: vote.vote, comment: vote.comment, at: vote.at })),
    votesNeeded: version.votes_needed ?? 0,
  }
}
