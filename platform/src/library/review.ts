import type { LibraryTables } from '../state/library.ts'

/** A vote that counts: of a member who may vote and did not write the version. */
export interface CountedVote {
  readonly userId: string
  readonly vote: 'approve' | 'reject'
  /** Project admins can veto. */
  readonly isAdmin: boolean
}

/** Members who may vote on a version, by user id. */
export type Reviewers = ReadonlyMap<string, { readonly isAdmin: boolean }>

export type Decision = 'pending' | 'approved' | 'rejected'

/**
 * What the votes say. A pure function of them, so that everybody who has the same votes comes to the same decision.
 * A standing reject blocks approval; an admin's reject, or as many rejects as approvals would have been needed, decides.
 */
export function decide(votes: readonly CountedVote[], votesNeeded: number): Decision {
  const rejects = votes.filter(vote => vote.vote === 'reject')
  if (rejects.some(vote => vote.isAdmin) || rejects.length >= votesNeeded) return 'rejected'
  if (rejects.length > 0) return 'pending'
  return votes.length >= votesNeeded ? 'approved' : 'pending'
}

/** Approvals a proposal needs: the threshold, or everybody else in a team smaller than that. */
export function votesNeeded(threshold: number, eligible: number): number {
  return Math.max(1, Math.min(threshold, eligible))
}

type Member = Pick<LibraryTables['memberships'], 'user_id' | 'role' | 'since'>

/** Who may vote: editors and admins who were members when it was proposed, without its author. */
export function eligibleReviewers(
  members: readonly Member[],
  proposal: { readonly author: string; readonly submittedAt: number },
): Reviewers {
  return new Map(
    members
      .filter(member => member.role !== 'viewer' && member.user_id !== proposal.author)
      .filter(member => member.since <= proposal.submittedAt)
      .map(member => [member.user_id, { isAdmin: member.role === 'admin' }]),
  )
}
