import type { Selectable } from 'kysely'
import type { DerivedOwner, LibraryTables } from '../state/library.ts'
import type { Reader } from './reader.ts'
import type { CastVote, SubmissionRow } from './review.ts'
import { type Roster, readRosters } from './roster.ts'

export type VersionRow = Selectable<LibraryTables['versions']>

type Disabling = Selectable<LibraryTables['disablings']>

/** A vote that needs no confirmation, or has one. */
export interface KnownVote extends CastVote {
  readonly id: string
  readonly owner: string
  readonly submission: string
  readonly hash: string
  readonly user: string
  /** When what it is on was submitted. */
  readonly submitted: string
  /** The last disabling that was known where it was cast; of votes of earlier versions nobody knows. */
  readonly disablingKnown: string | null
  /** Whether it was found to count before. */
  readonly counted: boolean
}

/** A version with what is known of its review. */
export interface VersionFacts {
  readonly row: VersionRow
  /** The last submission of exactly this content that was not withdrawn. */
  readonly submission: SubmissionRow | undefined
  /** Votes on it that count, in the order in which they came to. */
  readonly votes: readonly KnownVote[]
}

/** A function or tool with all that was written about it. */
export interface OwnerFacts {
  readonly kind: 'function' | 'tool'
  readonly row: DerivedOwner & { readonly id: string; readonly project_id: string }
  readonly project: string
  /** `name`, or `name/arity`. */
  readonly name: string
  /** In the order in which they were written. */
  readonly versions: readonly VersionFacts[]
  /** Those that count since they were cast or confirmed just now, or brought by a merge. */
  readonly newVotes: readonly KnownVote[]
  /** Those that were found to count, and do not any more. */
  readonly lapsedVotes: readonly KnownVote[]
  /** The last time it was disabled or restored. */
  readonly disabling: Disabling | undefined
}

export interface Facts {
  readonly owners: readonly OwnerFacts[]
  roster(projectId: string): Roster
}

/** Everything that was written about some functions and tools, or about all: functions first. */
export async function readFacts(reader: Reader, only?: readonly string[]): Promise<Facts> {
  const owners = await readOwners(reader, only)
  const disablings = await readDisablings(reader, only)
  const confirmed = await readConfirmedVotes(reader, only)
  const counts = (vote: KnownVote) => hasKnown(vote, disablings.get(vote.owner))
  const versions = await readVersions(reader, confirmed.filter(counts), only)
  const projectIds = only && [...new Set(owners.map(owner => owner.row.project_id))]
  const byOwner = Map.groupBy(versions, version => version.row.owner_id)
  const changed = Map.groupBy(
    confirmed.filter(vote => vote.counted !== counts(vote)),
    vote => vote.owner,
  )
  return {
    owners: owners.map(owner => ({
      ...owner,
      versions: byOwner.get(owner.row.id) ?? [],
      newVotes: changed.get(owner.row.id)?.filter(vote => !vote.counted) ?? [],
      lapsedVotes: changed.get(owner.row.id)?.filter(vote => vote.counted) ?? [],
      disabling: disablings.get(owner.row.id),
    })),
    roster: await readRosters(reader, projectIds),
  }
}

/**
 * Whether a vote was cast by somebody who could know that its subject had been disabled. Where a proposal was made, and
 * voted on, by people whom a sync had not told of it yet, they are asked again.
 */
function hasKnown({ submitted, disablingKnown }: KnownVote, last: Disabling | undefined): boolean {
  if (last?.disabled !== 1 || last.stamp > submitted) return true
  return disablingKnown === null || disablingKnown >= last.stamp
}

type Owner = Omit<OwnerFacts, 'versions' | 'newVotes' | 'lapsedVotes' | 'disabling'>

