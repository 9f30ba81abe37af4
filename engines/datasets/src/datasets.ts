import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { Cancelled, throwIfAborted } from '@super-data/base/errors'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import { BucketObjects, type Sight } from './bucket/bucket-objects.ts'
import { type Looked, ObjectWatch } from './bucket/object-watch.ts'
import type { Structure } from './content/facts.ts'
import type {
  Dataset,
  DatasetsSettings,
  Field,
  FileProblem,
  JsonValue,
  OpenBucket,
  SchemaStore,
  ToNdjson,
} from './dataset.ts'
import { DatasetLease } from './dataset-lease.ts'
import { DatasetInvalid, DatasetMissing, DatasetsClosed, DatasetUnread } from './errors.ts'
import { DatasetFiles, type Found, type FoundFile } from './folder/dataset-files.ts'
import type { NamedEntry, NamedObject } from './folder/datasets-yml.ts'
import { Intake, type MakeCopy, markOf } from './intake.ts'
import { CacheIndex, type Remembered } from './snapshots/cache-index.ts'
import type { JsonFile, Snapshot } from './snapshots/snapshot.ts'
import { Snapshots } from './snapshots/snapshots.ts'
import { type Answering, looksSame, problemOf, type SourceFile, toDataset } from './source-file.ts'
import { unlessAborted } from './unless-aborted.ts'

const defaults = {
  ...{ pollMs: 1_000, settleMs: 200, objectPollMs: 30_000 },
  ...{ downloadMs: 3_600_000, fileBytesMax: 16 * 1024 ** 3, filesMax: 2_000 },
}

/** How long opening waits for buckets. */
const openMs = 3_000

export interface DatasetsOptions {
  /** Where data files lie. Made when it is missing. */
  readonly folder: string
  /** For copies; nothing else may live in it. */
  readonly cacheFolder: string
  /** A folder (real path) that holds no data of ours, should it lie within `folder`. */
  readonly ignoredFolder?: string
  /** For objects that `datasets.yml` names. Without it they are refused. */
  readonly openBucket?: OpenBucket | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log | undefined
  readonly settings?: DatasetsSettings
  /** Reads CSV and Parquet for those who read only JSON. */
  readonly toNdjson: ToNdjson
  readonly schemas?: SchemaStore
}

/**
 * The data files of a folder, and objects it names, as datasets that never change under a reader.
 *
 * A file is copied and read whole before it answers; a bad or half-written one leaves the last good version in place,
 * and so does a bucket that is away.
 */
