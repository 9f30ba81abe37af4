import type { Checks } from '@super-data/contract'
import { derivedId } from '../derived-id.ts'
import type { EventDraft } from '../events/outbox.ts'
import type { LibraryTransaction } from '../state/library.ts'
import { requireCurrent } from './current-version.ts'
import { derive } from './derive.ts'
import {
  BaseOutdated,
  ProposalNotYours,
  ProposalsTooMany,
  ToolStateConflict,
  VoteCommentMissing,
  VoteStale,
} from './errors.ts'
import { readFacts } from './library-facts.ts'
import type { Reader } from './reader.ts'
import { decide, isSafe, type ReviewPolicy, standingAt, type VoteConfirmation, votesNeeded } from './review.ts'
import { chooseReviewers, requireReviewer } from './reviewers.ts'
import { requireApproved, unapprovedPins } from './unapproved-pins.ts'
import {
  allVersions,
  isMadeFrom,
  newestOf,
  policyOf,
  stateOf,
  type VersionRow,
  versionRows,
  type WriteParts,
} from './version-rows.ts'
import { requireOnlyOne } from './waiting-proposals.ts'

export interface ReviewSettings {
  /** Approvals a proposal needs in a team that is large enough. */
  readonly approvalThreshold: number
  /** The same for a safe tool. Default: no fewer. */
  readonly safeApprovalThreshold?: number | undefined
  /** A proposal that is not decided by then expires. */
  readonly proposalHours: number
  /** Pending proposals of one person. */
  readonly pendingMax: number
  /** At the deadline: approved, when at least one approved and nobody rejected. Default: it expires. */
  readonly autoApprove?: boolean
  /** What makes a vote that came over MCP count. Default: nothing more. */
  readonly voteConfirmation?: VoteConfirmation
}

/** A tool or function, as far as its review is concerned. */
export interface Reviewed {
  readonly id: string
  readonly project_id: string
  readonly name: string
  readonly version: number
  readonly approved_version: number | null
  readonly disabled_at: number | null
}

export interface VoteCast {
  readonly userId: string
  readonly vote: 'approve' | 'reject'
  readonly hash: string
  readonly comment: string
  /** Whether an agent may have cast it: then it counts once a person confirms it, where the team wants that. */
  readonly byAgent: boolean
  /** How its voter has confirmed it already. */
  readonly confirmedBy?: 'elicitation'
}

export interface Submitting {
  readonly userId: string
  readonly justification: string
  /** The version that was checked, and what was found out about it. */
  readonly version: number
  readonly checks: Checks | null
  /** Not counted among the pending proposals of its author. */
  readonly unlimited?: boolean
  /** Although somebody else's proposal that waits for votes says the same. */
  readonly allowSimilar?: boolean | undefined
  /** Put forward together with the functions it uses: those may be pending too. */
  readonly together?: boolean
}

/** The way of a version from draft to approved. Every step is a fact in the transaction of its call; `derive` decides. */
export class Reviews {
  readonly #parts: WriteParts
  readonly #settings: ReviewSettings

  constructor(parts: WriteParts, settings: ReviewSettings) {
    this.#parts = parts
    this.#settings = settings
  }

  get voteConfirmation(): VoteConfirmation {
    return this.#settings.voteConfirmation ?? 'none'
  }

