import type { Clock } from '@super-data/base/clock'
import type { Ids } from '@super-data/base/ids'
import { nearest } from '@super-data/base/nearest'
import { type JsonValue, mcpTools, type Tool, type ToolDefinition, type ToolState } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import type { Kysely, Selectable } from 'kysely'
import { contentHash } from '../canonical-json.ts'
import type { PinnedFunction } from '../queries/engine.ts'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import {
  ProposalsTooMany,
  ToolExists,
  ToolMissing,
  ToolNameReserved,
  ToolStateConflict,
  VersionConflict,
  VoteNotEligible,
  VoteStale,
} from './errors.ts'
import { type CountedVote, decide, eligibleReviewers, votesNeeded } from './review.ts'

type Reader = Kysely<LibraryTables>
type ToolRow = Selectable<LibraryTables['tools']>
type VersionRow = Selectable<LibraryTables['tool_versions']>

export interface ReviewSettings {
  /** Approvals a proposal needs in a team that is large enough. */
  readonly approvalThreshold: number
  /** A proposal that is not decided by then expires. */
  readonly proposalHours: number
  /** Pending proposals of one person. */
  readonly pendingMax: number
}

/** A definition that was checked, with the functions it pins. */
export interface CheckedDefinition {
  readonly definition: ToolDefinition
  readonly functions: readonly PinnedFunction[]
}

/** The team's tools: immutable versions, each in its place on the way draft → pending → approved. */
export class Tools {
  readonly #library: Database<LibraryTables>
  readonly #ids: Ids
  readonly #clock: Clock
  readonly #settings: ReviewSettings

  /** Borrows the database. */
  constructor(library: Database<LibraryTables>, ids: Ids, clock: Clock, settings: ReviewSettings) {
    this.#library = library
    this.#ids = ids
    this.#clock = clock
    this.#settings = settings
  }

  /** @throws ToolMissing */
  async get(projectId: string, name: string, version?: number, reader: Reader = this.#library.read): Promise<Tool> {
    const tool = await this.#row(reader, projectId, name)
    return this.#toTool(reader, tool, await this.#version(reader, tool, version ?? tool.version))
  }

  /** Every tool that is in use, one way or another, by name. */
  async all(projectId: string): Promise<{ tool: ToolRow; newest: VersionRow }[]> {
    const rows = await this.#library.read
      .selectFrom('tools')
      .selectAll()
      .where('project_id', '=', projectId)
      .orderBy('name')
      .execute()
    const newest = await this.#library.read
      .selectFrom('tool_versions')
      .innerJoin('tools', join =>
        join.onRef('tools.id', '=', 'tool_versions.tool_id').onRef('tools.version', '=', 'tool_versions.version'),
      )
      .selectAll('tool_versions')
      .where('tools.project_id', '=', projectId)
      .execute()
    const byTool = new Map(newest.map(version => [version.tool_id, version]))
    return rows.flatMap(tool => {
      const version = byTool.get(tool.id)
      return version ? [{ tool, newest: version }] : []
    })
  }

  /** The versions that answer calls. */
  approved(projectId: string): Promise<(VersionRow & { name: string })[]> {
    return this.#library.read
      .selectFrom('tools')
      .innerJoin('tool_versions', join =>
        join
          .onRef('tool_versions.tool_id', '=', 'tools.id')
          .onRef('tool_versions.version', '=', 'tools.approved_version'),
      )
      .selectAll('tool_versions')
      .select('tools.name')
      .where('tools.project_id', '=', projectId)
      .where('tools.disabled_at', 'is', null)
      .where('tool_versions.state', '=', 'approved')
      .orderBy('tools.name')
      .execute()
  }

  /** Saves the first version, as a draft. @throws ToolExists · ToolNameReserved */
  async create(
    transaction: LibraryTransaction,
    change: CheckedDefinition & {
      projectId: string
      name: string
      userId: string
      origin: ToolRow['origin']
    },
  ): Promise<Tool> {
    if (change.name in mcpTools) throw new ToolNameReserved(change.name)
    const present = await this.#findRow(transaction, change.projectId, change.name)
    if (present) throw new ToolExists(change.name)
    const id = this.#ids.next('tool')
    await transaction
      .insertInto('tools')
      .values({
        id,
        project_id: change.projectId,
        name: change.name,
        version: 1,
        approved_version: null,
        disabled_at: null,
        origin: change.origin,
        created_by: change.userId,
        created_at: this.#clock.now(),
      })
      .execute()
    await this.#addVersion(transaction, id, 1, change, change.userId)
    return this.get(change.projectId, change.name, undefined, transaction)
  }