export class Datasets implements AsyncDisposable {
  readonly #options: DatasetsOptions
  readonly #settings: Required<DatasetsSettings>
  readonly #finder: DatasetFiles
  readonly #buckets: BucketObjects
  readonly #watch: ObjectWatch
  readonly #snapshots: Snapshots
  readonly #index: CacheIndex
  readonly #intake: Intake
  readonly #closing = new AbortController()
  readonly #listeners = new Set<(names: readonly string[]) => void>()
  #sources = new Map<string, SourceFile>()
  #problems: readonly FileProblem[] = []
  #look: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  private constructor(options: DatasetsOptions, folder: string, cacheFolder: string, snapshots: Snapshots) {
    this.#options = options
    this.#settings = { ...defaults, ...options.settings }
    this.#finder = new DatasetFiles(folder, this.#settings.filesMax, options.ignoredFolder)
    const { fileBytesMax: bytesMax, downloadMs } = this.#settings
    this.#buckets = new BucketObjects({ open: options.openBucket, snapshots, bytesMax, downloadMs })
    this.#watch = new ObjectWatch({
      look: (object, signal) => this.#lookAtObject(object, signal),
      pollMs: this.#settings.objectPollMs,
      clock: options.clock,
      random: options.random,
    })
    this.#snapshots = snapshots
    this.#index = new CacheIndex(join(cacheFolder, 'index.json'))
    const { schemas, toNdjson, log } = options
    this.#intake = new Intake({ folder, finder: this.#finder, snapshots, schemas, toNdjson, bytesMax, log })
  }

  /** Ready when every file in the folder has been read once; objects are read on while their last version answers. */
  static async open(options: DatasetsOptions): Promise<Datasets> {
    await mkdir(options.folder, { recursive: true })
    await mkdir(options.cacheFolder, { recursive: true })
    const cacheFolder = await realpath(options.cacheFolder)
    const snapshots = await Snapshots.open(join(cacheFolder, 'snapshots'))
    const datasets = new Datasets(options, await realpath(options.folder), cacheFolder, snapshots)
    await datasets.#recall()
    await datasets.#lookAtFolder(datasets.#closing.signal)
    await snapshots.sweep()
    await datasets.#firstLookAtObjects()
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
    const sources = [...this.#sources.values()].flatMap(source => {
      const problem = problemOf(source)
      return problem === null ? [] : [{ file: source.found.file, name: source.found.name, problem }]
    })
    return [...this.#problems, ...sources]
  }

  find(name: string): Dataset | undefined {
    const source = this.#sources.get(name)
    return source?.answering && toDataset(source, source.answering)
  }

  /** @throws DatasetMissing · DatasetInvalid when its file has never been good · DatasetUnread */
  get(name: string): Dataset {
    const { source, answering } = this.#must(name)
    return toDataset(source, answering)
  }

  /**
   * Keeps the version that answers now until it is released.
   *
   * @throws DatasetMissing · DatasetInvalid · DatasetUnread · DatasetsClosed
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
   * Looks at the folder and at objects now.
   *
   * @returns names of datasets that came, went, changed, or have a new problem.
   */
  async refresh(signal?: AbortSignal): Promise<readonly string[]> {
    if (this.#closing.signal.aborted) throw new DatasetsClosed()
    const either = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    const changed = await this.#lookAtFolder(either)
    return [...changed, ...(await unlessAborted(() => this.#watch.lookNow(), either))]
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
    await this.#watch.close()
    await this.#look
    await this.#buckets.close()
    await this.#snapshots.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #must(name: string): { source: SourceFile; answering: Answering } {
    const source = this.#sources.get(name)
    if (source?.answering) return { source, answering: source.answering }
    if (source?.outOfSight) throw new DatasetUnread(name, `${source.found.file}: ${source.outOfSight}`)
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
    const file = await this.#intake.json(name, snapshot, this.#closing.signal)
    if (unread) await this.#learn(name, snapshot)
    return file
  }

  /** A table's structure, known only now, may be a new one. */
  async #learn(name: string, snapshot: Snapshot): Promise<void> {
    const source = this.#sources.get(name)
    if (source?.answering?.snapshot !== snapshot) return
    const schemaVersion = await this.#intake.schemaVersion(name, snapshot, source.answering)
    this.#sources.set(name, { ...source, answering: { ...source.answering, schemaVersion } })
    await this.#remember()
  }

  #schedule(): void {
    if (this.#settings.pollMs === 0 || this.#closing.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#lookAtFolder(this.#closing.signal)
        .then(() => this.#watch.lookDue())
        .catch(error => this.#options.log?.error({ err: error }, 'the dataset folder could not be looked at'))
        .finally(() => this.#schedule())
    }, this.#settings.pollMs)
    this.#timer.unref()
  }

  /** One after the other: whatever changes what answers has its turn. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#look.then(work)
    this.#look = turn.catch(() => undefined)
    return turn
  }

  #lookAtFolder(signal: AbortSignal): Promise<readonly string[]> {
    return this.#inTurn(() => this.#lookAround(signal))
  }

  async #lookAround(signal: AbortSignal): Promise<readonly string[]> {
    const found = await this.#finder.find(name => this.#ownerOf(name))
    const changed = [...this.#forget(found), ...this.#takeProblems(found)]
    this.#expect(found.objects)
    const fresh = found.files.filter(file => !this.#isKnown(file))
    for (const file of await this.#settled(fresh, signal)) {
      if (await this.#accept(file, () => this.#intake.copyFile(file, signal), signal)) changed.push(file.name)
    }
    if (fresh.length > 0 || changed.length > 0) await this.#remember()
    this.#tell(changed)
    return changed
  }

  #tell(changed: readonly string[]): void {
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed)
  }

  /** Each is looked at in its own time; until then what answered goes on answering. */
  #expect(objects: readonly NamedObject[]): void {
    for (const found of objects) {
      const source = this.#sources.get(found.name)
      if (source) this.#sources.set(found.name, { ...source, found })
      else this.#put({ ...nothing, found, outOfSight: 'it has not been read yet' })
    }
    this.#watch.watch(objects)
  }

  /** A bucket that is away delays the start by a few seconds at most. */
  async #firstLookAtObjects(): Promise<void> {
    const looked = new AbortController()
    const looking = this.#watch.lookNow().finally(() => looked.abort())
    await Promise.race([looking, sleep(openMs, looked.signal).catch(() => undefined)])
  }

  /** The bucket is asked, and sends, out of turn: a slow one holds up nobody. */
  async #lookAtObject(object: NamedObject, signal: AbortSignal): Promise<Looked> {
    try {
      const changed = await this.#seeObject(object, signal)
      if (changed) this.#tell([object.name])
      const source = this.#sources.get(object.name)
      return { changed, current: source?.mark !== '' && source?.outOfSight === null }
    } catch (error) {
      if (!signal.aborted)
        this.#options.log?.error({ err: error, name: object.name }, 'an object could not be looked at')
      return { changed: false, current: false }
    }
  }

  async #seeObject(object: NamedObject, signal: AbortSignal): Promise<boolean> {
    const isKnown = (etag: string) => this.#sources.get(object.name)?.mark === markOf(object, etag)
    const sight = await this.#buckets.look(object, isKnown, signal)
    return this.#inTurn(async () => {
      const isNew = sight.type === 'new'
      const changed = isNew
        ? await this.#accept({ ...object, state: sight.state }, sight.copy, signal)
        : this.#note(object, sight, signal)
      if (isNew || changed) await this.#remember()
      return changed
    })
  }

  /** Nothing was read: what answered goes on, unless its object is gone, which takes its dataset along as a file does. */
  #note(found: NamedObject, { type, reason }: Exclude<Sight, { type: 'new' }>, signal: AbortSignal): boolean {
    throwIfAborted(signal)
    const before = this.#sources.get(found.name) ?? nothing
    const noted = type === 'gone' ? { ...nothing, problem: reason } : { ...before, outOfSight: reason }
    const changed = this.#put({ ...noted, found })
    if (type === 'gone') before.answering?.snapshot.letGo()
    if (changed && reason !== null) this.#warn(found.name, reason)
    return changed
  }

  #ownerOf(name: string): string | undefined {
    const source = this.#sources.get(name)
    return source?.answering && source.found.file
  }

  /** Datasets whose files are gone. */
  #forget({ files, objects, unusable }: Found): string[] {
    const present = new Set([...[...files, ...objects].map(({ name }) => name), ...unusable.keys()])
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
      else if (this.#put({ ...source, mark: '', problem: each.problem, outOfSight: null })) changed.push(name)
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
    if (source?.mark !== markOf(file, file.state.mark)) return false
    this.#put({ ...source, found: file, outOfSight: null })
    return true
  }

  /** What became of a file or an object. @returns whether readers of the dataset notice. */
  #put(became: Omit<SourceFile, 'since'>): boolean {
    const { name } = became.found
    const before = this.#sources.get(name)
    const after = { ...became, since: null }
    const since = problemOf(after) === null ? null : (before?.since ?? this.#options.clock.now())
    this.#sources.set(name, { ...after, since })
    return !looksSame(before, after)
  }

  #warn(name: string, problem: string): void {
    this.#options.log?.warn({ name, problem }, 'a dataset is not up to date')
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
  async #accept(found: FoundFile, copy: MakeCopy, signal: AbortSignal): Promise<boolean> {
    const before = this.#sources.get(found.name)
    const after = await this.#intake.read(found, copy, before, signal)
    if (after === undefined) return false
    const changed = this.#put(after)
    if (after.problem === null) before?.answering?.snapshot.letGo()
    else this.#warn(found.name, after.problem)
    return changed
  }

  /** Picks up what an earlier run of the server had copied. */
  async #recall(): Promise<void> {
    for (const [name, remembered] of Object.entries(await this.#index.load())) {
      const snapshot = await this.#snapshots.recall(remembered.snapshot)
      if (snapshot === undefined) continue
      snapshot.hold()
      const { mark, since, schemaVersion, updatedAt } = remembered
      const answering = { snapshot, schemaVersion, updatedAt }
      this.#sources.set(name, { ...nothing, found: foundOf(name, remembered), mark, since, answering })
      this.#intake.recall(name, answering)
    }
  }

  async #remember(): Promise<void> {
    const remembered: Record<string, Remembered> = {}
    for (const [name, { found, mark, answering, problem, since }] of this.#sources) {
      if (answering === undefined) continue
      const { snapshot, schemaVersion, updatedAt } = answering
      // A file with a problem is read again after a restart.
      remembered[name] = {
        file: found.file,
        mark: problem === null ? mark : '',
        since,
        updatedAt,
        schemaVersion,
        snapshot: snapshot.identity,
      }
    }
    await this.#index.save(remembered)
  }
}

/** Of a dataset that nothing has been read of. */
const nothing = { mark: '', answering: undefined, problem: null, outOfSight: null }

function foundOf(name: string, { file, snapshot: { format, gzip } }: Remembered): NamedEntry {
  return { name, file, format, gzip, description: null }
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
