import { rm } from 'node:fs/promises'
import { Cancelled, PlatformError, throwIfAborted } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import { readChunks } from './content/read-chunks.ts'
import { readFacts } from './content/read-facts.ts'
import type { Field, SchemaStore, ToNdjson } from './dataset.ts'
import { DatasetInvalid } from './errors.ts'
import { type DatasetFiles, type FoundFile, reasonOf } from './folder/dataset-files.ts'
import type { NamedEntry } from './folder/datasets-yml.ts'
import { openInside } from './folder/jail.ts'
import { isSameStructure } from './schema/structure.ts'
import type { JsonFile, Snapshot } from './snapshots/snapshot.ts'
import type { Copy, ReadAll, Snapshots } from './snapshots/snapshots.ts'
import type { Answering, SourceFile } from './source-file.ts'

/** Tables up to this size are converted, and so counted and checked whole, before they answer. */
const eagerBytesMax = { csv: 64 * 1024 * 1024, parquet: 4 * 1024 * 1024 }

/** @returns undefined when what was to be copied changed meanwhile. */
export type MakeCopy = () => Promise<Copy | undefined>

interface IntakeOptions {
  /** The real path of the folder that files are in. */
  readonly folder: string
  readonly finder: DatasetFiles
  readonly snapshots: Snapshots
  readonly schemas: SchemaStore | undefined
  readonly toNdjson: ToNdjson
  readonly bytesMax: number
  readonly log: Log | undefined
}

/** Reads what was found: copies it, checks it whole, and says which version of its structure it has. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #structures = new Map<string, { version: number; fields: readonly Field[] }>()

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /**
   * What became of a source by reading it; the snapshot that answers is held. What is wrong with its content is in the
   * result: its last good version goes on answering.
   *
   * @returns undefined when the file changed while it was read: the next look reads it again.
   * @throws Cancelled
   */
  async read(
    found: FoundFile,
    copy: MakeCopy,
    before: SourceFile | undefined,
    signal: AbortSignal,
  ): Promise<Omit<SourceFile, 'since'> | undefined> {
    const mark = markOf(found, found.state.mark)
    try {
      const answering = await this.#readNew(found, copy, before, signal)
      return answering && { found, mark, answering, problem: null, outOfSight: null }
    } catch (error) {
      if (signal.aborted) throw new Cancelled(signal.reason)
      const isContent = error instanceof DatasetInvalid
      if (!isContent) this.#options.log?.error({ err: error, name: found.name }, 'a dataset could not be read')
      // Bad content stays bad until it changes; anything else may pass.
      const problem = reasonOf(error)
      return { found, mark: isContent ? mark : '', answering: before?.answering, problem, outOfSight: null }
    }
  }

  async copyFile(found: FoundFile, signal: AbortSignal): Promise<Copy | undefined> {
    const { folder, finder, snapshots, bytesMax } = this.#options
    const { handle, state } = await openInside(folder, found.file)
    await using _ = handle
    if (state.mark !== found.state.mark) return undefined
    const readAll: ReadAll = take => readChunks(handle, take, signal)
    const copy = await snapshots.copy(readAll, found, bytesMax)
    if ((await finder.lookAgain(found))?.state.mark === state.mark) return copy
    await rm(copy.file, { force: true })
    return undefined
  }

  /** The records of a snapshot as JSON; a table is converted once. */
  json(name: string, snapshot: Snapshot, signal: AbortSignal): Promise<JsonFile> {
    const { toNdjson, bytesMax } = this.#options
    return snapshot.json({ name, toNdjson, bytesMax, signal })
  }

  /** The version of a dataset's structure: a new one only when the structure is another. */
  async schemaVersion(name: string, snapshot: Snapshot, before: Answering | undefined): Promise<number> {
    const { schemas } = this.#options
    const fields = snapshot.facts.structure?.fields
    if (fields === undefined) return before?.schemaVersion ?? 1
    const known = this.#structures.get(name) ?? (await schemas?.load(name))
    if (known && isSameStructure(known.fields, fields)) return known.version
    const version = (known?.version ?? 0) + 1
    await schemas?.save(name, version, fields)
    this.#structures.set(name, { version, fields })
    return version
  }

  /** A structure that an earlier run of the server had read. */
  recall(name: string, { snapshot, schemaVersion: version }: Answering): void {
    const fields = snapshot.facts.structure?.fields
    if (fields) this.#structures.set(name, { version, fields })
  }

  async #readNew(
    found: FoundFile,
    copy: MakeCopy,
    before: SourceFile | undefined,
    signal: AbortSignal,
  ): Promise<Answering | undefined> {
    const snapshot = await this.#snapshotOf(found.name, copy, signal)
    if (snapshot === undefined) return undefined
    snapshot.hold()
    try {
      const schemaVersion = await this.schemaVersion(found.name, snapshot, before?.answering)
      return { snapshot, schemaVersion, updatedAt: found.state.modifiedMs }
    } catch (error) {
      snapshot.letGo()
      throw error
    }
  }

  async #snapshotOf(name: string, makeCopy: MakeCopy, signal: AbortSignal): Promise<Snapshot | undefined> {
    const copy = await makeCopy()
    if (copy === undefined) return undefined
    try {
      throwIfAborted(signal)
      return this.#options.snapshots.find(copy.identity.id) ?? (await this.#check(name, copy, signal))
    } finally {
      await rm(copy.file, { force: true })
    }
  }

  async #check(name: string, copy: Copy, signal: AbortSignal): Promise<Snapshot> {
    const { snapshots, bytesMax } = this.#options
    const { format, gzip } = copy.identity
    const facts = await readFacts({ file: copy.file, format, gzip }, { bytesMax, signal })
    const snapshot = await snapshots.keep(copy, facts)
    const eager = (format === 'csv' || format === 'parquet') && copy.identity.sizeBytes <= eagerBytesMax[format]
    if (eager) await this.#convertNow(name, snapshot, signal)
    return snapshot
  }

  /** Reading a table as a table is the only way to know that it is one. */
  async #convertNow(name: string, snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    try {
      await this.json(name, snapshot, signal)
    } catch (error) {
      if (!(error instanceof PlatformError) || error.kind !== 'invalid') return
      // Nobody has it yet: it goes as soon as the first holder lets go.
      snapshot.hold()
      snapshot.letGo()
      throw new DatasetInvalid(error.message, error.hint === undefined ? {} : { hint: error.hint })
    }
  }
}

/** Equal while the same file or object, unchanged, is read in the same way. */
export function markOf({ file, format, gzip }: NamedEntry, state: string): string {
  return JSON.stringify([file, format, gzip, state])
}
