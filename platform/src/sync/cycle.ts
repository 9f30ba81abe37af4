import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@super-data/base/clock'
import { Cancelled, PlatformError } from '@super-data/base/errors'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { Difference } from '@super-data/metadata'
import { ObjectOutcomeUnknown, ObjectStoreBusy, WriteConflict } from '@super-data/objects'
import { type Backups, databaseType } from './backups.ts'
import type { Base, BaseCopy } from './base-copy.ts'
import type { Bucket, Download, Traffic } from './bucket.ts'
import { type BucketKeys, compactTime } from './bucket-keys.ts'
import {
  BucketTimeout,
  SharedLibraryDamaged,
  SharedLibraryGone,
  SharedLibraryNewer,
  SyncContended,
  type SyncRefused,
} from './errors.ts'
import type { Lease } from './lease.ts'
import { randomFraction, randomText } from './random-text.ts'
import type { SharedDatabase } from './shared-database.ts'
import type { PlaceRow, SyncRecords } from './sync-records.ts'

export interface CycleParts {
  readonly database: SharedDatabase
  readonly records: SyncRecords
  readonly copies: BaseCopy
  readonly keys: BucketKeys
  /** What this installation is called among those that share. */
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Called before anything is written to a place that holds no library yet. */
  readonly onFirstWrite?: (() => Promise<void>) | undefined
  readonly memory: CycleMemory
}

/** Kept from one cycle to the next. */
export interface CycleMemory {
  /** What was found the same as the base when it was last compared. */
  comparedUpTo?: string
  /** By the clock that only goes forward. */
  backedUpAt?: number
}

/** What belongs to one sync. */
export interface CycleUse {
  readonly bucket: Bucket
  readonly backups: Backups
  readonly lease: Lease
  readonly signal: AbortSignal
  /** Write the library anew where it is gone or damaged. */
  readonly recreate: boolean
  /** It is for a change here, of which there may be many: nothing is asked of the bucket when there is nothing to write. */
  readonly onChange: boolean
}

/** What one sync did, and what it cost. */
export interface CycleReport extends Traffic {
  etagBefore: string | null
  etagAfter: string | null
  rowsMerged: number
  rowsPushed: number
  contradictions: number
  conflicts: number
}

/** What the bucket holds: `etag` is what a write must replace; `base` is missing when its content is of no use. */
interface Remote {
  readonly etag: string | undefined
  readonly base: Base | undefined
}

/** Of changes in quick succession the state before the first is kept, and then one in this time. */
const backUpEveryMs = 30_000
const attemptsMax = 12
const pauseMs = { first: 40, most: 2_000 }
/** From here on it is quicker to stand in line. */
const conflictsBeforeLease = 2
/** After this a rejected object is looked at once more: the fault may have been the transfer's. */
const rejectedHoldMs = 600_000

/** One sync: read what changed there, merge it, write what changed here; again, when somebody else was faster. */
export class Cycle {
  readonly #parts: CycleParts
  readonly #use: CycleUse
  readonly #report: CycleReport
  /** What the base has that we lack, once it was compared. */
  readonly #delta: string

  constructor(parts: CycleParts, use: CycleUse, report: CycleReport) {
    this.#parts = parts
    this.#use = use
    this.#report = report
    this.#delta = parts.copies.draft()
  }

