import type { Checks, Output, ReviewedFunction } from '@super-data/contract'
import { readFacts } from './library-facts.ts'
import type { Reader } from './reader.ts'
import { type CastVote, outcomeOf, type SubmissionRow, standingAt } from './review.ts'
import type { Roster } from './roster.ts'
import { stateOf, type VersionRow, votesOn } from './version-rows.ts'

export type ReviewView = Pick<
  ReviewedFunction,
  | 'review'
  | 'justification'
  | 'submittedBy'
  | 'submittedAt'
  | 'expiresAt'
  | 'approvedAt'
  | 'approvedBy'
  | 'votes'
  | 'votesNeeded'
  | 'checks'
>

type VersionSummary = Output<'tools.history'>['items'][number]

/** How a version was put before the team, and what became of that, as everybody sees it. */
export async function viewReview(reader: Reader, version: VersionRow): Promise<ReviewView> {
  const [votes, names] = await Promise.all([viewVotes(reader, version), namesOf(reader, [version])])
  return toReview(version, votes, { names, counts: await countsOf(reader, [version]) })
}

/** The versions of a tool or function, newest first, with all their votes, also on what was withdrawn. */
export async function viewHistory(
  reader: Reader,
  owner: { readonly disabled_at: number | null; readonly approved_version: number | null },
  versions: readonly VersionRow[],
  now: number,
): Promise<VersionSummary[]> {
  const names = await namesOf(reader, versions)
  const numbers = new Map(versions.map(version => [version.id, version.version]))
  const earlier = await viewEarlier(reader, versions)
  const counts = await countsOf(reader, versions)
  const summaries = versions.map(async (version): Promise<VersionSummary> => {
    const votes = await viewVotes(reader, version)
    return {
      version: version.version,
      state: stateOf({ disabled_at: null }, version, now),
      answers: owner.disabled_at === null && version.version === owner.approved_version,
      hash: version.hash,
      follows: version.follows === null ? null : (numbers.get(version.follows) ?? null),
      createdBy: names.get(version.created_by) ?? 'unknown',
      createdAt: version.created_at,
      ...toReview(version, votes, { names, counts }),
      votes: votes.map(({ userId: _, ...vote }) => vote),
      earlier: earlier.get(version.id) ?? [],
    }
  })
  return (await Promise.all(summaries)).reverse()
}

type Earlier = VersionSummary['earlier'][number]

/** Submissions besides the one that a version's state comes from, by version. */
async function viewEarlier(reader: Reader, versions: readonly VersionRow[]): Promise<ReadonlyMap<string, Earlier[]>> {
  const ids = versions.map(version => version.id)
  const rows = await reader
    .selectFrom('submissions')
    .innerJoin('versions', 'versions.id', 'submissions.version_id')
    .innerJoin('users as submitter', 'submitter.id', 'submissions.submitted_by')
    .leftJoin('withdrawals', 'withdrawals.submission_id', 'submissions.id')
    .leftJoin('users as withdrawer', 'withdrawer.id', 'withdrawals.withdrawn_by')
    .select(['submissions.id as submission_id', 'submissions.version_id', 'submissions.justification'])
    .select(['submissions.submitted_at', 'submitter.name as submitted_by'])
    .select(['withdrawals.at as withdrawn_at', 'withdrawer.name as withdrawn_by'])
    .where('versions.id', 'in', ids)
    .whereRef('submissions.id', 'is not', 'versions.submission_id')
    .orderBy('submissions.stamp')
    .execute()
  const earlier = new Map<string, Earlier[]>()
  for (const { submission_id, version_id, justification, ...row } of rows) {
    const { submitted_by: submittedBy, submitted_at: submittedAt } = row
    const { withdrawn_by: withdrawnBy, withdrawn_at: withdrawnAt } = row
    const votes = (await viewVotes(reader, { submission_id })).map(({ userId: _, ...vote }) => vote)
    const view = { submittedBy, submittedAt, justification, votes, withdrawnBy, withdrawnAt }
    earlier.set(version_id, [...(earlier.get(version_id) ?? []), view])
  }
  return earlier
}

type Vote = VersionSummary['votes'][number] & { readonly userId: string }

