import type { Clock } from '@super-data/base/clock'
import type { LibraryTransaction } from '../state/library.ts'
import { ProposalsTooMany, ToolStateConflict, VersionConflict, VoteNotEligible, VoteStale } from './errors.ts'
import { type CountedVote, decide, eligibleReviewers, type Reviewers, votesNeeded } from './review.ts'
import {
  getToolRow,
  getVersionRow,
  type Reader,
  setVersionRow,
  stateOf,
  type ToolRow,
  type VersionRow,
  votesOn,
} from './tool-rows.ts'

export interface ReviewSettings {
  /** Approvals a proposal needs in a team that is large enough. */
  readonly approvalThreshold: number
  /** A proposal that is not decided by then expires. */
  readonly proposalHours: number
  /** Pending proposals of one person. */
  readonly pendingMax: number
}

/** The way of a version from draft to approved. Every step happens inside the transaction of its call. */
export class Proposals {
  readonly #clock: Clock
  readonly #settings: ReviewSettings

  constructor(clock: Clock, settings: ReviewSettings) {
    this.#clock = clock
    this.#settings = settings
  }

  /**
   * Puts the newest draft before the team. Where nobody else could vote on it, as in a project of one, it is approved
   * at once, recorded as `none`.
   *
   * @throws ToolStateConflict · ProposalsTooMany
   */
  async submit(
    transaction: LibraryTransaction,
    change: { projectId: string; name: string; justification: string; expectedVersion: number | undefined },
  ): Promise<void> {
    const tool = await getToolRow(transaction, change.projectId, change.name)
    if (change.expectedVersion !== undefined && change.expectedVersion !== tool.version) {
      throw new VersionConflict(change.name, tool.version)
    }
    const version = await getVersionRow(transaction, tool, tool.version)
    const state = stateOf(tool, version, this.#clock.now())
    if (state !== 'draft') throw new ToolStateConflict(change.name, state, 'a draft')
    await this.#checkPending(transaction, version.created_by)
    const now = this.#clock.now()
    const members = await this.#members(transaction, change.projectId)
    const eligible = eligibleReviewers(members, { author: version.created_by, submittedAt: now })
    const alone = eligible.size === 0
    await setVersionRow(transaction, version, {
      state: 'pending',
      justification: change.justification,
      submitted_at: now,
      expires_at: now + this.#settings.proposalHours * 3_600_000,
      votes_needed: alone ? 0 : votesNeeded(this.#settings.approvalThreshold, eligible.size),
    })
    if (alone) await this.#approve(transaction, tool, version.version, 'none')
  }

  /**
   * Counts a vote and, in the same transaction, decides.
   *
   * @throws ToolStateConflict · VoteStale · VoteNotEligible
   */
  async vote(
    transaction: LibraryTransaction,
    change: {
      projectId: string
      name: string
      userId: string
      vote: 'approve' | 'reject'
      hash: string
      comment: string
    },
  ): Promise<void> {
    const tool = await getToolRow(transaction, change.projectId, change.name)
    const version = await getVersionRow(transaction, tool, tool.version)
    const state = stateOf(tool, version, this.#clock.now())
    if (state !== 'pending') throw new ToolStateConflict(change.name, state, 'pending')
    if (!names(change.hash, version.hash)) throw new VoteStale(change.name, version.hash)
    const eligible = await this.#eligible(transaction, change.projectId, version)
    if (change.userId === version.created_by) throw new VoteNotEligible('nobody votes on a version of their own')
    if (!eligible.has(change.userId)) {
      throw new VoteNotEligible('only editors who were members when it was proposed may vote')
    }
    const at = Math.max(this.#clock.now(), version.submitted_at ?? 0)
    const cast = { vote: change.vote, comment: change.comment, at }
    await transaction
      .insertInto('votes')
      .values({ tool_id: tool.id, hash: version.hash, user_id: change.userId, ...cast })
      .onConflict(conflict => conflict.columns(['tool_id', 'hash', 'user_id']).doUpdateSet(cast))
      .execute()
    await this.#decide(transaction, tool, version, eligible)
  }

  /** Approves without votes: an import that the operator put in place. */
  async approveImport(transaction: LibraryTransaction, projectId: string, name: string): Promise<void> {
    const tool = await getToolRow(transaction, projectId, name)
    await this.#approve(transaction, tool, tool.version, 'import')
  }

  /** Marks proposals whose time is over. @returns their names. */
  async expire(transaction: LibraryTransaction): Promise<{ project: string; name: string }[]> {
    const due = await transaction
      .selectFrom('tool_versions')
      .innerJoin('tools', 'tools.id', 'tool_versions.tool_id')
      .innerJoin('projects', 'projects.id', 'tools.project_id')
      .select(['tool_versions.tool_id', 'tool_versions.version', 'tools.name', 'projects.name as project'])
      .where('tool_versions.state', '=', 'pending')
      .where('tool_versions.expires_at', '<=', this.#clock.now())
      .execute()
    for (const version of due) {
      await setVersionRow(transaction, version, {
        state: 'expired',
        decided_at: this.#clock.now(),
      })
    }
    return due.map(({ project, name }) => ({ project, name }))
  }

  async #decide(
    transaction: LibraryTransaction,
    tool: ToolRow,
    version: VersionRow,
    eligible: Reviewers,
  ): Promise<void> {
    const votes = await votesOn(transaction, version)
    const counted = votes.flatMap((vote): CountedVote[] => {
      const reviewer = eligible.get(vote.user_id)
      return reviewer ? [{ userId: vote.user_id, vote: vote.vote, isAdmin: reviewer.isAdmin }] : []
    })
    // Whoever left the project since cannot be waited for.
    const needed = Math.min(version.votes_needed, Math.max(1, eligible.size))
    const decision = decide(counted, needed)
    if (decision === 'approved') await this.#approve(transaction, tool, version.version, 'votes')
    if (decision === 'rejected') {
      await setVersionRow(transaction, version, { state: 'rejected', decided_at: this.#clock.now() })
    }
  }

  async #approve(transaction: LibraryTransaction, tool: ToolRow, version: number, review: VersionRow['review']) {
    await setVersionRow(
      transaction,
      { tool_id: tool.id, version },
      { state: 'approved', review, decided_at: this.#clock.now() },
    )
    await transaction
      .updateTable('tools')
      .set({ approved_version: version, disabled_at: null })
      .where('id', '=', tool.id)
      .execute()
  }

  async #checkPending(reader: Reader, authorId: string): Promise<void> {
    const pending = await reader
      .selectFrom('tool_versions')
      .select(count => count.fn.countAll<number>().as('count'))
      .where('created_by', '=', authorId)
      .where('state', '=', 'pending')
      .where('expires_at', '>', this.#clock.now())
      .executeTakeFirstOrThrow()
    if (pending.count >= this.#settings.pendingMax) throw new ProposalsTooMany(this.#settings.pendingMax)
  }

  async #eligible(reader: Reader, projectId: string, version: VersionRow): Promise<Reviewers> {
    const members = await this.#members(reader, projectId)
    return eligibleReviewers(members, {
      author: version.created_by,
      submittedAt: version.submitted_at ?? this.#clock.now(),
    })
  }

  #members(reader: Reader, projectId: string) {
    return reader
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.user_id')
      .select(['memberships.user_id', 'memberships.role', 'memberships.since'])
      .where('memberships.project_id', '=', projectId)
      .where('users.state', '=', 'active')
      .execute()
  }
}

/** A hash may be shortened, as far as nobody can make another tool that starts the same by chance. */
function names(given: string, hash: string): boolean {
  return given.length >= hashCharactersMin && hash.startsWith(given)
}

const hashCharactersMin = 12