  /** @throws SyncRefused until something changes; everything else may work the next time. */
  async run(): Promise<void> {
    const place = await this.#parts.records.read()
    this.#report.etagBefore = place.base_etag
    try {
      const first = await this.#pushAtOnce(place)
      if (first === 'written' || (first === 'same' && this.#use.onChange)) return
      if (first === 'conflict') await this.#pause(1)
      for (let attempt = 2; !(await this.#attempt()); attempt++) {
        if (attempt === attemptsMax) throw new SyncContended(attempt)
        await this.#pause(attempt)
      }
    } finally {
      await this.#use.lease.release()
      await this.#parts.copies.drop(this.#delta)
    }
  }

  /**
   * What is new here goes on top of what we know to be there, without looking first: the condition of the write looks.
   */
  async #pushAtOnce(place: PlaceRow): Promise<'written' | 'same' | 'conflict' | 'unknown'> {
    const { database, copies, memory } = this.#parts
    const base = await copies.find(place)
    const known = place.first_synced_at !== null && place.rejected_etag === null && !this.#use.recreate
    if (base === undefined || !known) return 'unknown'
    const fingerprint = await database.fingerprint()
    const { ours, theirs } = await this.#difference(base, fingerprint)
    if (theirs > 0) return 'unknown'
    if (ours > 0) {
      const written = await this.#push({ etag: base.etag, base }, { rows: ours, fingerprint })
      return written ? 'written' : 'conflict'
    }
    memory.comparedUpTo = comparison(base, fingerprint)
    this.#report.etagAfter = base.etag
    return 'same'
  }

  /** @returns whether both sides hold the same now. */
  async #attempt(): Promise<boolean> {
    const remote = await this.#read()
    this.#report.etagAfter = remote.etag ?? null
    await this.#greet(remote.base)
    const fingerprint = await this.#parts.database.fingerprint()
    const difference = await this.#difference(remote.base, fingerprint)
    if (difference.theirs > 0) await this.#merge()
    if (difference.ours > 0) return this.#push(remote, { rows: difference.ours, fingerprint })
    this.#parts.memory.comparedUpTo = comparison(remote.base, fingerprint)
    return true
  }

  async #read(): Promise<Remote> {
    const { records, copies, keys } = this.#parts
    const place = await records.read()
    const base = await copies.find(place)
    const rejected = this.#use.recreate ? undefined : this.#rejectedEtag(place)
    const draft = copies.draft()
    try {
      const found = await this.#use.bucket.download(keys.database, draft, rejected ?? base?.etag)
      if (found === 'missing') return this.#missing(place)
      if (found !== 'unchanged') return await this.#take(found, draft)
      if (rejected !== undefined) throw refusalOf(place)
      return { etag: base?.etag, base }
    } finally {
      if ((await records.read()).base_file !== baseName(draft)) await copies.drop(draft)
    }
  }

