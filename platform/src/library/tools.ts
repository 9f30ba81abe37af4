import type { Clock } from '@super-data/base/clock'
import type { Ids } from '@super-data/base/ids'
import { mcpTools, type Tool, type ToolDefinition } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { contentHash } from '../canonical-json.ts'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import { ToolExists, ToolInvalid, ToolNameReserved, ToolStateConflict, VersionConflict } from './errors.ts'
import type { Pin } from './pinned-functions.ts'
import type { CheckedDefinition } from './tool-checker.ts'
import {
  findToolRow,
  getToolRow,
  getVersionRow,
  type Reader,
  stateOf,
  type ToolRow,
  toTool,
  type VersionRow,
} from './tool-rows.ts'

/** The team's tools and their immutable versions. How one gets approved is the matter of `Proposals`. */
export class Tools {
  readonly #library: Database<LibraryTables>
  readonly #ids: Ids
  readonly #clock: Clock

  /** Borrows the database. */
  constructor(library: Database<LibraryTables>, ids: Ids, clock: Clock) {
    this.#library = library
    this.#ids = ids
    this.#clock = clock
  }

  /** The newest version, or the one named. @throws ToolMissing */
  async get(projectId: string, name: string, version?: number, reader: Reader = this.#library.read): Promise<Tool> {
    const tool = await getToolRow(reader, projectId, name)
    return toTool(reader, this.#clock, tool, await getVersionRow(reader, tool, version ?? tool.version))
  }

  /** Every tool with its newest version, by name. */
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
    if (Object.hasOwn(mcpTools, change.name)) throw new ToolNameReserved(change.name)
    const present = await findToolRow(transaction, change.projectId, change.name)
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
    const tool = await getToolRow(transaction, change.projectId, change.name)
    if (tool.version !== change.expectedVersion) throw new VersionConflict(change.name, tool.version)
    await this.#refuseSame(transaction, tool, change)
    const version = tool.version + 1
    await this.#withdraw(transaction, tool)
    await this.#addVersion(transaction, tool.id, version, change, change.userId)
    await transaction.updateTable('tools').set({ version, disabled_at: null }).where('id', '=', tool.id).execute()
    return this.get(change.projectId, change.name, undefined, transaction)
  }

  /** @throws ToolMissing · ToolStateConflict */
  async disable(transaction: LibraryTransaction, projectId: string, name: string): Promise<Tool> {
    const tool = await getToolRow(transaction, projectId, name)
    if (tool.disabled_at !== null) throw new ToolStateConflict(name, 'disabled', 'in use')
    await this.#withdraw(transaction, tool)
    await transaction
      .updateTable('tools')
      .set({ disabled_at: this.#clock.now(), approved_version: null })
      .where('id', '=', tool.id)
      .execute()
    return this.get(projectId, name, undefined, transaction)
  }

  /** A version that was turned down or taken out of use may be tried again as it is; any other must differ. */
  async #refuseSame(transaction: LibraryTransaction, tool: ToolRow, checked: CheckedDefinition): Promise<void> {
    const newest = await getVersionRow(transaction, tool, tool.version)
    const inUse = ['draft', 'pending', 'approved'].includes(stateOf(tool, newest, this.#clock.now()))
    if (inUse && newest.hash === definitionHash(checked.definition, checked.functions)) {
      throw new ToolInvalid('nothing would change', 'Give what is new: text, parameters, description or sources.')
    }
  }

  async #addVersion(
    transaction: LibraryTransaction,
    toolId: string,
    version: number,
    checked: CheckedDefinition,
    userId: string,
  ): Promise<void> {
    const pins = checked.functions.map(
      ({ id, name, arity, version, hash }): Pin => ({ id, name, arity, version, hash }),
    )
    await transaction
      .insertInto('tool_versions')
      .values({
        tool_id: toolId,
        version,
        definition: JSON.stringify(checked.definition),
        functions: JSON.stringify(pins),
        hash: definitionHash(checked.definition, pins),
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
}

/** What votes are bound to: the definition and the content of every function version it pins. */
export function definitionHash(definition: ToolDefinition, pins: readonly Pin[]): string {
  return contentHash({ definition, functions: pins.map(pin => [pin.name, pin.arity, pin.hash]) })
}
