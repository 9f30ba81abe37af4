import type { Tool } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { derivedId } from '../derived-id.ts'
import type { EventDraft } from '../events/outbox.ts'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import { requireCurrent } from './current-version.ts'
import { ProposalWaiting, ToolExists, ToolInvalid } from './errors.ts'
import { pinsOf, pinsText, readVersionTexts } from './pinned-functions.ts'
import type { Reader } from './reader.ts'
import type { Reviews } from './reviews.ts'
import { definitionHash, readSavedVersion } from './saved-version.ts'
import type { CheckedDefinition } from './tool-checker.ts'
import { TakenNames } from './tool-name.ts'
import { findToolRow, getToolRow, getVersionRow, type ToolRow, toTool } from './tool-rows.ts'
import {
  allVersions,
  baseOf,
  insertVersion,
  stateOf,
  underived,
  type VersionRow,
  versionRows,
  type WriteParts,
} from './version-rows.ts'

/** A change of a tool, with what it is afterwards. */
export interface ToolChange {
  readonly tool: Tool
  readonly events: EventDraft[]
}

/** What an approved tool is, for whoever compiles or compares it. */
export type ApprovedRow = Pick<VersionRow, 'definition' | 'pins' | 'hash'> & { readonly name: string }

/** The team's tools and their immutable versions. How one gets approved is the matter of `Reviews`. */
export class Tools {
  readonly #library: Database<LibraryTables>
  readonly #parts: WriteParts
  readonly #reviews: Reviews

  /** Borrows the database. */
  constructor(library: Database<LibraryTables>, parts: WriteParts, reviews: Reviews) {
    this.#library = library
    this.#parts = parts
    this.#reviews = reviews
  }

