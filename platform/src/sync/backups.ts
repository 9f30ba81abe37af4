import { createHash } from 'node:crypto'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import type { ObjectEntry } from '@super-data/objects'
import type { Bucket } from './bucket.ts'
import { type BucketKeys, parseCompactTime } from './bucket-keys.ts'
import { randomText } from './random-text.ts'

export const databaseType = 'application/vnd.sqlite3'

/** Busy installations leave hundreds in an hour, and no sync begins before they are gone. */
const removedAtOnce = 16

/** How many backups stay: the newest ones, and the last of each hour and of each day before those. */
export interface Retention {
  readonly newest: number
  readonly hours: number
  readonly days: number
}

/** One backup in the bucket. */
export interface BackupEntry {
  readonly name: string
  readonly at: number
  readonly sizeBytes: number
}

/** Earlier states of the library in the bucket; never changed, only added and, when old, removed. */
export class Backups {
  readonly #bucket: Bucket
  readonly #keys: BucketKeys
  readonly #clock: Clock
  readonly #random: Random

  constructor(parts: { bucket: Bucket; keys: BucketKeys; clock: Clock; random: Random }) {
    this.#bucket = parts.bucket
    this.#keys = parts.keys
    this.#clock = parts.clock
    this.#random = parts.random
  }

  /** @returns its key */
  async add(bytes: Uint8Array, { damaged = false }: { readonly damaged?: boolean } = {}): Promise<string> {
    const tail = `${randomText(this.#random, 4)}${damaged ? '-damaged' : ''}`
    const key = this.#keys.backup(this.#clock.now(), tail)
    const metadata = { sha256: createHash('sha256').update(bytes).digest('hex') }
    await this.#bucket.put(key, bytes, { ifNoneMatch: '*', contentType: databaseType, metadata })
    return key
  }

  /** Newest first. */
  async list(): Promise<BackupEntry[]> {
    const objects = await this.#bucket.list(this.#keys.backups)
    // Names are exact to the second, and their tails random.
    const ofOneSecond = objects.toSorted((a, b) => a.modifiedAt - b.modifiedAt)
    const entries = ofOneSecond.flatMap(object => toEntry(object, this.#keys))
    return entries.toSorted((a, b) => a.at - b.at).reverse()
  }

  /** Removes what nobody will ask for. @returns how many */
  async prune(retention: Retention): Promise<number> {
    const old = outdated(await this.list(), retention)
    for (let at = 0; at < old.length; at += removedAtOnce) {
      await Promise.all(old.slice(at, at + removedAtOnce).map(({ name }) => this.#bucket.delete(name)))
    }
    return old.length
  }
}

/** Those that may go: neither among the newest nor the last of one of the hours or days before. */
export function outdated(newestFirst: readonly BackupEntry[], { newest, hours, days }: Retention): BackupEntry[] {
  const older = newestFirst.slice(newest)
  const kept = new Set([
    ...lastOfEach(3_600_000, older).slice(0, hours),
    ...lastOfEach(86_400_000, older).slice(0, days),
  ])
  return older.filter(entry => !kept.has(entry))
}

/** The last of each period, newest first. */
function lastOfEach(periodMs: number, newestFirst: readonly BackupEntry[]): BackupEntry[] {
  const periods = Map.groupBy(newestFirst, ({ at }) => Math.floor(at / periodMs))
  return [...periods.values()].flatMap(entries => entries.slice(0, 1))
}

function toEntry({ key, sizeBytes }: ObjectEntry, { backups }: BucketKeys): BackupEntry[] {
  const at = parseCompactTime(key.slice(backups.length))
  return at === undefined ? [] : [{ name: key, at, sizeBytes }]
}
