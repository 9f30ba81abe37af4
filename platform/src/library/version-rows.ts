import type { Clock } from '@super-data/base/clock'
import type { Ids } from '@super-data/base/ids'
import type { ToolState } from '@super-data/contract'
import type { Stamps } from '../stamps.ts'
import type { LibraryTransaction } from '../state/library.ts'
import type { Reader } from './reader.ts'
import type { ReviewPolicy } from './review.ts'

/** What a change of the library takes. */
export interface WriteParts {
  readonly ids: Ids
  readonly clock: Clock
  readonly stamps: Stamps
}

/** What `derive` fills in. */
export const underived = { version: 0, approved_version: null, disabled_at: null } as const

/** Versions, each with the submission that its state comes from. */
export function versionRows(reader: Reader) {
  return reader
    .selectFrom('versions')
    .leftJoin('submissions', 'submissions.id', 'versions.submission_id')
    .selectAll('versions')
    .select(['submissions.review', 'submissions.votes_needed', 'submissions.policy', 'submissions.justification'])
    .select('submissions.checks')
    .select(['submissions.submitted_by', 'submissions.submitted_at', 'submissions.expires_at'])
}

export type VersionRow = Awaited<ReturnType<ReturnType<typeof versionRows>['execute']>>[number]

/** A version by its number. */
export function findVersion(reader: Reader, ownerId: string, version: number): Promise<VersionRow | undefined> {
  return versionRows(reader)
    .where('versions.owner_id', '=', ownerId)
    .where('versions.version', '=', version)
    .executeTakeFirst()
}

/** Every version of a tool or function, oldest first. */
export function allVersions(reader: Reader, ownerId: string): Promise<VersionRow[]> {
  return versionRows(reader).where('versions.owner_id', '=', ownerId).orderBy('versions.version').execute()
}

/** Of versions that stand oldest first. */
export function newestOf(versions: readonly VersionRow[]): VersionRow {
  const newest = versions.at(-1)
  if (newest === undefined) throw new Error('a tool or function without versions')
  return newest
}

export interface NewVersion {
  readonly kind: 'function' | 'tool'
  readonly ownerId: string
  readonly definition: string
  readonly description: string
  readonly pins: string
  readonly hash: string
  readonly follows: string | null
  readonly userId: string
  /** Only where the content is what it is: imports. */
  readonly id?: string | undefined
}

const newVersion = { version: 0, state: 'draft', submission_id: null, decided_at: null } as const

/** Writes a version; `derive` gives it its number. */
export async function insertVersion(
  transaction: LibraryTransaction,
  { ownerId: owner_id, userId: created_by, id, ...rest }: NewVersion,
  { ids, clock, stamps }: WriteParts,
): Promise<void> {
  const made = { created_at: clock.now(), stamp: await stamps.next(transaction) }
  await transaction
    .insertInto('versions')
    .values({ ...rest, ...made, id: id ?? ids.next('version'), owner_id, created_by, ...newVersion })
    .execute()
}

/** Expiry shows at once, whether or not the sweep has been. */
export function stateOf(owner: { readonly disabled_at: number | null }, version: VersionRow, now: number): ToolState {
  if (owner.disabled_at !== null) return 'disabled'
  const overdue = version.state === 'pending' && version.expires_at !== null && version.expires_at <= now
  return overdue && !policyOf(version)?.autoApprove ? 'expired' : version.state
}

export function policyOf(version: Pick<VersionRow, 'policy'>): ReviewPolicy | undefined {
  return version.policy === null ? undefined : (JSON.parse(version.policy) as ReviewPolicy)
}

/** The votes on a submission, oldest first, with who cast them. */
export function votesOn(reader: Reader, submissionId: string) {
  return reader
    .selectFrom('votes')
    .innerJoin('users', 'users.id', 'votes.user_id')
    .leftJoin('vote_confirmations', 'vote_confirmations.vote_id', 'votes.id')
    .selectAll('votes')
    .select(['users.name as user_name', 'vote_confirmations.method as confirmed_by'])
    .where('votes.submission_id', '=', submissionId)
    .orderBy('votes.stamp')
    .execute()
}

/** Of the versions before one, that which somebody voted on last. */
export function findVotedVersion(
  reader: Reader,
  { ownerId, userId, before }: { readonly ownerId: string; readonly userId: string; readonly before: number },
): Promise<VersionRow | undefined> {
  return (
    versionRows(reader)
      // Votes on what was withdrawn since are votes too.
      .innerJoin('submissions as voted', 'voted.version_id', 'versions.id')
      .innerJoin('votes', 'votes.submission_id', 'voted.id')
      .where('versions.owner_id', '=', ownerId)
      .where('versions.version', '<', before)
      .where('votes.user_id', '=', userId)
      .orderBy('votes.stamp', 'desc')
      .limit(1)
      .executeTakeFirst()
  )
}

/** A version made from the one that is read here follows this: what answers now is always among what it was made from. */
export function baseOf(versions: readonly VersionRow[], approvedVersion: number | null): string | null {
  const newest = versions.at(-1)
  const approved = versions.find(each => each.version === approvedVersion)
  if (newest === undefined) return null
  return approved === undefined || isMadeFrom(newest, approved, versions) ? newest.id : approved.id
}

/** Whether a version is another one, or was made from it. */
export function isMadeFrom(
  version: Pick<VersionRow, 'id'>,
  earlier: Pick<VersionRow, 'id'>,
  versions: readonly VersionRow[],
): boolean {
  return chainOf(version.id, versions).some(each => each.id === earlier.id)
}

/** A version and those it was made from, newest first. */
export function chainOf(id: string | null, versions: readonly VersionRow[]): VersionRow[] {
  const byId = new Map(versions.map(each => [each.id, each]))
  const chain: VersionRow[] = []
  for (let at = id; at !== null; at = chain.at(-1)?.follows ?? null) {
    const version = byId.get(at)
    if (version === undefined || chain.includes(version)) break
    chain.push(version)
  }
  return chain
}
