import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import { examineFile, queryFile } from '@super-data/metadata'
import type { ObjectStore } from '@super-data/objects'
import { timeOf } from '../stamps.ts'
import { libraryMigrations } from '../state/library.ts'
import { travellingTables } from '../state/travelling-tables.ts'
import { Backups } from './backups.ts'
import { Bucket } from './bucket.ts'
import { bucketKeys, parseCompactTime } from './bucket-keys.ts'
import { randomText } from './random-text.ts'

/** A bucket to look for copies in. */
export interface CopySource {
  readonly store: ObjectStore
  readonly key: string
  readonly requestMs: number
  readonly objectBytesMax: number
}

export interface CopyParts {
  /** The library's file. */
  readonly file: string
  readonly backupFolder: string
  readonly clock: Clock
  readonly random: Random
  readonly source?: CopySource | undefined
  readonly signal?: AbortSignal | undefined
}

/** A state of the library that may be put back. */
export interface LibraryCopy {
  /** A file's name, a key in the bucket, or the path of a file elsewhere. */
  readonly name: string
  readonly place: 'backups' | 'sync' | 'bucket' | 'file'
  readonly at: number
  readonly sizeBytes: number
}

/** A copy that was read and found sound, in a file of its own. */
export interface VerifiedCopy extends LibraryCopy {
  readonly file: string
  /** Of its newest row; null when it has none. */
  readonly stamp: string | null
  /** The time that stamp says: nothing later is in the copy. */
  readonly upTo: number | null
}

/** Every copy there is, the newest first: those at hand, then those in the bucket. */
export class LibraryCopies {
  readonly #parts: CopyParts

  constructor(parts: CopyParts) {
    this.#parts = parts
  }

  async local(): Promise<LibraryCopy[]> {
    const { file, backupFolder } = this.#parts
    const backups = await filesIn(backupFolder, 'backups', name => name.startsWith(`${basename(file)}.`))
    const synced = await filesIn(this.#syncFolder(), 'sync', name => name.startsWith('copy-') && name.endsWith('.db'))
    return [...backups, ...synced].toSorted(byAge)
  }

  /** What lies under a path; undefined when that is no file. */
  async elsewhere(path: string): Promise<LibraryCopy | undefined> {
    const stats = await stat(path).catch(() => undefined)
    return stats?.isFile() ? { name: path, place: 'file', at: stats.mtimeMs, sizeBytes: stats.size } : undefined
  }

  /** Empty when there is no bucket. @throws when it does not answer */
  async remote(): Promise<LibraryCopy[]> {
    const { source } = this.#parts
    if (source === undefined) return []
    const bucket = this.#bucket(source)
    const head = await bucket.head(source.key)
    const present: LibraryCopy[] = head
      ? [{ name: source.key, place: 'bucket', at: head.modifiedAt, sizeBytes: head.sizeBytes }]
      : []
    const backups = await new Backups({ ...this.#parts, bucket, keys: bucketKeys(source.key) }).list()
    const earlier = backups.filter(({ name }) => !name.endsWith('-damaged'))
    return [...present, ...earlier.map(backup => ({ ...backup, place: 'bucket' as const }))]
  }

  /** Reads a copy into a file of its own and looks it over; undefined when it is no sound library. */
  async verify(copy: LibraryCopy): Promise<VerifiedCopy | undefined> {
    const { file, random, signal } = this.#parts
    const draft = join(dirname(file), `restore-${randomText(random, 10)}.db`)
    await mkdir(dirname(file), { recursive: true })
    try {
      const whole = await this.#fetch(copy, draft)
      const examined = whole ? await examineFile(draft, { migrations: libraryMigrations, signal }) : undefined
      if (examined?.state !== 'sound') return await discarded(draft)
      const stamp = await newestStamp(draft)
      return { ...copy, file: draft, stamp, upTo: stamp === null ? null : timeOf(stamp) }
    } catch (failure) {
      await discarded(draft)
      throw failure
    }
  }

  /** Puts a verified copy where the library belongs; nothing is there any more. */
  async putInPlace(copy: VerifiedCopy): Promise<void> {
    const { file } = this.#parts
    const handle = await open(copy.file, 'r')
    await handle.chmod(0o600)
    await handle.sync()
    await handle.close()
    await rename(copy.file, file)
    const folder = await open(dirname(file), 'r')
    await folder.sync()
    await folder.close()
  }

  #syncFolder(): string {
    return join(dirname(this.#parts.file), 'sync')
  }

  async #fetch({ name, place }: LibraryCopy, draft: string): Promise<boolean> {
    const { backupFolder, source } = this.#parts
    if (place === 'bucket') {
      const found = source && (await this.#bucket(source).download(name, draft))
      if (typeof found !== 'object') return false
      const announced = found.head.metadata['sha256']
      return announced === undefined || announced === found.sha256
    }
    const folder = { backups: backupFolder, sync: this.#syncFolder(), file: '' }[place]
    await copyFile(join(folder, name), draft)
    return true
  }

  #bucket(source: CopySource): Bucket {
    const traffic = { requests: 0, bytesRead: 0, bytesWritten: 0 }
    const signal = this.#parts.signal ?? new AbortController().signal
    return new Bucket(source.store, { limits: source, traffic, signal })
  }
}

/** The greatest stamp of a library file, or of what can still be read of it. */
export async function newestStamp(file: string): Promise<string | null> {
  const ofEach = travellingTables.map(({ table }) => `select max(stamp) as stamp from ${table}`)
  const [row] = await queryFile(file, `select max(stamp) as stamp from (${ofEach.join(' union all ')})`)
  return (row?.['stamp'] ?? null) as string | null
}

async function filesIn(
  folder: string,
  place: LibraryCopy['place'],
  accepts: (name: string) => boolean,
): Promise<LibraryCopy[]> {
  const names = (await readdir(folder).catch(() => [])).filter(name => accepts(name) && !name.endsWith('.partial'))
  const found = await Promise.all(
    names.map(async name => {
      const stats = await stat(join(folder, name)).catch(() => undefined)
      const at = parseCompactTime(name.split('.').at(2) ?? '') ?? stats?.mtimeMs
      return stats?.isFile() && at !== undefined ? [{ name, place, at, sizeBytes: stats.size }] : []
    }),
  )
  return found.flat()
}

const byAge = (one: LibraryCopy, other: LibraryCopy) => other.at - one.at

async function discarded(draft: string): Promise<undefined> {
  for (const end of ['', '-journal', '-wal', '-shm']) await rm(`${draft}${end}`, { force: true })
  return undefined
}
