import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@super-data/base/clock'
import { throwIfAborted } from '@super-data/base/errors'
import { ObjectStoreBusy } from '../errors.ts'

const sqliteBusy = 5
const waitMs = 10_000

/**
 * A lock between processes that the kernel releases when its holder dies, however it dies.
 *
 * Node offers no file locks of its own, and lock files with a process id must guess whether the holder still lives. An
 * exclusive transaction on an empty SQLite file is a kernel lock (and exact between holders in one process, too).
 */
export class ProcessLock {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  #prepared = false

  private constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  static open(file: string, clock: Clock): ProcessLock {
    return new ProcessLock(new DatabaseSync(file, { timeout: 0 }), clock)
  }

  tryAcquire(): boolean {
    try {
      this.#prepare()
      this.#database.exec('begin exclusive')
      return true
    } catch (failure) {
      if (isBusy(failure)) return false
      throw failure
    }
  }

  /** @throws ObjectStoreBusy after ten seconds. */
  async acquire(signal?: AbortSignal): Promise<void> {
    const deadline = this.#clock.elapsed() + waitMs
    for (let attempt = 0; !this.tryAcquire(); attempt++) {
      throwIfAborted(signal)
      if (this.#clock.elapsed() > deadline) throw new ObjectStoreBusy()
      // Holders need well under a millisecond: ask soon, then ever more rarely.
      await sleep(Math.min(1 + attempt, 20))
    }
  }

  release(): void {
    this.#database.exec('rollback')
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  /** Keeps the journal out of the file system: nothing is ever written. */
  #prepare(): void {
    if (this.#prepared) return
    this.#database.exec('pragma journal_mode = memory')
    this.#prepared = true
  }
}

function isBusy(failure: unknown): boolean {
  return failure instanceof Error && 'errcode' in failure && failure.errcode === sqliteBusy
}