  /** The newest version, or the one named. @throws ToolMissing */
  async get(projectId: string, name: string, version?: number, reader: Reader = this.#library.read): Promise<Tool> {
    const tool = await getToolRow(reader, projectId, name)
    return toTool(reader, this.#parts.clock, tool, await getVersionRow(reader, tool, version ?? tool.version))
  }

  /** Tools by name, with their newest versions or those that answer: all, or so many after a name. */
  async all(
    projectId: string,
    {
      after = '',
      atMost,
      which = 'version',
    }: { readonly after?: string; readonly atMost?: number; readonly which?: 'version' | 'approved_version' } = {},
  ): Promise<{ tool: ToolRow; version: VersionRow }[]> {
    let query = this.#library.read
      .selectFrom('tools')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('name', '>', after)
      .where(which, 'is not', null)
      .orderBy('name')
    if (atMost !== undefined) query = query.limit(atMost)
    const rows = await query.execute()
    const versions = await versionRows(this.#library.read)
      .innerJoin('tools', join =>
        join.onRef('tools.id', '=', 'versions.owner_id').onRef(`tools.${which}`, '=', 'versions.version'),
      )
      .where('tools.project_id', '=', projectId)
      .where('tools.name', '>', after)
      .where('tools.name', '<=', rows.at(-1)?.name ?? '')
      .execute()
    const byTool = new Map(versions.map(version => [version.owner_id, version]))
    return rows.flatMap(tool => {
      const version = byTool.get(tool.id)
      return version ? [{ tool, version }] : []
    })
  }

  /** The versions that answer calls: approved ones, of exactly the content that was put before the team. */
  approved(projectId: string): Promise<ApprovedRow[]> {
    return (
      this.#library.read
        .selectFrom('tools')
        .innerJoin('versions', join =>
          join.onRef('versions.owner_id', '=', 'tools.id').onRef('versions.version', '=', 'tools.approved_version'),
        )
        .innerJoin('submissions', 'submissions.id', 'versions.submission_id')
        // All of them are read after every change: no more than the text and what vouches for it.
        .select(['tools.name', 'versions.definition', 'versions.pins', 'versions.hash'])
        .where('tools.project_id', '=', projectId)
        .where('tools.disabled_at', 'is', null)
        .where('versions.state', '=', 'approved')
        .whereRef('submissions.hash', '=', 'versions.hash')
        .orderBy('tools.name')
        .execute()
    )
  }

  /** Saves the first version, as a draft. @throws ToolExists · ProposalWaiting · ToolNameReserved · ToolNameConfusable */
  async create(
    transaction: LibraryTransaction,
    change: CheckedDefinition & {
      projectId: string
      name: string
      userId: string
      origin: ToolRow['origin']
      /** Whoever creates many reads them once. */
      taken?: TakenNames
    },
  ): Promise<ToolChange> {
    const { projectId: project_id, name, origin, userId: created_by } = change
    const present = await findToolRow(transaction, project_id, name)
    if (present) await this.#refuseExisting(transaction, present, change)
    const taken = change.taken ?? (await TakenNames.read(transaction, project_id))
    taken.requireOwn(name)
    const id = derivedId('tool', project_id, name)
    const made = { created_by, created_at: this.#parts.clock.now(), stamp: await this.#parts.stamps.next(transaction) }
    await transaction
      .insertInto('tools')
      .values({ ...made, id, project_id, name, origin, ...underived })
      .execute()
    return this.#addVersion(transaction, { id, name, project_id, approved_version: null }, change)
  }

  /** Saves the next version, as a draft; the approved one keeps answering. @throws VersionConflict */
  async update(
    transaction: LibraryTransaction,
    change: CheckedDefinition & {
      readonly projectId: string
      readonly name: string
      readonly userId: string
      readonly expectedVersion: number
      /** The hint where nothing would change. */
      readonly ifSame?: string | undefined
    },
  ): Promise<ToolChange> {
    const tool = await getToolRow(transaction, change.projectId, change.name)
    await requireCurrent(transaction, tool, change.expectedVersion)
    const { ifSame = 'Give what is new: `text`, `parameters`, `description`, `source` or `tests`.' } = change
    await this.#refuseSame(transaction, tool, change, ifSame)
    return this.#addVersion(transaction, tool, change)
  }

  /** Drafts a new version with the content of an earlier one. @throws VersionConflict · ToolMissing · ToolInvalid */
  async rollBack(
    transaction: LibraryTransaction,
    change: {
      readonly projectId: string
      readonly name: string
      readonly userId: string
      readonly version: number
      readonly expectedVersion: number | undefined
    },
  ): Promise<ToolChange> {
    const tool = await getToolRow(transaction, change.projectId, change.name)
    await requireCurrent(transaction, tool, change.expectedVersion)
    const earlier = await getVersionRow(transaction, tool, change.version)
    const texts = await readVersionTexts(transaction, pinsOf(earlier))
    const saved = readSavedVersion(tool.name, earlier, texts)
    await this.#refuseSame(transaction, tool, saved, `Version ${tool.version} has that content; name another one.`)
    return this.#addVersion(transaction, tool, { ...saved, userId: change.userId })
  }

  /** A version that was turned down or taken out of use may be tried again as it is; any other must differ. */
  async #refuseSame(
    transaction: LibraryTransaction,
    tool: ToolRow,
    checked: CheckedDefinition,
    hint: string,
  ): Promise<void> {
    const newest = await getVersionRow(transaction, tool, tool.version)
    const inUse = ['draft', 'pending', 'approved'].includes(stateOf(tool, newest, this.#parts.clock.now()))
    if (inUse && newest.hash === definitionHash(checked.definition, checked.functions)) {
      throw new ToolInvalid('nothing would change', hint)
    }
  }

  /** @throws ToolExists · ProposalWaiting when somebody else has put exactly this before the team. */
  async #refuseExisting(
    transaction: LibraryTransaction,
    tool: ToolRow,
    checked: CheckedDefinition & { readonly userId: string },
  ): Promise<never> {
    const newest = await getVersionRow(transaction, tool, tool.version)
    const waits = stateOf(tool, newest, this.#parts.clock.now()) === 'pending'
    const isOwn = newest.created_by === checked.userId
    if (waits && !isOwn && newest.hash === definitionHash(checked.definition, checked.functions))
      throw new ProposalWaiting(tool.name, { ...newest, kind: 'tool', name: tool.name })
    throw new ToolExists(tool.name)
  }

  async #addVersion(
    transaction: LibraryTransaction,
    tool: Pick<ToolRow, 'id' | 'name' | 'project_id' | 'approved_version'>,
    change: CheckedDefinition & { userId: string; origin?: ToolRow['origin'] },
  ): Promise<ToolChange> {
    const { definition, functions, userId } = change
    const versions = await allVersions(transaction, tool.id)
    await this.#reviews.withdraw(transaction, tool, userId)
    const hash = definitionHash(definition, functions)
    const version = {
      kind: 'tool',
      ownerId: tool.id,
      userId,
      follows: baseOf(versions, tool.approved_version),
    } as const
    const content = { definition: JSON.stringify(definition), description: '', pins: pinsText(functions) }
    const id = change.origin === 'yaml' ? derivedId('version', tool.id, hash) : undefined
    await insertVersion(transaction, { ...version, ...content, hash, id }, this.#parts)
    const events = await this.#reviews.derive(transaction, tool)
    return { tool: await this.get(tool.project_id, tool.name, undefined, transaction), events }
  }
}