  #rejectedEtag({ rejected_etag, rejected_at, rejected_schema }: PlaceRow): string | undefined {
    const { database, clock } = this.#parts
    const held = rejected_schema === database.schema && clock.now() - (rejected_at ?? 0) < rejectedHoldMs
    return held ? (rejected_etag ?? undefined) : undefined
  }

  #missing({ first_synced_at }: PlaceRow): Remote {
    if (first_synced_at !== null && !this.#use.recreate) throw new SharedLibraryGone(this.#parts.keys.database)
    return { etag: undefined, base: undefined }
  }

  /** Makes what arrived the base, when it is sound. */
  async #take({ head, sha256 }: Download, draft: string): Promise<Remote> {
    const { database, copies } = this.#parts
    const announced = head.metadata['sha256']
    const verdict =
      announced === undefined || announced === sha256
        ? await database.examine(draft, this.#use.signal)
        : ({ state: 'damaged', findings: ['its checksum is another than the one it was written with'] } as const)
    if (verdict.state === 'newer') {
      return this.#reject(new SharedLibraryNewer(verdict.unknown), head.etag, draft)
    }
    if (verdict.state === 'damaged') {
      if (this.#use.recreate) return this.#replaceDamaged(head.etag, draft)
      return this.#reject(new SharedLibraryDamaged(verdict.findings), head.etag, draft)
    }
    const base = { etag: head.etag, sha256, file: draft }
    await copies.adopt(base)
    return { etag: head.etag, base }
  }

  async #reject(refusal: SyncRefused, etag: string, draft: string): Promise<never> {
    const { copies, records, clock, database } = this.#parts
    const at = clock.now()
    if (refusal instanceof SharedLibraryDamaged) await copies.setAside(draft, `${compactTime(at)}-damaged`)
    await records.remember({
      ...{ rejected_etag: etag, rejected_at: at, rejected_schema: database.schema },
      ...{ rejected_code: refusal.code, rejected_message: refusal.message },
    })
    throw refusal
  }

  /** What is damaged is kept beside the backups before it is replaced. */
  async #replaceDamaged(etag: string, draft: string): Promise<Remote> {
    await this.#use.backups.add(await readFile(draft), { damaged: true })
    return { etag, base: undefined }
  }

  /** The first time at a place: a library that is there counts, and nothing is imported beside it. */
  async #greet(base: Base | undefined): Promise<void> {
    const { records, onFirstWrite, clock } = this.#parts
    if ((await records.read()).first_synced_at !== null) return
    if (base === undefined) await onFirstWrite?.()
    else await records.remember({ first_synced_at: clock.now() })
  }

  async #difference(base: Base | undefined, fingerprint: string): Promise<Difference> {
    const { database, memory } = this.#parts
    if (base === undefined) return { ours: (await database.isEmpty()) ? 0 : 1, theirs: 0 }
    if (memory.comparedUpTo === comparison(base, fingerprint)) return { ours: 0, theirs: 0 }
    return database.compare(base.file, this.#delta, this.#use.signal)
  }

  async #merge(): Promise<void> {
    const { rows, contradictions } = await this.#parts.database.merge(this.#delta, this.#use.signal)
    this.#report.rowsMerged += Object.values(rows).reduce((sum, count) => sum + count, 0)
    this.#report.contradictions += contradictions
  }

  /**
   * @param state of the database from before it is copied: what changes afterwards is looked for the next time.
   * @returns false when somebody else was faster.
   */
  async #push(remote: Remote, state: { readonly rows: number; readonly fingerprint: string }): Promise<boolean> {
    const { database, copies, records, clock, memory } = this.#parts
    const draft = copies.draft()
    try {
      const { sha256 } = await database.snapshot(draft, this.#use.signal)
      await this.#backUp(remote.base)
      const etag = await this.#write(draft, sha256, remote.etag)
      if (etag === undefined) return false
      const first = (await records.read()).first_synced_at ?? clock.now()
      const base = { etag, sha256, file: draft }
      await copies.adopt(base, { first_synced_at: first })
      memory.comparedUpTo = comparison(base, state.fingerprint)
      this.#report.rowsPushed += state.rows
      this.#report.etagAfter = etag
      return true
    } finally {
      if ((await records.read()).base_file !== baseName(draft)) await copies.drop(draft)
    }
  }

  /** What is about to be overwritten is kept first. */
  async #backUp(base: Base | undefined): Promise<void> {
    const { records, clock, memory } = this.#parts
    const keptLately = clock.elapsed() - (memory.backedUpAt ?? -Infinity) < backUpEveryMs
    if (base === undefined || (keptLately && this.#use.onChange)) return
    if ((await records.read()).backed_up_etag === base.etag) return
    await this.#use.backups.add(await readFile(base.file))
    memory.backedUpAt = clock.elapsed()
    await records.remember({ backed_up_etag: base.etag })
  }

  /** @returns the new ETag; undefined when somebody else was faster. */
  async #write(file: string, sha256: string, replaces: string | undefined): Promise<string | undefined> {
    const { keys, random, node, database } = this.#parts
    const opId = randomText(random, 20)
    const metadata = { sha256, node, schema: database.schema, 'op-id': opId }
    const condition = replaces === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatchBytes: replaces }
    try {
      return await this.#use.bucket.put(keys.database, await readFile(file), {
        ...{ ...condition, metadata, contentType: databaseType },
      })
    } catch (failure) {
      if (!isUncertain(failure)) throw failure
      // An answer that got lost looks like a conflict with ourselves.
      const head = await this.#use.bucket.head(keys.database)
      if (head?.metadata['op-id'] === opId) return head.etag
      if (!isConflict(failure)) throw failure
      return undefined
    }
  }

  async #pause(attempt: number): Promise<void> {
    const { random } = this.#parts
    const { signal, lease } = this.#use
    this.#report.conflicts += 1
    const longest = Math.min(pauseMs.first * 2 ** attempt, pauseMs.most)
    try {
      await sleep(Math.ceil(longest * randomFraction(random)), undefined, { signal })
    } catch (failure) {
      throw new Cancelled(failure)
    }
    if (attempt >= conflictsBeforeLease) await lease.acquire()
  }
}

const isConflict = (failure: unknown) => failure instanceof WriteConflict || failure instanceof ObjectStoreBusy

/** Whether the write may have happened all the same. */
const isUncertain = (failure: unknown) =>
  isConflict(failure) || failure instanceof ObjectOutcomeUnknown || failure instanceof BucketTimeout

const baseName = (file: string) => file.slice(file.lastIndexOf('/') + 1)

const comparison = (base: Base | undefined, fingerprint: string) => `${base?.etag ?? ''} ${fingerprint}`

/** The refusal that was remembered, as nothing has changed since. */
function refusalOf({ rejected_code, rejected_message }: PlaceRow): Error {
  if (rejected_code === 'SYNC_LIBRARY_NEWER') return new SharedLibraryNewer([])
  return new SharedLibraryDamaged([rejected_message ?? ''])
}

/** The public face of whatever ended a sync. */
export function failureOf(failure: unknown): { code: string; message: string; hint: string | null } {
  if (failure instanceof PlatformError)
    return { code: failure.code, message: failure.message, hint: failure.hint ?? null }
  return { code: 'INTERNAL', message: 'something went wrong inside the server', hint: null }
}
