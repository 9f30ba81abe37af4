import type { ToolDefinition } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import type { Catalogue } from '../door.ts'
import type { LibraryTables } from '../state/library.ts'
import type { CompiledTool, ToolChecker } from './tool-checker.ts'
import { pinsOf } from './tool-rows.ts'
import { definitionHash, type Tools } from './tools.ts'

interface Snapshot {
  readonly catalogue: Catalogue
  readonly compiled: ReadonlyMap<string, CompiledTool>
}

interface KeptSnapshot {
  readonly lastEvent: string | undefined
  readonly generation: number
  readonly snapshot: Promise<Snapshot>
}

/** The approved tools of each project, compiled once; made anew when the library has changed, by whatever process. */
export class ToolCatalogue {
  readonly #library: Database<LibraryTables>
  readonly #tools: Tools
  readonly #checker: ToolChecker
  readonly #snapshots = new Map<string, KeptSnapshot>()
  /** Compiled tools by hash survive a new snapshot: only what changed is compiled again. */
  readonly #byHash = new Map<string, CompiledTool>()

  constructor(library: Database<LibraryTables>, tools: Tools, checker: ToolChecker) {
    this.#library = library
    this.#tools = tools
    this.#checker = checker
  }

  async of(project: { id: string; name: string }): Promise<Catalogue> {
    return (await this.#snapshot(project)).catalogue
  }

  /** The approved tool of that name, if there is one. */
  async find(project: { id: string; name: string }, name: string): Promise<CompiledTool | undefined> {
    return (await this.#snapshot(project)).compiled.get(name)
  }

  async #snapshot(project: { id: string; name: string }): Promise<Snapshot> {
    const lastEvent = await this.#lastEvent()
    const present = this.#snapshots.get(project.id)
    if (present !== undefined && present.lastEvent === lastEvent) return present.snapshot
    const generation = (present?.generation ?? 0) + 1
    const snapshot = this.#make(project, generation)
    const kept = { lastEvent, generation, snapshot }
    this.#snapshots.set(project.id, kept)
    snapshot.catch(() => this.#snapshots.get(project.id) === kept && this.#snapshots.delete(project.id))
    return snapshot
  }

  /** Every change of a tool leaves an event: the newest one says whether anything is new. */
  async #lastEvent(): Promise<string | undefined> {
    const row = await this.#library.read
      .selectFrom('outbox')
      .select('id')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row?.id
  }

  async #make(project: { id: string; name: string }, generation: number): Promise<Snapshot> {
    const rows = await this.#tools.approved(project.id)
    const definitions = await this.#definitions()
    const compiled = new Map(
      rows.filter(unaltered).map(row => {
        const functions = pinsOf(row).map(pin => ({
          ...pin,
          definition: definitions.get(`${pin.id}@${pin.version}`) ?? '',
        }))
        const make = () =>
          this.#checker.compile(project.name, JSON.parse(row.definition) as ToolDefinition, functions, row.hash)
        return [row.name, this.#keep(`${project.id} ${row.hash}`, make)] as const
      }),
    )
    const tools = [...compiled].map(([name, tool]) => ({
      name,
      description: tool.definition.description,
      inputSchema: tool.parameters.schema,
    }))
    return { catalogue: { project: project.name, generation, tools }, compiled }
  }

  #keep(key: string, make: () => CompiledTool): CompiledTool {
    const tool = this.#byHash.get(key) ?? make()
    this.#byHash.delete(key)
    this.#byHash.set(key, tool)
    const oldest = this.#byHash.keys().next().value
    if (this.#byHash.size > 5_000 && oldest !== undefined) this.#byHash.delete(oldest)
    return tool
  }

  async #definitions(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#library.read
      .selectFrom('function_versions')
      .select(['function_id', 'version', 'definition'])
      .execute()
    return new Map(rows.map(row => [`${row.function_id}@${row.version}`, row.definition]))
  }
}

/** What was approved is what the hash says; a row edited behind our back is not approved. */
function unaltered(row: { definition: string; functions: string; hash: string }): boolean {
  const definition = JSON.parse(row.definition) as ToolDefinition
  return definitionHash({ definition, functions: pinsOf(row) }) === row.hash
}
