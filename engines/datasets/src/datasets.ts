import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { Cancelled, PlatformError } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import type { Structure } from './content/facts.ts'
import { readFacts } from './content/read-facts.ts'
import type { Dataset, DatasetsSettings, Field, FileProblem, JsonValue, SchemaStore, ToNdjson } from './dataset.ts'
import { DatasetLease } from './dataset-lease.ts'
import { DatasetInvalid, DatasetMissing, DatasetsClosed } from './errors.ts'
import { DatasetFiles, type Found, type FoundFile, reasonOf } from './folder/dataset-files.ts'
import { openInside } from './folder/jail.ts'
import { isSameStructure } from './schema/structure.ts'
import { CacheIndex, type Remembered } from './snapshots/cache-index.ts'
import type { JsonFile, Snapshot } from './snapshots/snapshot.ts'
import { type Copy, Snapshots } from './snapshots/snapshots.ts'
import { type Answering, type SourceFile, toDataset } from './source-file.ts'

const defaults = { pollMs: 1_000, settleMs: 200, fileBytesMax: 16 * 1024 ** 3, filesMax: 2_000 }

/** Tables up to this size are converted, and so counted and checked whole, before they answer. */
const eagerBytesMax = { csv: 64 * 1024 * 1024, parquet: 4 * 1024 * 1024 }

export interface DatasetsOptions {
  /** Where data files lie. Made when it is missing. */
  readonly folder: string
  /** For copies; nothing else may live in it. */
  readonly cacheFolder: string
  /** A folder (real path) that holds no data of ours, should it lie within `folder`. */
  readonly ignoredFolder?: string
  readonly clock: Clock
  readonly log?: Log | undefined
  readonly settings?: DatasetsSettings
  /** Reads CSV and Parquet for those who read only JSON. */
  readonly toNdjson: ToNdjson
  readonly schemas?: SchemaStore
}

/**
 * The data files of a folder as named datasets that never change under a reader.
 *
 * A file is copied and read whole before it answers; a bad or half-written one leaves the last good version in place.
 */
