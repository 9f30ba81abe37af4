import { mkdir, open, readdir, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import { onDisk } from './disk.ts'
import type { Layout } from './layout.ts'
import { writeObjectFile } from './object-file.ts'
import { ProcessLock } from './process-lock.ts'

type Content = Parameters<typeof writeObjectFile>

/**
 * Files being written, in a folder of this store's own. The folder's lock is held as long as the store is open, so
 * whoever opens the store next can tell the leftovers of the dead from the work of the living.
 */
export class Drafts {
  readonly #folder: string
  readonly #owner: ProcessLock
  readonly #entrance: Entrance
  #count = 0

  private constructor(parts: { folder: string; owner: ProcessLock; entrance: Entrance }) {
    this.#folder = parts.folder
    this.#owner = parts.owner
    this.#entrance = parts.entrance
  }

  /** Clears what crashed writers left, then makes a new folder. */
  static async open(layout: Layout, components: { clock: Clock; random: Random }): Promise<Drafts> {
    const entrance = new Entrance(layout, components.clock)
    return entrance.pass(async () => {
      await clearLeftovers(layout, components.clock)
      const folder = join(layout.drafts, Buffer.from(components.random.bytes(8)).toString('hex'))
      await mkdir(folder)
      const owner = ProcessLock.open(join(folder, 'owner'), components.clock)
      await owner.acquire()
      return new Drafts({ folder, owner, entrance })
    })
  }

  /** Writes an object to a file, durably. Nobody sees it before it is linked or renamed into its place. */
  async write(head: Content[1], chunks: Content[2]): Promise<string> {
    const path = join(this.#folder, String(this.#count++))
    const file = await onDisk(() => open(path, 'wx'))
    try {
      await writeObjectFile(file, head, chunks)
      await onDisk(() => file.datasync())
    } catch (failure) {
      await file.close().catch(() => {})
      await this.discard(path)
      throw failure
    }
    await onDisk(() => file.close())
    return path
  }

  async discard(path: string): Promise<void> {
    // One that stays is cleared with its folder.
    await unlink(path).catch(() => {})
  }

  async close(): Promise<void> {
    await this.#entrance.pass(async () => {
      this.#owner.close()
      await rm(this.#folder, { recursive: true, force: true })
    })
  }
}

/**
 * Lets one store at a time come or go, among all processes: a folder that is made but not yet locked, or unlocked but
 * not yet gone, looks like the leftover of a crash.
 */
class Entrance {
  readonly #file: string
  readonly #clock: Clock

  constructor(layout: Layout, clock: Clock) {
    this.#file = join(layout.locks, 'open')
    this.#clock = clock
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    const lock = ProcessLock.open(this.#file, this.#clock)
    try {
      await lock.acquire()
      return await work()
    } finally {
      lock.close()
    }
  }
}

async function clearLeftovers(layout: Layout, clock: Clock): Promise<void> {
  for (const name of await readdir(layout.drafts)) {
    const folder = join(layout.drafts, name)
    const owner = ProcessLock.open(join(folder, 'owner'), clock)
    const dead = owner.tryAcquire()
    if (dead) await rm(folder, { recursive: true, force: true })
    owner.close()
  }
}