async function viewVotes(reader: Reader, { submission_id }: Pick<VersionRow, 'submission_id'>): Promise<Vote[]> {
  const votes = submission_id === null ? [] : await votesOn(reader, submission_id)
  return votes.map(({ user_id: userId, user_name: user, vote, comment, at, ...row }) => {
    const { confirmed_by: confirmedBy, needs_confirmation, counted } = row
    const confirmed = needs_confirmation === 0 || confirmedBy !== null
    return { userId, user, vote, comment, at, confirmed, confirmedBy, lapsed: confirmed && counted === 0 }
  })
}

/** The latest of each voter, without those that lapsed. */
function standingOf(votes: readonly Vote[]): Vote[] {
  return [...new Map(votes.filter(vote => !vote.lapsed).map(vote => [vote.userId, vote])).values()]
}

/** Whose votes on a version count, or did when it was decided, and how many are needed: who had left is not waited for. */
interface Count {
  readonly voters: ReadonlySet<string>
  readonly approvers: readonly string[]
  readonly needed: number
}

/** By version of one tool or function, of those that are, or were, voted on. */
async function countsOf(reader: Reader, versions: readonly VersionRow[]): Promise<ReadonlyMap<string, Count>> {
  const voted = new Map(versions.filter(isVotedOn).map(version => [version.id, version]))
  const [first] = voted.values()
  if (first === undefined) return new Map()
  const { owners, roster } = await readFacts(reader, [first.owner_id])
  const found = owners.flatMap(({ row: owner, versions: facts }) =>
    facts.flatMap(({ row, submission, votes }): [string, Count][] => {
      const version = voted.get(row.id)
      if (version === undefined || submission === undefined) return []
      return [[row.id, countOf(submission, votes, { roster: roster(owner.project_id), state: version.state })]]
    }),
  )
  return new Map(found)
}

function countOf(
  submission: SubmissionRow,
  votes: readonly CastVote[],
  { roster, state }: { readonly roster: Roster; readonly state: VersionRow['state'] },
): Count {
  const now = state === 'pending' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const { decidedStamp, approvers } = outcomeOf(submission, votes, { roster, now, expired: false })
  const { standing, needed } = standingAt(submission, votes, roster, `${decidedStamp ?? ''}~`)
  return { voters: new Set(standing.map(vote => vote.userId)), approvers, needed }
}

const isVotedOn = ({ submission_id, review }: VersionRow) => submission_id !== null && review === null

const isApproved = ({ state }: VersionRow) => state === 'approved' || state === 'conflict'

function toReview(
  version: VersionRow,
  cast: readonly Vote[],
  { names, counts }: { readonly names: ReadonlyMap<string, string>; readonly counts: ReadonlyMap<string, Count> },
): ReviewView {
  const count = counts.get(version.id)
  const votes = standingOf(cast).filter(vote => !vote.confirmed || (count?.voters.has(vote.userId) ?? true))
  const approved = isApproved(version)
  const review = approved ? (version.review ?? 'votes') : null
  const approvers = votes.filter(vote => count?.approvers.includes(vote.userId)).map(vote => vote.user)
  const author = names.get(version.created_by) ?? 'unknown'
  return {
    review,
    justification: version.justification ?? '',
    submittedBy: version.submitted_by === null ? null : (names.get(version.submitted_by) ?? 'unknown'),
    submittedAt: version.submitted_at,
    expiresAt: version.expires_at,
    approvedAt: approved ? version.decided_at : null,
    approvedBy: review === 'votes' ? approvers : review === 'none' ? [author] : [],
    votes: votes.map(({ userId: _, ...vote }) => vote),
    votesNeeded: count?.needed ?? version.votes_needed ?? 0,
    checks: version.checks === null ? null : (JSON.parse(version.checks) as Checks | null),
  }
}

async function namesOf(reader: Reader, versions: readonly VersionRow[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(versions.flatMap(version => [version.created_by, version.submitted_by ?? '']))]
  const rows = await reader.selectFrom('users').select(['id', 'name']).where('id', 'in', ids).execute()
  return new Map(rows.map(row => [row.id, row.name]))
}
