import { link, open, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { ObjectOutcomeUnknown, WriteConflict } from '../errors.ts'
import type { ObjectHead } from '../object-store.ts'
import { assertPrecondition, type Precondition } from '../request.ts'
import { errorCode, ifPresent, onDisk } from './disk.ts'
import { syncFolder } from './layout.ts'
import { readObjectFile } from './object-file.ts'
import { ProcessLock } from './process-lock.ts'
import { SharedRun } from './shared-run.ts'

/** One folder of object files and the one door through which they are replaced or removed. */
export class Shard {
  readonly folder: string
  readonly #lockFile: string
  readonly #clock: Clock
  readonly #sync: SharedRun
  #lock: ProcessLock | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(place: { readonly folder: string; readonly lockFile: string }, clock: Clock) {
    this.folder = place.folder
    this.#lockFile = place.lockFile
    this.#clock = clock
    this.#sync = new SharedRun(() => syncFolder(place.folder))
  }

  /** Makes a draft the object, when the precondition holds. */
  async publish(key: string, draft: { path: string; name: string; precondition: Precondition }): Promise<void> {
    const target = join(this.folder, draft.name)
    if (draft.precondition?.must === 'be absent') await create(key, draft.path, target)
    else await this.#replace(key, { ...draft, target })
    await this.#makeDurable(key)
  }

  /** @returns whether there was an object. */
  async remove(
    key: string,
    object: { name: string; precondition: Precondition; signal?: AbortSignal },
  ): Promise<boolean> {
    const path = join(this.folder, object.name)
    const removed = await this.#exclusively(async () => {
      const found = await readHead(path, key)
      if (found === undefined) return false
      assertPrecondition(key, object.precondition, found.etag)
      await unlink(path)
      return true
    })
    if (removed) await this.#makeDurable(key)
    return removed
  }

  async close(): Promise<void> {
    await this.#turn
    this.#lock?.close()
  }

  /** Reading the ETag and renaming are two steps: the lock makes them one, also against unconditional writers. */
  async #replace(key: string, draft: { path: string; target: string; precondition: Precondition }): Promise<void> {
    await this.#exclusively(async () => {
      if (draft.precondition !== undefined) {
        const found = await readHead(draft.target, key)
        assertPrecondition(key, draft.precondition, found?.etag)
      }
      await rename(draft.path, draft.target)
    })
  }

  /** First among the callers in this process, in their order, then among processes. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => onDisk(() => this.#locked(work)))
    this.#turn = result.catch(() => {})
    return result
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    this.#lock ??= ProcessLock.open(this.#lockFile, this.#clock)
    await this.#lock.acquire()
    try {
      return await work()
    } finally {
      this.#lock.release()
    }
  }

  async #makeDurable(key: string): Promise<void> {
    try {
      await this.#sync.run()
    } catch (failure) {
      // The change is visible, but a power failure may take it back.
      throw new ObjectOutcomeUnknown(key, failure)
    }
  }
}

/** link(2) fails when the name is taken: of many creators one wins, without a lock. */
async function create(key: string, draft: string, target: string): Promise<void> {
  await onDisk(async () => {
    try {
      await link(draft, target)
    } catch (failure) {
      if (errorCode(failure) === 'EEXIST') throw new WriteConflict(key, 'exists')
      throw failure
    }
  })
  // A draft that stays is cleared with its folder.
  await unlink(draft).catch(() => {})
}

/** @returns undefined when there is no object. @throws ObjectDamaged */
export async function readHead(path: string, key: string): Promise<ObjectHead | undefined> {
  return onDisk(async () => {
    const file = await ifPresent(() => open(path, 'r'))
    if (file === undefined) return undefined
    try {
      return (await readObjectFile(file, key)).head
    } finally {
      await file.close()
    }
  })
}