  /** Saves the next version, as a draft; the approved one keeps answering. @throws VersionConflict */
  async update(
    transaction: LibraryTransaction,
    change: CheckedDefinition & { projectId: string; name: string; userId: string; expectedVersion: number },
  ): Promise<Tool> {
    const tool = await this.#row(transaction, change.projectId, change.name)
    if (tool.version !== change.expectedVersion) throw new VersionConflict(change.name, tool.version)
    const version = tool.version + 1
    await this.#withdraw(transaction, tool)
    await this.#addVersion(transaction, tool.id, version, change, change.userId)
    await transaction
      .updateTable('tools')
      .set({ version, disabled_at: null })
      .where('id', '=', tool.id)
      .execute()
    return this.get(change.projectId, change.name, undefined, transaction)
  }

  /**
   * Puts the newest draft before the team. In a project with one member it is approved at once, recorded as `none`.
   *
   * @throws ToolStateConflict · ProposalsTooMany
   */
  async submit(
    transaction: LibraryTransaction,
    change: { projectId: string; name: string; userId: string; justification: string },
  ): Promise<Tool> {
    const tool = await this.#row(transaction, change.projectId, change.name)
    const version = await this.#version(transaction, tool, tool.version)
    const state = this.#stateOf(tool, version)
    if (state !== 'draft') throw new ToolStateConflict(change.name, state, 'a draft')
    await this.#checkPending(transaction, change.userId)
    const now = this.#clock.now()
    const members = await this.#members(transaction, change.projectId)
    const eligible = eligibleReviewers(members, { coAuthors: [version.created_by], submittedAt: now })
    const solo = members.length <= 1
    await this.#setVersion(transaction, tool.id, version.version, {
      state: 'pending',
      justification: change.justification,
      submitted_at: now,
      expires_at: now + this.#settings.proposalHours * 3_600_000,
      votes_needed: solo ? 0 : votesNeeded(this.#settings.approvalThreshold, eligible.size),
    })
    if (solo) await this.#approve(transaction, tool, version.version, 'none')
    return this.get(change.projectId, change.name, undefined, transaction)
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
  ): Promise<Tool> {
    const tool = await this.#row(transaction, change.projectId, change.name)
    const version = await this.#version(transaction, tool, tool.version)
    const state = this.#stateOf(tool, version)
    if (state !== 'pending') throw new ToolStateConflict(change.name, state, 'pending')
    if (version.hash !== change.hash) throw new VoteStale(change.name, version.hash)
    const eligible = await this.#eligible(transaction, change.projectId, version)
    if (change.userId === version.created_by) throw new VoteNotEligible('nobody votes on a version of their own')
    if (!eligible.has(change.userId)) {
      throw new VoteNotEligible('only editors who were members when it was proposed may vote')
    }
    const cast = { vote: change.vote, comment: change.comment, at: this.#clock.now() }
    await transaction
      .insertInto('votes')
      .values({ tool_id: tool.id, hash: version.hash, user_id: change.userId, ...cast })
      .onConflict(conflict => conflict.columns(['tool_id', 'hash', 'user_id']).doUpdateSet(cast))
      .execute()
    await this.#decide(transaction, tool, version, eligible)
    return this.get(change.projectId, change.name, undefined, transaction)
  }

  /** Approves without votes: an import that the operator put in place. */
  async approveImport(transaction: LibraryTransaction, projectId: string, name: string): Promise<void> {
    const tool = await this.#row(transaction, projectId, name)
    await this.#approve(transaction, tool, tool.version, 'import')
  }

  /** @throws ToolMissing · ToolStateConflict */
  async disable(transaction: LibraryTransaction, projectId: string, name: string): Promise<Tool> {
    const tool = await this.#row(transaction, projectId, name)
    if (tool.disabled_at !== null) throw new ToolStateConflict(name, 'disabled', 'in use')
    await this.#withdraw(transaction, tool)
    await transaction
      .updateTable('tools')
      .set({ disabled_at: this.#clock.now(), approved_version: null })
      .where('id', '=', tool.id)
      .execute()
    return this.get(projectId, name, undefined, transaction)
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
      await this.#setVersion(transaction, version.tool_id, version.version, {
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
    eligible: ReadonlyMap<string, { readonly isAdmin: boolean }>,
  ): Promise<void> {
    const votes = await this.#votes(transaction, tool.id, version.hash)
    const counted = votes.flatMap((vote): CountedVote[] => {
      const reviewer = eligible.get(vote.user_id)
      return reviewer ? [{ userId: vote.user_id, vote: vote.vote, isAdmin: reviewer.isAdmin }] : []
    })
    const decision = decide(counted, version.votes_needed)
    if (decision === 'approved') await this.#approve(transaction, tool, version.version, 'votes')
    if (decision === 'rejected') {
      await this.#setVersion(transaction, tool.id, version.version, { state: 'rejected', decided_at: this.#clock.now() })
    }
  }

  async #approve(transaction: LibraryTransaction, tool: ToolRow, version: number, review: VersionRow['review']) {
    await this.#setVersion(transaction, tool.id, version, { state: 'approved', review, decided_at: this.#clock.now() })
    await transaction
      .updateTable('tools')
      .set({ approved_version: version, disabled_at: null })
      .where('id', '=', tool.id)
      .execute()
  }

  async #addVersion(
    transaction: LibraryTransaction,
    toolId: string,
    version: number,
    checked: CheckedDefinition,
    userId: string,
  ): Promise<void> {
    const functions = checked.functions.map(({ id, name, arity, version, hash }) => ({ id, name, arity, version, hash }))
    await transaction
      .insertInto('tool_versions')
      .values({
        tool_id: toolId,
        version,
        definition: JSON.stringify(checked.definition),
        functions: JSON.stringify(functions),
        hash: definitionHash(checked),
        state: 'draft',
        justification: '',
        review: null,
        votes_needed: 0,
        submitted_at: null,
        expires_at: null,
        decided_at: null,
        created_by: userId,
        created_at: this.#clock.now(),
      })
      .execute()
  }

  /** A pending version that is replaced or disabled goes back to being a draft: its votes were for it alone. */
  async #withdraw(transaction: LibraryTransaction, tool: ToolRow): Promise<void> {
    await transaction
      .updateTable('tool_versions')
      .set({ state: 'draft', submitted_at: null, expires_at: null })
      .where('tool_id', '=', tool.id)
      .where('state', '=', 'pending')
      .execute()
  }

  async #setVersion(transaction: LibraryTransaction, toolId: string, version: number, change: Partial<VersionRow>) {
    await transaction
      .updateTable('tool_versions')
      .set(change)
      .where('tool_id', '=', toolId)
      .where('version', '=', version)
      .execute()
  }

  async #checkPending(reader: Reader, userId: string): Promise<void> {
    const pending = await reader
      .selectFrom('tool_versions')
      .select(count => count.fn.countAll<number>().as('count'))
      .where('created_by', '=', userId)
      .where('state', '=', 'pending')
      .where('expires_at', '>', this.#clock.now())
      .executeTakeFirstOrThrow()
    if (pending.count >= this.#settings.pendingMax) throw new ProposalsTooMany(this.#settings.pendingMax)
  }

  async #eligible(reader: Reader, projectId: string, version: VersionRow) {
    const members = await this.#members(reader, projectId)
    return eligibleReviewers(members, {
      coAuthors: [version.created_by],
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

  #votes(reader: Reader, toolId: string, hash: string) {
    return reader
      .selectFrom('votes')
      .innerJoin('users', 'users.id', 'votes.user_id')
      .selectAll('votes')
      .select('users.name as user_name')
      .where('tool_id', '=', toolId)
      .where('hash', '=', hash)
      .orderBy('votes.at')
      .execute()
  }

  #findRow(reader: Reader, projectId: string, name: string): Promise<ToolRow | undefined> {
    return reader
      .selectFrom('tools')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('name', '=', name)
      .executeTakeFirst()
  }

  async #row(reader: Reader, projectId: string, name: string): Promise<ToolRow> {
    const row = await this.#findRow(reader, projectId, name)
    if (row) return row
    const names = await reader.selectFrom('tools').select('name').where('project_id', '=', projectId).execute()
    throw new ToolMissing(name, nearest(name, names.map(each => each.name)))
  }

  async #version(reader: Reader, tool: ToolRow, version: number): Promise<VersionRow> {
    const row = await reader
      .selectFrom('tool_versions')
      .selectAll()
      .where('tool_id', '=', tool.id)
      .where('version', '=', version)
      .executeTakeFirst()
    if (!row) throw new ToolMissing(`${tool.name} in version ${version}`)
    return row
  }

  #stateOf(tool: ToolRow, version: VersionRow): ToolState {
    return stateOf(tool, version, this.#clock.now())
  }

  async #toTool(reader: Reader, tool: ToolRow, version: VersionRow): Promise<Tool> {
    const votes = await this.#votes(reader, tool.id, version.hash)
    const author = await reader
      .selectFrom('users')
      .select('name')
      .where('id', '=', version.created_by)
      .executeTakeFirst()
    const state = this.#stateOf(tool, version)
    const approvers = votes.filter(vote => vote.vote === 'approve').map(vote => vote.user_name)
    const authorName = author?.name ?? 'unknown'
    return {
      id: tool.id,
      name: tool.name,
      state,
      version: version.version,
      hash: version.hash,
      definition: JSON.parse(version.definition) as ToolDefinition,
      functions: (JSON.parse(version.functions) as PinnedFunction[]).map(({ name, arity, version }) => ({
        name,
        arity,
        version,
      })),
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
}

/** Expiry shows at once, whether or not the sweep has been. */
export function stateOf(tool: ToolRow, version: VersionRow, now: number): ToolState {
  if (tool.disabled_at !== null) return 'disabled'
  const overdue = version.state === 'pending' && version.expires_at !== null && version.expires_at <= now
  return overdue ? 'expired' : version.state
}

/** What votes are bound to: the definition and the content of every function version it pins. */
export function definitionHash(checked: CheckedDefinition): string {
  return contentHash({
    definition: checked.definition as unknown as JsonValue,
    functions: checked.functions.map(each => [each.name, each.arity, each.hash]),
  })
}