  /** What follows from what was written about a tool or function. */
  derive(transaction: LibraryTransaction, owner: Pick<Reviewed, 'id'>): Promise<EventDraft[]> {
    return derive(transaction, this.#parts.clock.now(), { owners: [owner.id], merged: false })
  }

  /**
   * Puts the newest draft before the team. Where nobody else could vote on it, as in a project of one, it is approved
   * at once, recorded as `none`.
   *
   * @throws ToolStateConflict · VersionConflict · FunctionNotApproved · BaseOutdated · ProposalWaiting ·
   *   ProposalsTooMany
   */
  async submit(transaction: LibraryTransaction, owner: Reviewed, change: Submitting): Promise<EventDraft[]> {
    const versions = await allVersions(transaction, owner.id)
    const version = newestOf(versions)
    await requireCurrent(transaction, { ...owner, version: version.version }, change.version)
    const state = stateOf(owner, version, this.#parts.clock.now())
    if (state !== 'draft') throw new ToolStateConflict(owner.name, state, 'a draft')
    requireOnTop(owner, version, versions)
    if (change.allowSimilar !== true)
      await requireOnlyOne(transaction, { owner, version, userId: change.userId }, this.#parts.clock.now())
    const unapproved = await unapprovedPins(transaction, version)
    requireApproved(owner, unapproved, change)
    if (!change.unlimited) await this.#checkPending(transaction, version.created_by)
    const stamp = await this.#parts.stamps.next(transaction)
    const { excluded, reviewers } = await chooseReviewers(transaction, owner, {
      versions,
      stamp,
      userId: change.userId,
      authors: unapproved.flatMap(pin => pin.authors),
    })
    const alone = reviewers.length === 0
    const threshold = this.#thresholdFor(change.checks)
    await this.#insertSubmission(transaction, version, {
      ...change,
      ...{ stamp, excluded, threshold, review: alone ? 'none' : null },
      votesNeeded: alone ? 0 : votesNeeded(threshold, reviewers.length),
    })
    return this.derive(transaction, owner)
  }

  /**
   * Approves the newest version without votes: what the operator or an admin put in place.
   *
   * @throws FunctionNotApproved
   */
  async approveImport(
    transaction: LibraryTransaction,
    owner: Pick<Reviewed, 'id' | 'name'>,
    { userId, checks }: { readonly userId: string; readonly checks: Checks | null },
  ): Promise<EventDraft[]> {
    const version = newestOf(await allVersions(transaction, owner.id))
    requireApproved(owner, await unapprovedPins(transaction, version), { together: false })
    const stamp = await this.#parts.stamps.next(transaction)
    const submitted = { userId, justification: '', stamp, excluded: [], review: 'import', votesNeeded: 0 } as const
    await this.#insertSubmission(transaction, version, { ...submitted, threshold: this.#thresholdFor(checks), checks })
    return this.derive(transaction, owner)
  }

  /**
   * Counts a vote and, in the same transaction, decides. The same vote once more changes nothing, unless those who were
   * waited for have left meanwhile: then it decides.
   *
   * @throws VoteCommentMissing · ToolStateConflict · VoteStale · VoteNotEligible
   */
  async vote(transaction: LibraryTransaction, owner: Reviewed, cast: VoteCast): Promise<EventDraft[]> {
    const version = await this.votable(transaction, owner, cast)
    if ((await this.#counts(transaction, version, cast)) && !(await isDue(transaction, version))) return []
    const needsConfirmation = cast.byAgent && policyOf(version)?.voteConfirmation !== 'none'
    const id = this.#parts.ids.next('vote')
    await transaction
      .insertInto('votes')
      .values({
        id,
        submission_id: version.submission_id ?? '',
        hash: version.hash,
        user_id: cast.userId,
        vote: cast.vote,
        comment: cast.comment,
        needs_confirmation: needsConfirmation ? 1 : 0,
        disabling_known: await lastDisabling(transaction, owner.id),
        counted: 0,
        at: this.#parts.clock.now(),
        stamp: await this.#parts.stamps.next(transaction),
      })
      .execute()
    if (needsConfirmation && cast.confirmedBy)
      return this.confirm(transaction, owner, { voteId: id, method: cast.confirmedBy })
    return this.derive(transaction, owner)
  }

  /**
   * The version that a vote would count for.
   *
   * @throws VoteCommentMissing · ToolStateConflict · VoteStale · VoteNotEligible
   */
  async votable(reader: Reader, owner: Reviewed, cast: VoteCast): Promise<VersionRow> {
    if (cast.vote === 'reject' && cast.comment.trim() === '') throw new VoteCommentMissing()
    const version = await this.#votedOn(reader, owner, cast.hash)
    await requireReviewer(reader, owner, version, cast.userId)
    return version
  }

  /** Whether that is somebody's vote already. */
  async #counts(reader: Reader, version: VersionRow, { userId, vote, comment }: VoteCast): Promise<boolean> {
    const latest = await reader
      .selectFrom('votes')
      .select(['hash', 'vote', 'comment', 'counted'])
      .where('submission_id', '=', version.submission_id ?? '')
      .where('user_id', '=', userId)
      .orderBy('stamp', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (latest?.counted !== 1 || latest.hash !== version.hash) return false
    return latest.vote === vote && latest.comment === comment
  }

  /** Lets a vote count that waited for its voter. */
  async confirm(
    transaction: LibraryTransaction,
    owner: Pick<Reviewed, 'id'>,
    confirmed: { readonly voteId: string; readonly method: 'code' | 'elicitation' },
  ): Promise<EventDraft[]> {
    const made = { at: this.#parts.clock.now(), stamp: await this.#parts.stamps.next(transaction) }
    await transaction
      .insertInto('vote_confirmations')
      .values({ ...made, vote_id: confirmed.voteId, method: confirmed.method })
      .execute()
    return this.derive(transaction, owner)
  }

  /** Takes a proposal back, as its author, as whoever submitted it, or as an admin. @throws ToolStateConflict · ProposalNotYours */
  async withdrawOwn(
    transaction: LibraryTransaction,
    owner: Reviewed,
    by: { readonly userId: string; readonly isAdmin: boolean },
  ): Promise<EventDraft[]> {
    const versions = await allVersions(transaction, owner.id)
    const now = this.#parts.clock.now()
    const pending = versions.filter(version => stateOf(owner, version, now) === 'pending')
    if (pending.length === 0)
      throw new ToolStateConflict(owner.name, stateOf(owner, newestOf(versions), now), 'pending')
    const isOwn = (version: VersionRow) => version.created_by === by.userId || version.submitted_by === by.userId
    if (!by.isAdmin && !pending.every(isOwn)) throw new ProposalNotYours(owner.name)
    await this.withdraw(transaction, owner, by.userId)
    return this.derive(transaction, owner)
  }

  /** Takes every pending version of a tool or function back: it is a draft again, and its votes were for it alone. */
  async withdraw(transaction: LibraryTransaction, owner: Pick<Reviewed, 'id'>, userId: string): Promise<boolean> {
    const pending = await versionRows(transaction)
      .where('versions.owner_id', '=', owner.id)
      .where('versions.state', '=', 'pending')
      .execute()
    for (const { submission_id } of pending) {
      if (submission_id === null) continue
      const made = { at: this.#parts.clock.now(), stamp: await this.#parts.stamps.next(transaction) }
      await transaction
        .insertInto('withdrawals')
        .values({ ...made, submission_id, withdrawn_by: userId })
        .execute()
    }
    return pending.length > 0
  }

  /** Takes a tool or function out of use, or brings it back. */
  async setDisabled(
    transaction: LibraryTransaction,
    owner: Pick<Reviewed, 'id'>,
    change: { readonly disabled: boolean; readonly userId: string; readonly comment: string },
  ): Promise<EventDraft[]> {
    const { ids, clock, stamps } = this.#parts
    const { disabled, userId, comment } = change
    if (disabled) await this.withdraw(transaction, owner, userId)
    const made = { id: ids.next('disabling'), at: clock.now(), stamp: await stamps.next(transaction) }
    await transaction
      .insertInto('disablings')
      .values({ ...made, owner_id: owner.id, disabled: disabled ? 1 : 0, comment, changed_by: userId })
      .execute()
    return this.derive(transaction, owner)
  }

  /** Ends proposals whose time is over. */
  async expire(transaction: LibraryTransaction): Promise<EventDraft[]> {
    const now = this.#parts.clock.now()
    const due = await versionRows(transaction)
      .where('versions.state', '=', 'pending')
      .where('submissions.expires_at', '<=', now)
      .execute()
    if (due.length === 0) return []
    return derive(transaction, now, { owners: [...new Set(due.map(version => version.owner_id))], merged: false })
  }

  #thresholdFor(checks: Checks | null): number {
    const { approvalThreshold, safeApprovalThreshold = approvalThreshold } = this.#settings
    return isSafe(checks) ? Math.min(approvalThreshold, safeApprovalThreshold) : approvalThreshold
  }

  async #insertSubmission(
    transaction: LibraryTransaction,
    version: VersionRow,
    submitted: {
      readonly userId: string
      readonly justification: string
      readonly stamp: string
      readonly excluded: readonly string[]
      readonly threshold: number
      readonly review: 'none' | 'import' | null
      readonly votesNeeded: number
      readonly checks: Checks | null
    },
  ): Promise<void> {
    const { proposalHours, autoApprove = false } = this.#settings
    const now = this.#parts.clock.now()
    const policy: ReviewPolicy = {
      ...{ threshold: submitted.threshold, hours: proposalHours, autoApprove, excluded: submitted.excluded },
      voteConfirmation: this.voteConfirmation,
    }
    await transaction
      .insertInto('submissions')
      .values({
        id: derivedId('submission', version.id, (await attemptsAt(transaction, version.id)) + 1),
        version_id: version.id,
        hash: version.hash,
        review: submitted.review,
        votes_needed: submitted.votesNeeded,
        policy: JSON.stringify(policy),
        justification: submitted.justification,
        checks: JSON.stringify(submitted.checks),
        submitted_by: submitted.userId,
        submitted_at: now,
        expires_at: now + proposalHours * 3_600_000,
        stamp: submitted.stamp,
      })
      .execute()
  }

  /** The pending version of that hash. */
  async #votedOn(reader: Reader, owner: Reviewed, hash: string): Promise<VersionRow> {
    const versions = await allVersions(reader, owner.id)
    const now = this.#parts.clock.now()
    const pending = versions.filter(version => stateOf(owner, version, now) === 'pending')
    const newest = pending.at(-1)
    if (newest === undefined) {
      throw new ToolStateConflict(owner.name, stateOf(owner, newestOf(versions), now), 'pending')
    }
    const named = pending.find(version => names(hash, version.hash))
    if (named === undefined) throw new VoteStale(owner.name, newest.hash)
    return named
  }

  async #checkPending(reader: Reader, authorId: string): Promise<void> {
    const pending = await versionRows(reader)
      .where('versions.created_by', '=', authorId)
      .where('versions.state', '=', 'pending')
      .where('submissions.expires_at', '>', this.#parts.clock.now())
      .execute()
    if (pending.length >= this.#settings.pendingMax) throw new ProposalsTooMany(this.#settings.pendingMax)
  }
}

/** The stamp of the last time a tool or function was disabled or restored; '' when never. */
async function lastDisabling(reader: Reader, ownerId: string): Promise<string> {
  const rows = reader.selectFrom('disablings').select('stamp').where('owner_id', '=', ownerId)
  return (await rows.orderBy('stamp', 'desc').limit(1).executeTakeFirst())?.stamp ?? ''
}

/** Whether the votes that stand decide, of those who are still there. */
async function isDue(transaction: LibraryTransaction, { id, owner_id }: VersionRow): Promise<boolean> {
  const { owners, roster } = await readFacts(transaction, [owner_id])
  return owners.some(({ row, versions }) =>
    versions.some(({ row: { id: versionId }, submission, votes }) => {
      if (versionId !== id || submission === undefined) return false
      const { standing, needed } = standingAt(submission, votes, roster(row.project_id), '~')
      return decide(standing, needed) !== 'pending'
    }),
  )
}

/** What answers must be among what a version was made from: else it would undo it. @throws BaseOutdated */
function requireOnTop(owner: Reviewed, version: VersionRow, versions: readonly VersionRow[]): void {
  const approved = versions.find(each => each.version === owner.approved_version)
  if (approved && !isMadeFrom(version, approved, versions)) throw new BaseOutdated(owner.name, approved.version)
}

async function attemptsAt(reader: Reader, versionId: string): Promise<number> {
  const rows = await reader.selectFrom('submissions').select('id').where('version_id', '=', versionId).execute()
  return rows.length
}

/** A hash may be shortened, as far as nobody can make another tool that starts the same by chance. */
function names(given: string, hash: string): boolean {
  return given.length >= hashCharactersMin && hash.startsWith(given)
}

const hashCharactersMin = 12