export class Datasets implements AsyncDisposable {
  readonly #options: DatasetsOptions
  readonly #settings: Required<DatasetsSettings>
  readonly #folder: string
  readonly #finder: DatasetFiles
  readonly #snapshots: Snapshots
  readonly #index: CacheIndex
  readonly #closing = new AbortController()
  readonly #listeners = new Set<(names: readonly string[]) => void>()
  readonly #structures = new Map<string, { version: number; fields: readonly Field[] }>()
  #sources = new Map<string, SourceFile>()
  #problems: readonly FileProblem[] = []
  #look: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  private constructor(options: DatasetsOptions, folder: string, cacheFolder: string, snapshots: Snapshots) {
    this.#options = options
    this.#settings = { ...defaults, ...options.settings }
    this.#folder = folder
    this.#finder = new DatasetFiles(folder, this.#settings.filesMax, options.ignoredFolder)
    this.#snapshots = snapshots
    this.#index = new CacheIndex(join(cacheFolder, 'index.json'))
  }

  /** Ready when every file in the folder has been read once. */
  static async open(options: DatasetsOptions): Promise<Datasets> {
    await mkdir(options.folder, { recursive: true })
    await mkdir(options.cacheFolder, { recursive: true })
    const cacheFolder = await realpath(options.cacheFolder)
    const snapshots = await Snapshots.open(join(cacheFolder, 'snapshots'))
    const datasets = new Datasets(options, await realpath(options.folder), cacheFolder, snapshots)
    await datasets.#recall()
    await datasets.refresh()
    await snapshots.sweep()
    datasets.#schedule()
    return datasets
  }

  /** By name. Files that have never been good are among `problems` instead. */
  list(): readonly Dataset[] {
    const datasets: Dataset[] = []
    for (const source of this.#sources.values()) {
      if (source.answering) datasets.push(toDataset(source, source.answering))
    }
    return datasets.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Files that are no dataset, and files whose newest content is not used. */
  get problems(): readonly FileProblem[] {
    const sources = [...this.#sources.values()].flatMap(({ found, problem }) =>
      problem === null ? [] : [{ file: found.file, name: found.name, problem }],
    )
    return [...this.#problems, ...sources]
  }

  find(name: string): Dataset | undefined {
    const source = this.#sources.get(name)
    return source?.answering && toDataset(source, source.answering)
  }

  /** @throws DatasetMissing · DatasetInvalid when its file has never been good. */
  get(name: string): Dataset {
    const { source, answering } = this.#must(name)
    return toDataset(source, answering)
  }

  /**
   * Keeps the version that answers now until it is released.
   *
   * @throws DatasetMissing · DatasetInvalid · DatasetsClosed
   */
  lease(name: string): DatasetLease {
    if (this.#closing.signal.aborted) throw new DatasetsClosed()
    const { source, answering } = this.#must(name)
    return new DatasetLease(toDataset(source, answering), answering.snapshot, () =>
      this.#json(name, answering.snapshot),
    )
  }

  /** @throws as `lease`, and what a conversion throws. */
  async describe(name: string): Promise<{ readonly fields: readonly Field[] }> {
    return { fields: (await this.#structure(name)).fields }
  }

  /** The first records, or the value itself; at most 20, and none that are very long. */
  async sample(name: string, count: number): Promise<readonly JsonValue[]> {
    return (await this.#structure(name)).sample.slice(0, count)
  }

  /**
   * Looks at the folder now.
   *
   * @returns names of datasets that came, went, changed, or have a new problem.
   */
  async refresh(signal?: AbortSignal): Promise<readonly string[]> {
    if (this.#closing.signal.aborted) throw new DatasetsClosed()
    const either = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    const look = this.#look.then(() => this.#lookAround(either))
    this.#look = look.catch(() => undefined)
    return look
  }

  /** @returns a function that ends the telling. */
  onChange(listener: (names: readonly string[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Waits for the look under way. Leases stay readable until the next start. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    await this.#look
    await this.#snapshots.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #must(name: string): { source: SourceFile; answering: Answering } {
    const source = this.#sources.get(name)
    if (source?.answering) return { source, answering: source.answering }
    const problem = this.problems.find(each => each.name === name)
    if (problem) throw new DatasetInvalid(`${problem.file}: ${problem.problem}`, { details: { dataset: name } })
    throw new DatasetMissing(
      name,
      this.list().map(dataset => dataset.name),
    )
  }

  async #structure(name: string): Promise<Structure> {
    using lease = this.lease(name)
    const { snapshot } = this.#must(name).answering
    if (snapshot.facts.structure === null) await lease.json()
    return snapshot.facts.structure ?? { fields: [], sample: [] }
  }

  async #json(name: string, snapshot: Snapshot): Promise<JsonFile> {
    const unread = snapshot.facts.structure === null
    const file = await snapshot.json(this.#conversion(name, this.#closing.signal))
    if (unread) await this.#learn(name, snapshot)
    return file
  }

  #conversion(name: string, signal: AbortSignal) {
    return { name, toNdjson: this.#options.toNdjson, bytesMax: this.#settings.fileBytesMax, signal }
  }

  /** A table's structure, known only now, may be a new one. */
  async #learn(name: string, snapshot: Snapshot): Promise<void> {
    const source = this.#sources.get(name)
    if (source?.answering?.snapshot !== snapshot) return
    const schemaVersion = await this.#schemaVersion(name, snapshot, source.answering)
    this.#sources.set(name, { ...source, answering: { ...source.answering, schemaVersion } })
    await this.#remember()
  }

  #schedule(): void {
    if (this.#settings.pollMs === 0 || this.#closing.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.refresh()
        .catch(error => this.#options.log?.error({ err: error }, 'the dataset folder could not be looked at'))
        .finally(() => this.#schedule())
    }, this.#settings.pollMs)
    this.#timer.unref()
  }

  async #lookAround(signal: AbortSignal): Promise<readonly string[]> {
    const found = await this.#finder.find(name => this.#ownerOf(name))
    const changed = [...this.#forget(found), ...this.#takeProblems(found)]
    const fresh = found.files.filter(file => !this.#isKnown(file))
    for (const file of await this.#settled(fresh, signal)) {
      if (await this.#accept(file, signal)) changed.push(file.name)
    }
    if (fresh.length > 0 || changed.length > 0) await this.#remember()
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed)
    return changed
  }

  #ownerOf(name: string): string | undefined {
    const source = this.#sources.get(name)
    return source?.answering && source.found.file
  }

  /** Datasets whose files are gone. */
  #forget({ files, unusable }: Found): string[] {
    const present = new Set([...files.map(file => file.name), ...unusable.keys()])
    const gone = [...this.#sources.values()].filter(({ found }) => !present.has(found.name))
    for (const { found, answering } of gone) {
      this.#sources.delete(found.name)
      answering?.snapshot.letGo()
    }
    return gone.map(({ found }) => found.name)
  }

  /** @returns datasets whose file has become unusable; their last version goes on answering. */
  #takeProblems({ unusable, problems }: Found): string[] {
    const changed: string[] = []
    const others = [...problems]
    for (const [name, each] of unusable) {
      const source = this.#sources.get(name)
      if (source === undefined) others.push(each)
      else if (source.problem !== each.problem) changed.push(name)
      if (source !== undefined) this.#sources.set(name, { ...source, mark: '', problem: each.problem })
    }
    const known = new Set(this.#problems.map(problem => JSON.stringify(problem)))
    for (const each of others)
      if (!known.has(JSON.stringify(each))) this.#options.log?.warn(each, 'a file cannot be used')
    this.#problems = others
    return changed
  }

  /** Read before, and the same since. */
  #isKnown(file: FoundFile): boolean {
    const source = this.#sources.get(file.name)
    if (source?.mark !== markOf(file)) return false
    this.#sources.set(file.name, { ...source, found: file })
    return true
  }

  /** Those that nobody has written to for a while; the others wait for the next look. */
  async #settled(files: readonly FoundFile[], signal: AbortSignal): Promise<readonly FoundFile[]> {
    const now = this.#options.clock.now()
    const isOld = (file: FoundFile) => now - file.state.modifiedMs >= this.#settings.settleMs
    if (files.every(isOld)) return files
    await sleep(this.#settings.settleMs, signal)
    const again = await Promise.all(files.map(file => this.#finder.lookAgain(file)))
    return again.filter(
      (file, place) => file !== undefined && file.state.mark === files[place]!.state.mark,
    ) as FoundFile[]
  }

  /** @returns whether anything about the dataset has changed. */
  async #accept(found: FoundFile, signal: AbortSignal): Promise<boolean> {
    const before = this.#sources.get(found.name)
    const after = await this.#read(found, before, signal)
    if (after === undefined) return false
    this.#sources.set(found.name, after)
    if (after.problem === null) before?.answering?.snapshot.letGo()
    else this.#options.log?.warn({ name: found.name, problem: after.problem }, 'a dataset is not up to date')
    return before?.answering?.snapshot !== after.answering?.snapshot || (before?.problem ?? null) !== after.problem
  }

  /** @returns undefined when the file changed while it was read: the next look reads it again. */
  async #read(found: FoundFile, before: SourceFile | undefined, signal: AbortSignal): Promise<SourceFile | undefined> {
    try {
      const answering = await this.#readNew(found, before, signal)
      return answering && { found, mark: markOf(found), answering, problem: null }
    } catch (error) {
      if (signal.aborted) throw new Cancelled(signal.reason)
      const isContent = error instanceof DatasetInvalid
      if (!isContent) this.#options.log?.error({ err: error, name: found.name }, 'a dataset could not be read')
      // Bad content stays bad until it changes; anything else may pass.
      return { found, mark: isContent ? markOf(found) : '', answering: before?.answering, problem: reasonOf(error) }
    }
  }

  /** The snapshot in it is held. */
  async #readNew(
    found: FoundFile,
    before: SourceFile | undefined,
    signal: AbortSignal,
  ): Promise<Answering | undefined> {
    const snapshot = await this.#snapshotOf(found, signal)
    if (snapshot === undefined) return undefined
    snapshot.hold()
    try {
      const schemaVersion = await this.#schemaVersion(found.name, snapshot, before?.answering)
      return { snapshot, schemaVersion, updatedAt: found.state.modifiedMs }
    } catch (error) {
      snapshot.letGo()
      throw error
    }
  }

  async #snapshotOf(found: FoundFile, signal: AbortSignal): Promise<Snapshot | undefined> {
    const options = { bytesMax: this.#settings.fileBytesMax, signal }
    const { handle, state } = await openInside(this.#folder, found.file)
    await using _ = handle
    if (state.mark !== found.state.mark) return undefined
    const copy = await this.#snapshots.copy(handle, { format: found.format, gzip: found.gzip }, options)
    try {
      if ((await this.#finder.lookAgain(found))?.state.mark !== state.mark) return undefined
      return this.#snapshots.find(copy.identity.id) ?? (await this.#check(found.name, copy, options))
    } finally {
      await rm(copy.file, { force: true })
    }
  }

  async #check(name: string, copy: Copy, options: { bytesMax: number; signal: AbortSignal }): Promise<Snapshot> {
    const { format, gzip } = copy.identity
    const facts = await readFacts({ file: copy.file, format, gzip }, options)
    const snapshot = await this.#snapshots.keep(copy, facts)
    const eager = (format === 'csv' || format === 'parquet') && copy.identity.sizeBytes <= eagerBytesMax[format]
    if (eager) await this.#convertNow(name, snapshot, options.signal)
    return snapshot
  }

  /** Reading a table as a table is the only way to know that it is one. */
  async #convertNow(name: string, snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    try {
      await snapshot.json(this.#conversion(name, signal))
    } catch (error) {
      if (!(error instanceof PlatformError) || error.kind !== 'invalid') return
      // Nobody has it yet: it goes as soon as the first holder lets go.
      snapshot.hold()
      snapshot.letGo()
      throw new DatasetInvalid(error.message, error.hint === undefined ? {} : { hint: error.hint })
    }
  }

  async #schemaVersion(name: string, snapshot: Snapshot, before: Answering | undefined): Promise<number> {
    const fields = snapshot.facts.structure?.fields
    if (fields === undefined) return before?.schemaVersion ?? 1
    const known = this.#structures.get(name) ?? (await this.#options.schemas?.load(name))
    if (known && isSameStructure(known.fields, fields)) return known.version
    const version = (known?.version ?? 0) + 1
    await this.#options.schemas?.save(name, version, fields)
    this.#structures.set(name, { version, fields })
    return version
  }

  /** Picks up what an earlier run of the server had copied. */
  async #recall(): Promise<void> {
    for (const [name, remembered] of Object.entries(await this.#index.load())) {
      const snapshot = await this.#snapshots.recall(remembered.snapshot)
      if (snapshot === undefined) continue
      snapshot.hold()
      const { schemaVersion, updatedAt } = remembered
      this.#sources.set(name, {
        found: foundOf(name, remembered),
        mark: remembered.mark,
        answering: { snapshot, schemaVersion, updatedAt },
        problem: null,
      })
      const fields = snapshot.facts.structure?.fields
      if (fields) this.#structures.set(name, { version: schemaVersion, fields })
    }
  }

  async #remember(): Promise<void> {
    const remembered: Record<string, Remembered> = {}
    for (const [name, { found, mark, answering, problem }] of this.#sources) {
      if (answering === undefined) continue
      const { snapshot, schemaVersion, updatedAt } = answering
      // A file with a problem is read again after a restart.
      remembered[name] = {
        file: found.file,
        mark: problem === null ? mark : '',
        updatedAt,
        schemaVersion,
        snapshot: snapshot.identity,
      }
    }
    await this.#index.save(remembered)
  }
}

/** Equal while the same file, unchanged, is read in the same way. */
function markOf({ file, format, gzip, description, state }: FoundFile): string {
  return JSON.stringify([file, format, gzip, description, state.mark])
}

function foundOf(name: string, { file, snapshot, updatedAt }: Remembered): FoundFile {
  const { format, gzip, sizeBytes } = snapshot
  return { name, file, format, gzip, description: null, state: { sizeBytes, modifiedMs: updatedAt, mark: '' } }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(new Cancelled(signal.reason))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
