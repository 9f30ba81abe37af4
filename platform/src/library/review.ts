import type { Checks } from '@super-data/contract'
import { stampAt } from '../stamps.ts'
import type { LibraryTables } from '../state/library.ts'
import { isVoter, type Roster } from './roster.ts'

/** How proposals were decided when one was made: what is set later does not change it. */
export interface ReviewPolicy {
  /** Approvals wanted in a team that is large enough. */
  readonly threshold: number
  readonly hours: number
  /** Authors and co-authors: their votes would be for themselves. */
  readonly excluded: readonly string[]
  /** At the deadline: approved, when at least one approved and nobody rejected. */
  readonly autoApprove: boolean
  readonly voteConfirmation: VoteConfirmation
}

export type VoteConfirmation = 'none' | 'code' | 'elicitation'

/** A vote that counts from `stamp` on: when it was cast, or confirmed. */
export interface CastVote {
  readonly userId: string
  readonly vote: 'approve' | 'reject'
  readonly stamp: string
  readonly at: number
}

/** A vote that counts: of a member who may vote and did not write the version. */
export interface CountedVote {
  readonly userId: string
  readonly vote: 'approve' | 'reject'
  /** Project admins can veto. */
  readonly isAdmin: boolean
}

export type SubmissionRow = LibraryTables['submissions']

export interface Outcome {
  readonly state: 'pending' | 'approved' | 'rejected' | 'expired'
  readonly decidedAt: number | null
  /** When, among everything that was ever stamped. */
  readonly decidedStamp: string | null
  /** Whose approvals counted when it was approved: who had left by then is not among them. */
  readonly approvers: readonly string[]
}

const pending: Outcome = { state: 'pending', decidedAt: null, decidedStamp: null, approvers: [] }

/**
 * What became of a submission. A pure function of what is known of it, so that everybody who knows the same comes to
 * the same decision: the votes are counted again one after the other, each time among those who could vote then.
 *
 * @param votes confirmed ones, in the order of their stamps.
 * @param expired whether it was found expired before: a clock that is set back brings nothing back.
 */
export function outcomeOf(
  submission: SubmissionRow,
  votes: readonly CastVote[],
  context: { readonly roster: Roster; readonly now: number; readonly expired: boolean },
): Outcome {
  const { review, submitted_at: decidedAt, stamp: decidedStamp, expires_at: expiresAt } = submission
  if (review !== null) return { state: 'approved', decidedAt, decidedStamp, approvers: [] }
  const counted = inTime(submission, votes, context.roster)
  const decided = firstDecision(submission, counted, context.roster)
  if (decided) return decided.outcome.state === 'approved' ? unlessRejected(decided, counted) : decided.outcome
  if (context.now < expiresAt && !context.expired) return pending
  return atDeadline(submission, counted, context.roster)
}

function policyOf(submission: Pick<SubmissionRow, 'policy'>): ReviewPolicy {
  return JSON.parse(submission.policy) as ReviewPolicy
}

/** Votes of those who could vote when it was proposed, cast before the deadline. */
function inTime(submission: SubmissionRow, votes: readonly CastVote[], roster: Roster): CastVote[] {
  const reviewers = new Set(reviewersOf(roster, submission.stamp, policyOf(submission).excluded))
  return votes.filter(vote => reviewers.has(vote.userId) && vote.at < submission.expires_at)
}

interface Decided {
  readonly outcome: Outcome
  readonly index: number
}

function firstDecision(submission: SubmissionRow, votes: readonly CastVote[], roster: Roster): Decided | undefined {
  for (const [index, vote] of votes.entries()) {
    const { standing, needed } = standingAt(submission, votes.slice(0, index + 1), roster, `${vote.stamp}~`)
    const state = decide(standing, needed)
    if (state === 'pending') continue
    const approvers = state === 'approved' ? idsOf(standing) : []
    return { index, outcome: { state, decidedAt: vote.at, decidedStamp: vote.stamp, approvers } }
  }
  return undefined
}

const idsOf = (votes: readonly CountedVote[]) => votes.map(vote => vote.userId)

