import { derivedId } from '../derived-id.ts'
import type { EventDraft } from '../events/outbox.ts'
import type { LibraryTransaction } from '../state/library.ts'
import { derive } from './derive.ts'
import { ProposalsTooMany, ToolStateConflict, VoteNotEligible, VoteStale } from './errors.ts'
import type { Reader } from './function-rows.ts'
import { type ReviewPolicy, reviewersOf, type VoteConfirmation, votesNeeded } from './review.ts'
import { isVoter, readRosters } from './roster.ts'
import {
  allVersions,
  chainOf,
  policyOf,
  stateOf,
  type VersionRow,
  versionRows,
  type WriteParts,
} from './version-rows.ts'

export interface ReviewSettings {
  /** Approvals a proposal needs in a team that is large enough. */
  readonly approvalThreshold: number
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
  readonly needsConfirmation: boolean
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
    return derive(transaction, this.#parts.clock.now(), [owner.id])
  }

  /**
   * Puts the newest draft before the team. Where nobody else could vote on it, as in a project of one, it is approved
   * at once, recorded as `none`.
   *
   * @throws ToolStateConflict · ProposalsTooMany
   */
  async submit(
    transaction: LibraryTransaction,
    owner: Reviewed,
    change: { readonly userId: string; readonly justification: string; readonly unlimited?: boolean },
  ): Promise<EventDraft[]> {
    const versions = await allVersions(transaction, owner.id)
    const version = newestOf(versions)
    const state = stateOf(owner, version, this.#parts.clock.now())
    if (state !== 'draft') throw new ToolStateConflict(owner.name, state, 'a draft')
    if (!change.unlimited) await this.#checkPending(transaction, version.created_by)
    const stamp = await this.#parts.stamps.next(transaction)
    const { excluded, reviewers } = await this.#reviewers(transaction, owner, {
      versions,
      stamp,
      userId: change.userId,
    })
    const alone = reviewers.length === 0
    const { approvalThreshold } = this.#settings
    await this.#insertSubmission(transaction, version, {
      ...change,
      ...{ stamp, excluded, review: alone ? 'none' : null },
      votesNeeded: alone ? 0 : votesNeeded(approvalThreshold, reviewers.length),
    })
    return this.derive(transaction, owner)
  }

  /** Approves the newest version without votes: what the operator or an admin put in place. */
  async approveImport(
    transaction: LibraryTransaction,
    owner: Pick<Reviewed, 'id'>,
    userId: string,
  ): Promise<EventDraft[]> {
    const version = newestOf(await allVersions(transaction, owner.id))
    const stamp = await this.#parts.stamps.next(transaction)
    const submitted = { userId, justification: '', stamp, excluded: [], review: 'import', votesNeeded: 0 } as const
    await this.#insertSubmission(transaction, version, submitted)
    return this.derive(transaction, owner)
  }

  /**
   * Counts a vote and, in the same transaction, decides.
   *
   * @throws ToolStateConflict · VoteStale · VoteNotEligible
   */
  async vote(transaction: LibraryTransaction, owner: Reviewed, cast: VoteCast): Promise<EventDraft[]> {
    const version = await this.#votedOn(transaction, owner, cast.hash)
    await this.#requireReviewer(transaction, owner, version, cast.userId)
    await transaction
      .insertInto('votes')
      .values({
        id: this.#parts.ids.next('vote'),
        submission_id: version.submission_id ?? '',
        hash: version.hash,
        user_id: cast.userId,
        vote: cast.vote,
        comment: cast.comment,
        needs_confirmation: cast.needsConfirmation ? 1 : 0,
        at: this.#parts.clock.now(),
        stamp: await this.#parts.stamps.next(transaction),
      })
      .execute()
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
    return derive(transaction, now, [...new Set(due.map(version => version.owner_id))])
  }

  async #insertSubmission(
    transaction: LibraryTransaction,
    version: VersionRow,
    submitted: {
      readonly userId: string
      readonly justification: string
      readonly stamp: string
      readonly excluded: readonly string[]
      readonly review: 'none' | 'import' | null
      readonly votesNeeded: number
    },
  ): Promise<void> {
    const { approvalThreshold, proposalHours, autoApprove = false } = this.#settings
    const now = this.#parts.clock.now()
    const policy: ReviewPolicy = {
      ...{ threshold: approvalThreshold, hours: proposalHours, autoApprove, excluded: submitted.excluded },
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
        submitted_by: submitted.userId,
        submitted_at: now,
        expires_at: now + proposalHours * 3_600_000,
        stamp: submitted.stamp,
      })
      .execute()
  }

  /**
   * Who may vote. Nobody on their own work, nor on what they put forward; where that leaves nobody although there are
   * others, those whose part in it is smallest may.
   */
  async #reviewers(
    reader: Reader,
    owner: Reviewed,
    { versions, stamp, userId }: { versions: readonly VersionRow[]; stamp: string; userId: string },
  ): Promise<{ excluded: readonly string[]; reviewers: readonly string[] }> {
    const roster = (await readRosters(reader, [owner.project_id]))(owner.project_id)
    const author = newestOf(versions).created_by
    const rungs = [[author, userId, ...coAuthors(versions, owner)], [author, userId], [author]]
    for (const rung of rungs) {
      const excluded = await withOtherSelves(reader, rung)
      const reviewers = reviewersOf(roster, stamp, excluded)
      if (reviewers.length > 0) return { excluded: [...new Set(excluded)], reviewers }
    }
    return { excluded: await withOtherSelves(reader, [author]), reviewers: [] }
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

  async #requireReviewer(reader: Reader, owner: Reviewed, version: VersionRow, userId: string): Promise<void> {
    const roster = (await readRosters(reader, [owner.project_id]))(owner.project_id)
    const submission = await reader
      .selectFrom('submissions')
      .select('stamp')
      .where('id', '=', version.submission_id ?? '')
      .executeTakeFirstOrThrow()
    const excluded = policyOf(version)?.excluded ?? []
    if (excluded.includes(userId)) throw new VoteNotEligible('nobody votes on a version of their own')
    const eligible = isVoter(roster.roleAt(userId, submission.stamp)) && isVoter(roster.roleAt(userId, '~'))
    if (!eligible) throw new VoteNotEligible('only editors who were members when it was proposed may vote')
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

/** The users of one machine and its owner are one person: each of them can act as the others. */
async function withOtherSelves(reader: Reader, userIds: readonly string[]): Promise<string[]> {
  const machines = reader
    .selectFrom('users')
    .select('issuer')
    .where('id', 'in', userIds)
    .where('issuer', 'like', 'os:%')
  const selves = await reader.selectFrom('users').select('id').where('issuer', 'in', machines).execute()
  return [...new Set([...userIds, ...selves.map(user => user.id)])]
}

function newestOf(versions: readonly VersionRow[]): VersionRow {
  const newest = versions.at(-1)
  if (newest === undefined) throw new Error('a tool or function without versions')
  return newest
}

/** Whoever wrote a version that this one was made from, back to the one that answers. */
function coAuthors(versions: readonly VersionRow[], owner: Reviewed): string[] {
  const chain = chainOf(newestOf(versions).id, versions)
  const approved = chain.findIndex(version => version.version === owner.approved_version)
  return chain.slice(0, approved === -1 ? chain.length : approved).map(version => version.created_by)
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
