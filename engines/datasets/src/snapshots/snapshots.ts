import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Facts } from '../content/facts.ts'
import type { DatasetFormat } from '../dataset.ts'
import { DatasetInvalid } from '../errors.ts'
import { Snapshot, type SnapshotFiles, type SnapshotIdentity } from './snapshot.ts'

/** A copy that has not been looked into yet. */
export interface Copy {
  readonly file: string
  readonly identity: SnapshotIdentity
}

/** Hands on what is to be copied, chunk by chunk, each good until `take` is done. */
export type ReadAll = (take: (chunk: Uint8Array) => Promise<void>) => Promise<void>

/** The copies of data files, by content: one content is stored once. */
export class Snapshots {
  readonly #folder: string
  readonly #held = new Map<string, Snapshot>()
  /** Files of these are going; the same content may come again meanwhile. */
  readonly #going = new Map<string, Promise<unknown>>()
  #lastCopy = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(folder: string): Promise<Snapshots> {
    await mkdir(folder, { recursive: true })
    return new Snapshots(folder)
  }

  /**
   * Copies what is read while hashing it.
   *
   * @throws DatasetInvalid when it is larger than `bytesMax`. The caller removes the copy or keeps it with `keep`.
   */
  async copy(
    readAll: ReadAll,
    { format, gzip }: { readonly format: DatasetFormat; readonly gzip: boolean },
    bytesMax: number,
  ): Promise<Copy> {
    const file = join(this.#folder, `incoming-${process.pid}-${++this.#lastCopy}`)
    try {
      const { hash, sizeBytes } = await copyHashing(readAll, file, bytesMax)
      const version = hash.slice(0, 16)
      const id = `${hash.slice(0, 32)}.${format}${gzip ? '.gz' : ''}`
      return { file, identity: { id, version, sizeBytes, format, gzip } }
    } catch (error) {
      await rm(file, { force: true })
      throw error
    }
  }

  /** A copy with this content that is there already. */
  find(id: string): Snapshot | undefined {
    return this.#held.get(id)
  }

  /** Takes a copy over under its own name. The caller holds it. */
  async keep(copy: Copy, facts: Facts): Promise<Snapshot> {
    const files = this.#filesOf(copy.identity.id)
    await this.#going.get(copy.identity.id)
    await writeFile(files.facts, JSON.stringify(facts))
    await rename(copy.file, files.data)
    return this.#add(copy.identity, facts)
  }

  /** A snapshot of an earlier run of the server; `undefined` when its files are not whole. */
  async recall(identity: SnapshotIdentity): Promise<Snapshot | undefined> {
    const present = this.find(identity.id)
    if (present) return present
    const files = this.#filesOf(identity.id)
    try {
      const facts = JSON.parse(await readFile(files.facts, 'utf8')) as Facts
      const { size } = await stat(files.data)
      return size === identity.sizeBytes ? this.#add(identity, facts) : undefined
    } catch {
      return undefined
    }
  }

  /** Removes every file that belongs to no held snapshot. */
  async sweep(): Promise<void> {
    const wanted = new Set([...this.#held.values()].flatMap(({ files }) => [files.data, files.facts, files.rows]))
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name)
      if (!wanted.has(file)) await rm(file, { force: true })
    }
  }

  #add(identity: SnapshotIdentity, facts: Facts): Snapshot {
    const snapshot = new Snapshot(identity, this.#filesOf(identity.id), facts, unused => this.#remove(unused))
    this.#held.set(identity.id, snapshot)
    return snapshot
  }

  #filesOf(id: string): SnapshotFiles {
    const data = join(this.#folder, id)
    const incoming = join(this.#folder, `incoming-${process.pid}-${++this.#lastCopy}`)
    return { data, facts: `${data}.facts`, rows: `${data}.rows.ndjson`, incoming }
  }

  #remove(snapshot: Snapshot): void {
    this.#held.delete(snapshot.identity.id)
    const { id } = snapshot.identity
    const { data, facts, rows } = snapshot.files
    // What cannot be removed now is swept at the next start.
    const going = Promise.allSettled([data, facts, rows].map(file => rm(file, { force: true })))
    this.#going.set(id, going)
    void going.then(() => this.#going.delete(id))
  }

  /** Every removal begun has ended. */
  async close(): Promise<void> {
    await Promise.all(this.#going.values())
  }
}

async function copyHashing(
  readAll: ReadAll,
  target: string,
  bytesMax: number,
): Promise<{ hash: string; sizeBytes: number }> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  await using copy = await open(target, 'w', 0o600)
  await readAll(async chunk => {
    sizeBytes += chunk.byteLength
    if (sizeBytes > bytesMax) throw new DatasetInvalid('it is larger than the server takes')
    hash.update(chunk)
    await copy.writeFile(chunk)
  })
  return { hash: hash.digest('hex'), sizeBytes }
}