/** The latest vote of each who can still vote at a moment, and how many approvals can be waited for. */
export function standingAt(
  submission: Pick<SubmissionRow, 'stamp' | 'policy' | 'votes_needed'>,
  votes: readonly Pick<CastVote, 'userId' | 'vote'>[],
  roster: Roster,
  stamp: string,
): { standing: CountedVote[]; needed: number } {
  const latest = new Map(votes.map(vote => [vote.userId, vote]))
  const eligible = reviewersOf(roster, submission.stamp, policyOf(submission).excluded).filter(userId =>
    isVoter(roster.roleAt(userId, stamp)),
  )
  const standing = eligible.flatMap((userId): CountedVote[] => {
    const vote = latest.get(userId)?.vote
    return vote ? [{ userId, vote, isAdmin: roster.roleAt(userId, stamp) === 'admin' }] : []
  })
  // Whoever left the project since cannot be waited for.
  return { standing, needed: Math.min(submission.votes_needed, Math.max(1, eligible.length)) }
}

/** After an approval nobody can vote here; a reject that was cast elsewhere before that was known takes it back. */
function unlessRejected({ outcome, index }: Decided, votes: readonly CastVote[]): Outcome {
  const reject = votes.slice(index + 1).find(vote => vote.vote === 'reject')
  return reject ? { state: 'rejected', decidedAt: reject.at, decidedStamp: reject.stamp, approvers: [] } : outcome
}

function atDeadline(submission: SubmissionRow, votes: readonly CastVote[], roster: Roster): Outcome {
  const stamp = deadlineOf(submission, votes)
  const { standing } = standingAt(submission, votes, roster, stamp)
  const agreed = standing.length > 0 && standing.every(vote => vote.vote === 'approve')
  const state = policyOf(submission).autoApprove && agreed ? 'approved' : 'expired'
  const approvers = state === 'approved' ? idsOf(standing) : []
  return { state, decidedAt: submission.expires_at, decidedStamp: stamp, approvers }
}

/** Where stamps run ahead of the clock, the votes in time and their voters are still from before the deadline. */
function deadlineOf(submission: SubmissionRow, votes: readonly CastVote[]): string {
  const latest = votes.at(-1)?.stamp ?? submission.stamp
  const atClock = stampAt(submission.expires_at)
  return atClock > latest ? atClock : `${latest}~`
}

/**
 * What the votes say. A pure function of them, whatever their order. A standing reject blocks approval; an admin's
 * reject, or as many rejects as approvals would have been needed, decides.
 */
export function decide(votes: readonly CountedVote[], needed: number): 'pending' | 'approved' | 'rejected' {
  const rejects = votes.filter(vote => vote.vote === 'reject')
  if (rejects.some(vote => vote.isAdmin) || rejects.length >= needed) return 'rejected'
  if (rejects.length > 0) return 'pending'
  return votes.length >= needed ? 'approved' : 'pending'
}

/** A larger program is read by as many as any other. */
const safeScoreMax = 100

/** What a team may let fewer people approve: small, with test cases that pass, and nothing said against it. */
export function isSafe(checks: Checks | null): boolean {
  if (checks === null) return false
  const { score, tests, warnings, similar } = checks
  return score <= safeScoreMax && tests > 0 && warnings.length === 0 && similar.length === 0
}

/** Approvals a proposal needs: the threshold, or everybody else in a team smaller than that. */
export function votesNeeded(threshold: number, eligible: number): number {
  return Math.max(1, Math.min(threshold, eligible))
}

/** Who may vote: editors and admins at the moment it was proposed, without its authors. */
export function reviewersOf(roster: Roster, stamp: string, excluded: readonly string[]): string[] {
  return roster.votersAt(stamp).filter(userId => !excluded.includes(userId))
}

/** Whether somebody may vote: an editor when it was proposed and still, who had no part in it. */
export function standingOf(
  roster: Roster,
  { stamp, excluded }: { readonly stamp: string; readonly excluded: readonly string[] },
  userId: string,
): 'reviewer' | 'author' | 'outsider' {
  if (excluded.includes(userId)) return 'author'
  return isVoter(roster.roleAt(userId, stamp)) && isVoter(roster.roleAt(userId, '~')) ? 'reviewer' : 'outsider'
}
