import type { Log } from '@super-data/base/log'
import { offerChanging } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import type { Catalogue } from '../door.ts'
import { type LastWritten, lastWritten, mayHaveCome } from '../events/outbox.ts'
import type { LibraryTables } from '../state/library.ts'
import { governed } from '../state/shared-tables.ts'
import { pinsOf, readVersionTexts, type VersionTexts, withTexts } from './pinned-functions.ts'
import { readSavedVersion } from './saved-version.ts'
import type { CompiledTool, ToolChecker } from './tool-checker.ts'
import type { ApprovedRow, Tools } from './tools.ts'

interface Snapshot {
  readonly catalogue: Catalogue
  readonly compiled: ReadonlyMap<string, CompiledTool>
}

interface KeptSnapshot {
  /** The newest event that it is known to hold after. */
  readonly asOf: LastWritten
  readonly generation: number
  readonly snapshot: Promise<Snapshot>
}

interface KeptTool {
  /** What was read when it was compiled. */
  readonly definition: string
  readonly pins: string
  readonly tool: CompiledTool
}

/** Compiled tools that are kept, over all projects. */
const compiledMax = 20_000

/** The approved tools of each project, compiled once; made anew when what answers has changed, by whatever process. */
export class ToolCatalogue {
  readonly #library: Database<LibraryTables>
  readonly #tools: Tools
  readonly #checker: ToolChecker
  readonly #learning: boolean
  readonly #log: Log
  readonly #snapshots = new Map<string, KeptSnapshot>()
  /** Compiled tools by hash survive a new snapshot: only what changed is read and compiled again. */
  readonly #byHash = new Map<string, KeptTool>()

  constructor(parts: {
    library: Database<LibraryTables>
    tools: Tools
    checker: ToolChecker
    learning: boolean
    log: Log
  }) {
    this.#learning = parts.learning
    this.#library = parts.library
    this.#tools = parts.tools
    this.#checker = parts.checker
    this.#log = parts.log
  }

  async of(project: { id: string; name: string }): Promise<Catalogue> {
    return (await this.#snapshot(project)).catalogue
  }

  /** The approved tool of that name, if there is one. */
  async find(project: { id: string; name: string }, name: string): Promise<CompiledTool | undefined> {
    return (await this.#snapshot(project)).compiled.get(name)
  }

  /** All that answer, by name. */
  async all(project: { id: string; name: string }): Promise<ReadonlyMap<string, CompiledTool>> {
    return (await this.#snapshot(project)).compiled
  }

  /** Every change of what answers leaves an event: those since the last look say whether anything is new. */
  async #snapshot(project: { id: string; name: string }): Promise<Snapshot> {
    const file = governed(this.#library.read)
    const asOf = await lastWritten(file)
    const present = this.#snapshots.get(project.id)
    if (present?.asOf.id === asOf.id) return present.snapshot
    const isOld = !present || (await mayHaveCome(file, { ...wanted(project), after: present.asOf }))
    // Somebody else may have looked, and made it anew, meanwhile.
    if (this.#snapshots.get(project.id) !== present) return this.#snapshot(project)
    const generation = (present?.generation ?? 0) + 1
    const kept = isOld ? { asOf, generation, snapshot: this.#make(project, generation) } : { ...present, asOf }
    this.#snapshots.set(project.id, kept)
    kept.snapshot.catch(() => this.#snapshots.get(project.id) === kept && this.#snapshots.delete(project.id))
    return kept.snapshot
  }

  async #make(project: { id: string; name: string }, generation: number): Promise<Snapshot> {
    const rows = await this.#tools.approved(project.id)
    const texts = await readVersionTexts(this.#library.read)
    const compiled = new Map<string, CompiledTool>()
    for (const row of rows) {
      const tool = this.#compile(project, row, texts)
      if (tool) compiled.set(row.name, tool)
    }
    const tools = [...compiled].map(([name, tool]) => ({
      name,
      description: tool.definition.description,
      inputSchema: tool.parameters.callable,
      ...(tool.output === undefined ? {} : { seenOutput: tool.output }),
    }))
    return { catalogue: { project: project.name, generation, tools, learning: this.#learning }, compiled }
  }

  /** A row edited behind our back is not approved, and must not take the others with it. */
  #compile(project: { id: string; name: string }, row: ApprovedRow, texts: VersionTexts): CompiledTool | undefined {
    try {
      const { definition, pins, hash } = row
      const key = `${project.id} ${hash}`
      const present = this.#byHash.get(key)
      const tool = present && isUnchanged(present, row, texts) ? present.tool : this.#compileNew(project, row, texts)
      this.#keep(key, { definition, pins, tool })
      return tool
    } catch (failure) {
      this.#log.warn({ err: failure, project: project.name, tool: row.name }, 'an approved tool cannot be used')
      return undefined
    }
  }

  #compileNew(project: { name: string }, row: ApprovedRow, texts: VersionTexts): CompiledTool {
    return this.#checker.compile(project.name, readSavedVersion(row.name, row, texts))
  }

  #keep(key: string, tool: KeptTool): void {
    this.#byHash.delete(key)
    this.#byHash.set(key, tool)
    const oldest = this.#byHash.keys().next().value
    if (this.#byHash.size > compiledMax && oldest !== undefined) this.#byHash.delete(oldest)
  }
}

const wanted = ({ name }: { readonly name: string }) => ({ types: offerChanging, project: name })

function isUnchanged(kept: KeptTool, row: ApprovedRow, texts: VersionTexts): boolean {
  const sameTexts = kept.definition === row.definition && kept.pins === row.pins
  return sameTexts && withTexts(pinsOf(row), texts) !== undefined
}
