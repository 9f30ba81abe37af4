import type { Clock } from '@super-data/base/clock'
import { nearest } from '@super-data/base/nearest'
import type { Tool, ToolDefinition, ToolState } from '@super-data/contract'
import type { Selectable } from 'kysely'
import type { LibraryTables } from '../state/library.ts'
import { ToolMissing } from './errors.ts'
import type { Reader } from './function-rows.ts'
import type { Pin } from './pinned-functions.ts'

export type { Reader }
export type ToolRow = Selectable<LibraryTables['tools']>
export type VersionRow = Selectable<LibraryTables['tool_versions']>

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
  const row = await reader
    .selectFrom('tool_versions')
    .selectAll()
    .where('tool_id', '=', tool.id)
    .where('version', '=', version)
    .executeTakeFirst()
  if (!row) throw new ToolMissing(`${tool.name} in version ${version}`)
  return row
}

export async function setVersionRow(
  reader: Reader,
  version: Pick<VersionRow, 'tool_id' | 'version'>,
  change: Partial<VersionRow>,
): Promise<void> {
  await reader
    .updateTable('tool_versions')
    .set(change)
    .where('tool_id', '=', version.tool_id)
    .where('version', '=', version.version)
    .execute()
}

/** Votes on the proposal at hand: an earlier proposal of the same content does not lend it its votes. */
export function votesOn(reader: Reader, version: Pick<VersionRow, 'tool_id' | 'hash' | 'submitted_at'>) {
  return reader
    .selectFrom('votes')
    .innerJoin('users', 'users.id', 'votes.user_id')
    .selectAll('votes')
    .select('users.name as user_name')
    .where('tool_id', '=', version.tool_id)
    .where('hash', '=', version.hash)
    .where('votes.at', '>=', version.submitted_at ?? Number.MAX_SAFE_INTEGER)
    .orderBy('votes.at')
    .execute()
}

/** Expiry shows at once, whether or not the sweep has been. */
export function stateOf(tool: ToolRow, version: VersionRow, now: number): ToolState {
  if (tool.disabled_at !== null) return 'disabled'
  const overdue = version.state === 'pending' && version.expires_at !== null && version.expires_at <= now
  return overdue ? 'expired' : version.state
}

/** The function versions a tool version pins, each after what it uses. */
export function pinsOf(version: Pick<VersionRow, 'functions'>): Pin[] {
  return JSON.parse(version.functions) as Pin[]
}

/** A tool as everybody sees it. */
export async function toTool(reader: Reader, clock: Clock, tool: ToolRow, version: VersionRow): Promise<Tool> {
  const votes = await votesOn(reader, version)
  const author = await reader.selectFrom('users').select('name').where('id', '=', version.created_by).executeTakeFirst()
  const authorName = author?.name ?? 'unknown'
  const approvers = votes.filter(vote => vote.vote === 'approve').map(vote => vote.user_name)
  return {
    id: tool.id,
    name: tool.name,
    state: stateOf(tool, version, clock.now()),
    version: version.version,
    hash: version.hash,
    definition: JSON.parse(version.definition) as ToolDefinition,
    functions: pinsOf(version).map(({ name, arity, version }) => ({ name, arity, version })),
    origin: tool.origin,
    review: version.review,
    createdBy: authorName,
    createdAt: version.created_at,
    approvedAt: version.state === 'approved' ? version.decided_at : null,
    approvedBy: version.review === 'votes' ? approvers : version.review === 'none' ? [authorName] : [],
    votes: votes.map(vote => ({ user: vote.user_name, vote: vote.vote, comment: vote.comment, at: vote.at })),
    votesNeeded: version.votes_needed,
  }
}