async function readOwners(reader: Reader, only?: readonly string[]): Promise<Owner[]> {
  let functions = reader
    .selectFrom('functions')
    .innerJoin('projects', 'projects.id', 'functions.project_id')
    .selectAll('functions')
    .select('projects.name as project')
  let tools = reader
    .selectFrom('tools')
    .innerJoin('projects', 'projects.id', 'tools.project_id')
    .selectAll('tools')
    .select('projects.name as project')
  if (only) {
    functions = functions.where('functions.id', 'in', only)
    tools = tools.where('tools.id', 'in', only)
  }
  return [
    ...(await functions.execute()).map(
      (row): Owner => ({ kind: 'function', row, project: row.project, name: `${row.name}/${row.arity}` }),
    ),
    ...(await tools.execute()).map((row): Owner => ({ kind: 'tool', row, project: row.project, name: row.name })),
  ]
}

async function readVersions(
  reader: Reader,
  votes: readonly KnownVote[],
  only?: readonly string[],
): Promise<VersionFacts[]> {
  let query = reader.selectFrom('versions').selectAll()
  if (only) query = query.where('owner_id', 'in', only)
  const rows = await query.orderBy('stamp').orderBy('id').execute()
  const submissions = await readSubmissions(reader, only)
  const bySubmission = Map.groupBy(votes, vote => vote.submission)
  return rows.map(row => {
    const submission = submissions.get(row.id)?.findLast(each => each.hash === row.hash)
    const cast = submission ? (bySubmission.get(submission.id) ?? []) : []
    return { row, submission, votes: cast.filter(vote => vote.hash === row.hash) }
  })
}

/** By version, in the order of stamps. */
async function readSubmissions(reader: Reader, only?: readonly string[]): Promise<Map<string, SubmissionRow[]>> {
  let query = reader
    .selectFrom('submissions')
    .innerJoin('versions', 'versions.id', 'submissions.version_id')
    .leftJoin('withdrawals', 'withdrawals.submission_id', 'submissions.id')
    .selectAll('submissions')
    .where('withdrawals.submission_id', 'is', null)
  if (only) query = query.where('versions.owner_id', 'in', only)
  const rows = await query.orderBy('submissions.stamp').orderBy('submissions.id').execute()
  return Map.groupBy(rows, row => row.version_id)
}

/** In the order in which they came to count: one that must be confirmed does from when it was. */
async function readConfirmedVotes(reader: Reader, only?: readonly string[]): Promise<KnownVote[]> {
  let query = reader
    .selectFrom('votes')
    .innerJoin('submissions', 'submissions.id', 'votes.submission_id')
    .innerJoin('versions', 'versions.id', 'submissions.version_id')
    .innerJoin('users', 'users.id', 'votes.user_id')
    .leftJoin('vote_confirmations', 'vote_confirmations.vote_id', 'votes.id')
    .select(['votes.id', 'votes.submission_id', 'votes.hash', 'votes.user_id', 'votes.vote', 'votes.at'])
    .select(['votes.stamp', 'votes.counted', 'votes.disabling_known', 'users.name as user', 'versions.owner_id'])
    .select('submissions.stamp as submitted')
    .select([
      'votes.needs_confirmation',
      'vote_confirmations.stamp as confirmed',
      'vote_confirmations.at as confirmed_at',
    ])
  if (only) query = query.where('versions.owner_id', 'in', only)
  const rows = await query.execute()
  const confirmed = rows.filter(row => row.needs_confirmation === 0 || row.confirmed !== null)
  const votes = confirmed.map(row => ({
    ...{ id: row.id, owner: row.owner_id, submission: row.submission_id, hash: row.hash },
    ...{ userId: row.user_id, user: row.user, vote: row.vote, counted: row.counted === 1 },
    ...{ submitted: row.submitted, disablingKnown: row.disabling_known },
    stamp: row.confirmed ?? row.stamp,
    at: row.confirmed_at ?? row.at,
  }))
  return votes.sort(byStamp)
}

/** The last of each function or tool. */
async function readDisablings(reader: Reader, only?: readonly string[]): Promise<ReadonlyMap<string, Disabling>> {
  let query = reader.selectFrom('disablings').selectAll()
  if (only) query = query.where('owner_id', 'in', only)
  const rows = await query.orderBy('stamp').orderBy('id').execute()
  return new Map(rows.map(row => [row.owner_id, row]))
}

const byStamp = (one: { stamp: string; userId: string }, other: { stamp: string; userId: string }) =>
  `${one.stamp} ${one.userId}` < `${other.stamp} ${other.userId}` ? -1 : 1
