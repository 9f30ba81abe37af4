import { ProposalWaiting, type WaitingProposal } from './errors.ts'
import type { Reader } from './reader.ts'
import type { VersionRow } from './version-rows.ts'

/** What other people put before the team of a project, and it has not decided on. */
export async function waitingTools(
  reader: Reader,
  proposing: { readonly projectId: string; readonly userId: string },
  now: number,
): Promise<(WaitingProposal & { readonly definition: string })[]> {
  const rows = await waitingOf(reader, proposing, now).execute()
  return rows.map(row => ({ ...row, kind: 'tool' }))
}

/**
 * Refuses what is word for word before the team already, by somebody else and under another name.
 *
 * @throws ProposalWaiting
 */
export async function requireOnlyOne(
  reader: Reader,
  proposed: {
    readonly owner: { readonly id: string; readonly name: string; readonly project_id: string }
    readonly version: VersionRow
    readonly userId: string
  },
  now: number,
): Promise<void> {
  const { owner, version, userId } = proposed
  const [twin] = await waitingOf(reader, { projectId: owner.project_id, userId }, now)
    .where('versions.hash', '=', version.hash)
    .where('versions.owner_id', '!=', owner.id)
    .where('versions.created_by', '!=', version.created_by)
    .execute()
  if (twin) throw new ProposalWaiting(owner.name, { ...twin, kind: 'tool' })
}

function waitingOf(reader: Reader, { projectId, userId }: { projectId: string; userId: string }, now: number) {
  return reader
    .selectFrom('versions')
    .innerJoin('tools', 'tools.id', 'versions.owner_id')
    .innerJoin('submissions', 'submissions.id', 'versions.submission_id')
    .select(['tools.name', 'versions.version', 'versions.hash', 'versions.definition'])
    .where('tools.project_id', '=', projectId)
    .where('tools.disabled_at', 'is', null)
    .where('versions.state', '=', 'pending')
    .where('submissions.expires_at', '>', now)
    .where('versions.created_by', '!=', userId)
    .orderBy('submissions.stamp')
}
