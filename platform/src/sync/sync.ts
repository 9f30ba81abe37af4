import type { Clock } from '@super-data/base/clock'
import type { Ids, Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { Database } from '@super-data/metadata'
import type { ObjectStore } from '@super-data/objects'
import { type BackupEntry, Backups, type Retention } from './backups.ts'
import { BaseCopy } from './base-copy.ts'
import { Bucket, type BucketLimits, type Traffic } from './bucket.ts'
import { type BucketKeys, bucketKeys } from './bucket-keys.ts'
import { Cycle, type CycleMemory, type CycleReport, type CycleUse, failureOf } from './cycle.ts'
import { ConditionalWritesMissing, SyncRefused } from './errors.ts'
import { ExportObjects, type ExportSource } from './exports.ts'
import { SyncHealth, type SyncState } from './health.ts'
import { Lease } from './lease.ts'
import { probeConditionalWrites } from './probe.ts'
import { randomFraction } from './random-text.ts'
import type { SharedDatabase } from './shared-database.ts'
import { type RunRow, SyncRecords } from './sync-records.ts'
import type { SyncTables } from './sync-schema.ts'
import { writeVersion } from './version-file.ts'

export interface SyncSettings {
  /** Names the bucket and what is shared in it; what is remembered belongs to it. Safe to show. */
  readonly place: string
  /** Key of the database's object. */
  readonly key: string
  readonly intervalMs: number
  /** A change here is written after so long, or up to twice that; undefined: at the interval. */
  readonly changeMs?: number | undefined
  /** After this a lease that gave no sign of life is taken over. */
  readonly leaseMs: number
  readonly requestMs: number
  readonly objectBytesMax: number
  /** What a stop may take to write what is not in the bucket yet. */
  readonly stopMs: number
  readonly retention: Retention
}

export interface SyncParts {
  readonly store: ObjectStore
  readonly database: SharedDatabase
  readonly platform: Database<SyncTables>
  /** Where copies lie that are under way. */
  readonly folder: string
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
  readonly log: Log
  /** Called before anything is written to a place that holds no library yet. */
  readonly onFirstWrite?: (() => Promise<void>) | undefined
  /** What people may read in the bucket; written when it has changed. */
  readonly exports?: ExportSource | undefined
}

export type SyncTrigger = 'start' | 'interval' | 'change' | 'manual' | 'stop'

/** How a sync ended. `unchanged`: both sides held the same. */
export interface SyncRun extends CycleReport {
  readonly trigger: SyncTrigger
  readonly startedAt: number
  readonly endedAt: number
  readonly outcome: 'unchanged' | 'synced' | 'refused' | 'failed'
  readonly code: string | null
  readonly message: string | null
  readonly hint: string | null
}

export interface SyncStatus {
  readonly place: string
  readonly state: SyncState
  /** Of the last sync, when it did not work. */
  readonly code: string | null
  readonly message: string | null
  readonly hint: string | null
  /** When both sides last held the same, as far as this process knows. */
  readonly syncedAt: number | null
  readonly nextAt: number | null
  readonly intervalMs: number
  readonly runs: Readonly<Record<SyncRun['outcome'], number>>
}

const pruneEveryMs = 3_600_000
/** Writing after each change takes a fifth of the time at most, however large the library is. */
const restAfterChange = 4

/** Keeps the library the same in all installations that share a bucket. Never in the way of local work. */
export class Sync implements AsyncDisposable {
  readonly settings: SyncSettings
  readonly #parts: SyncParts
  readonly #keys: BucketKeys
  readonly #records: SyncRecords
  readonly #copies: BaseCopy
  readonly #exports: ExportObjects | undefined
  readonly #health: SyncHealth
  readonly #closing = new AbortController()
  readonly #memory: CycleMemory = {}
  readonly #counts = { unchanged: 0, synced: 0, refused: 0, failed: 0 }
  #last: SyncRun | undefined
  #syncedAt: number | null = null
  #nextAt: number | null = null
  #probed = false
  /** The database's fingerprint when the last run began, if that worked. */
  #seen: string | undefined
  #running: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #changeTimer: NodeJS.Timeout | undefined
  #started = false
  #closed: Promise<void> | undefined

  private constructor(parts: SyncParts, settings: SyncSettings, kept: { records: SyncRecords; copies: BaseCopy }) {
    this.settings = settings
    this.#parts = parts
    this.#keys = bucketKeys(settings.key)
    this.#records = kept.records
    this.#copies = kept.copies
    const remembered = { records: kept.records, keys: this.#keys }
    this.#exports = parts.exports && new ExportObjects(parts.exports, remembered)
    this.#health = new SyncHealth(settings.intervalMs, parts.random)
  }

  /** Borrows everything. Asks the bucket nothing yet. */
  static async open(parts: SyncParts, settings: SyncSettings): Promise<Sync> {
    const records = new SyncRecords(parts.platform, settings.place, parts.ids)
    const copies = await BaseCopy.open(parts.folder, { ...parts, records })
    return new Sync(parts, settings, { records, copies })
  }

  /** Syncs now, then at the interval and soon after each change here, until it is closed. */
  start(): void {
    if (this.#started || this.#closed) return
    this.#started = true
    this.#schedule(0)
    const { changeMs } = this.settings
    if (changeMs !== undefined) this.#watch(changeMs, 0)
  }

  /**
   * Syncs once, after the one under way. Never throws: the run says how it ended.
   *
   * @param recreate writes the library anew where it is gone or damaged.
   */
  run(
    trigger: SyncTrigger,
    options: { readonly signal?: AbortSignal | undefined; readonly recreate?: boolean } = {},
  ): Promise<SyncRun> {
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])])
    const run = this.#running.then(() => this.#run(trigger, signal, options.recreate ?? false))
    this.#running = run.catch(() => {})
    return run
  }

  status(): SyncStatus {
    const failed = this.#last?.outcome === 'failed' || this.#last?.outcome === 'refused' ? this.#last : undefined
    return {
      ...{ place: this.settings.place, state: this.#health.state, intervalMs: this.settings.intervalMs },
      ...{ code: failed?.code ?? null, message: failed?.message ?? null, hint: failed?.hint ?? null },
      ...{ syncedAt: this.#syncedAt, nextAt: this.#nextAt, runs: { ...this.#counts } },
    }
  }

  history(page: { readonly limit: number; readonly before?: string | undefined }): Promise<RunRow[]> {
    return this.#records.runs(page)
  }

  /** Backups in the bucket, newest first. */
  backups(signal: AbortSignal): Promise<BackupEntry[]> {
    return this.#backups(this.#bucket({ requests: 0, bytesRead: 0, bytesWritten: 0 }, signal)).list()
  }

  /** Writes what is not in the bucket yet, as far as there is time for it. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer)
    clearTimeout(this.#changeTimer)
    const limit = setTimeout(() => this.#closing.abort(), this.settings.stopMs)
    try {
      if (this.#started && this.#health.state !== 'offline') await this.run('stop')
      await this.#running
    } finally {
      clearTimeout(limit)
      this.#closing.abort()
      await this.#copies.close()
    }
  }

  #schedule(delayMs: number): void {
    this.#nextAt = this.#parts.clock.now() + delayMs
    this.#timer = setTimeout(async () => {
      await this.run(this.#last === undefined ? 'start' : 'interval')
      if (!this.#closed) this.#schedule(this.#health.nextDelayMs())
    }, delayMs).unref()
  }

  /**
   * Looks whether the database changed, by whatever process, and writes what others do not have. Of several processes on a
   * home one is first: the delay is `changeMs` to twice that.
   */
  #watch(changeMs: number, restMs: number): void {
    const delayMs = Math.max(changeMs * (1 + randomFraction(this.#parts.random)), restMs)
    this.#changeTimer = setTimeout(async () => {
      const tookMs = await this.#writeChanges()
      if (!this.#closed) this.#watch(changeMs, tookMs * restAfterChange)
    }, delayMs).unref()
  }

  /** @returns how long it took */
  async #writeChanges(): Promise<number> {
    const { clock, database } = this.#parts
    // A sync under way may write them, or find that the bucket does not answer: then they wait with everything else.
    await this.#running
    if (this.#health.state !== 'healthy' || (await database.fingerprint()) === this.#seen) return 0
    if (this.#closed) return 0
    const started = clock.elapsed()
    await this.run('change')
    return clock.elapsed() - started
  }

  async #run(trigger: SyncTrigger, signal: AbortSignal, recreate: boolean): Promise<SyncRun> {
    const { clock, log, database } = this.#parts
    const startedAt = clock.now()
    const report = newReport()
    let failure: unknown
    try {
      this.#seen = await database.fingerprint()
      await this.#cycle(report, { signal, recreate, onChange: trigger === 'change' })
    } catch (caught) {
      failure = caught
      this.#seen = undefined
    }
    const run = { ...report, trigger, startedAt, endedAt: clock.now(), ...outcomeOf(report, failure) }
    if (failure !== undefined) log.warn({ err: failure, trigger }, 'the library was not synced')
    this.#settle(run)
    await this.#record(run)
    return run
  }

  async #cycle(report: CycleReport, use: Pick<CycleUse, 'signal' | 'recreate' | 'onChange'>): Promise<void> {
    const { signal } = use
    const { clock, random, node, log } = this.#parts
    const bucket = this.#bucket(report, signal)
    if (!this.#probed) await probeConditionalWrites(bucket, this.#keys, random)
    this.#probed = true
    const lease = new Lease({
      ...{ bucket, key: this.#keys.lock, owner: node, ttlMs: this.settings.leaseMs },
      ...{ clock, log, signal },
    })
    const parts = {
      ...this.#parts,
      ...{ records: this.#records, copies: this.#copies, keys: this.#keys, memory: this.#memory },
    }
    await new Cycle(parts, { ...use, bucket, backups: this.#backups(bucket), lease }, report).run()
    if (report.rowsPushed > 0) await this.#afterPush(bucket)
  }

  /** What is not needed for the library itself; the next push makes up for what fails here. */
  async #afterPush(bucket: Bucket): Promise<void> {
    const { clock, log, database } = this.#parts
    try {
      await writeVersion(bucket, { ...this.#parts, records: this.#records, keys: this.#keys, schema: database.schema })
      await this.#exports?.write(bucket)
      const { pruned_at } = await this.#records.read()
      if (clock.now() - (pruned_at ?? 0) < pruneEveryMs) return
      await this.#records.remember({ pruned_at: clock.now() })
      if (pruned_at !== null) await this.#backups(bucket).prune(this.settings.retention)
    } catch (failure) {
      log.warn({ err: failure }, 'the library is synced, but not what lies beside it')
    }
  }

  #settle(run: SyncRun): void {
    // Nothing to write, and nobody was asked: it says nothing about the bucket.
    if (run.outcome === 'unchanged' && run.requests === 0) return
    this.#last = run
    this.#counts[run.outcome] += 1
    if (run.outcome === 'refused') this.#health.refused(run.code ?? '')
    else if (run.outcome !== 'failed') this.#worked(run)
    else if (run.code !== 'CANCELLED') this.#health.failed()
  }

  #worked(run: SyncRun): void {
    this.#syncedAt = run.endedAt
    this.#health.worked()
  }

  /** A poll that found nothing new is no news. */
  async #record(run: SyncRun): Promise<void> {
    if (run.outcome === 'unchanged') return
    try {
      await this.#records.addRun({
        ...{ trigger: run.trigger, started_at: run.startedAt, ended_at: run.endedAt, outcome: run.outcome },
        ...{ code: run.code, message: run.message, etag_before: run.etagBefore, etag_after: run.etagAfter },
        ...{ rows_merged: run.rowsMerged, rows_pushed: run.rowsPushed, contradictions: run.contradictions },
        ...{ conflicts: run.conflicts, requests: run.requests },
        ...{ bytes_read: run.bytesRead, bytes_written: run.bytesWritten },
      })
    } catch (failure) {
      this.#parts.log.warn({ err: failure }, 'a sync could not be recorded')
    }
  }

  #bucket(traffic: Traffic, signal: AbortSignal): Bucket {
    const limits: BucketLimits = this.settings
    return new Bucket(this.#parts.store, { limits, traffic, signal })
  }

  #backups(bucket: Bucket): Backups {
    return new Backups({ ...this.#parts, bucket, keys: this.#keys })
  }
}

function newReport(): CycleReport {
  return {
    ...{ etagBefore: null, etagAfter: null, rowsMerged: 0, rowsPushed: 0, contradictions: 0, conflicts: 0 },
    ...{ requests: 0, bytesRead: 0, bytesWritten: 0 },
  }
}

function outcomeOf(report: CycleReport, failure: unknown): Pick<SyncRun, 'outcome' | 'code' | 'message' | 'hint'> {
  if (failure === undefined) {
    const idle = report.rowsMerged === 0 && report.rowsPushed === 0 && report.etagBefore === report.etagAfter
    return { outcome: idle ? 'unchanged' : 'synced', code: null, message: null, hint: null }
  }
  const refused = failure instanceof SyncRefused || failure instanceof ConditionalWritesMissing
  return { outcome: refused ? 'refused' : 'failed', ...failureOf(failure) }
}
