import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import { randomText } from './random-text.ts'
import type { PlaceRow, SyncRecords } from './sync-records.ts'

/** What the bucket held when we last looked, as a file here. */
export interface Base {
  readonly etag: string
  readonly sha256: string
  readonly file: string
}

/** Damaged objects that are kept to look into. */
const setAsideMax = 5

/** Copies this old that nobody refers to are of processes that are gone. */
const leftOverMs = 600_000

/** The files of sync: the base, what is under way, and what was set aside. */
export class BaseCopy {
  readonly #folder: string
  readonly #records: SyncRecords
  readonly #random: Random
  /** The base before the present one, which another process on this home may be comparing with. */
  #replaced: string | undefined

  private constructor(folder: string, records: SyncRecords, random: Random) {
    this.#folder = folder
    this.#records = records
    this.#random = random
  }

  /** Makes the folder, and removes what a process that was killed left in it. */
  static async open(
    folder: string,
    { records, random, clock }: { records: SyncRecords; random: Random; clock: Clock },
  ): Promise<BaseCopy> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const copy = new BaseCopy(folder, records, random)
    await copy.#clean((await records.read()).base_file, clock.now() - leftOverMs)
    return copy
  }

  /** A name for something that becomes the base, or nothing. */
  draft(): string {
    return join(this.#folder, `copy-${randomText(this.#random, 12)}.db`)
  }

  /** Undefined when there is none, or its file is gone: then the bucket must be read again. */
  async find({ base_etag, base_sha256, base_file }: PlaceRow): Promise<Base | undefined> {
    if (base_etag === null || base_sha256 === null || base_file === null) return undefined
    const file = join(this.#folder, base_file)
    const found = await stat(file).catch(() => undefined)
    return found?.isFile() ? { etag: base_etag, sha256: base_sha256, file } : undefined
  }

  /** From now on this is what the bucket holds. */
  async adopt(base: Base, more: Partial<Omit<PlaceRow, 'place'>> = {}): Promise<void> {
    const before = (await this.#records.read()).base_file
    const base_file = base.file.slice(this.#folder.length + 1)
    const rejected = { rejected_etag: null, rejected_code: null, rejected_message: null, rejected_at: null }
    await this.#records.remember({
      ...{ base_etag: base.etag, base_sha256: base.sha256, base_file },
      ...rejected,
      ...more,
    })
    if (before === null || before === base_file) return
    await this.#dropReplaced()
    this.#replaced = join(this.#folder, before)
  }

  /** Keeps a file that cannot be used, for somebody to look into. */
  async setAside(file: string, name: string): Promise<string> {
    const folder = join(this.#folder, 'set-aside')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const kept = join(folder, `${name}.db`)
    await rename(file, kept)
    const names = (await readdir(folder)).sort()
    for (const old of names.slice(0, -setAsideMax)) await rm(join(folder, old), { force: true })
    return kept
  }

  async drop(file: string): Promise<void> {
    for (const each of [file, `${file}.partial`, `${file}-journal`, `${file}-wal`, `${file}-shm`]) {
      await rm(each, { force: true })
    }
  }

  /** Leaves the base alone, for the next process. */
  close(): Promise<void> {
    return this.#dropReplaced()
  }

  async #dropReplaced(): Promise<void> {
    if (this.#replaced !== undefined) await this.drop(this.#replaced)
    this.#replaced = undefined
  }

  async #clean(base: string | null, before: number): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!name.startsWith('copy-') || name === base) continue
      const file = join(this.#folder, name)
      const found = await stat(file).catch(() => undefined)
      if (found && found.mtimeMs < before) await this.drop(file)
    }
  }
}
