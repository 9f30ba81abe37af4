import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import type { Database } from '@super-data/metadata'
import type { PlatformTables } from '../state/platform.ts'
import type { KeyRow } from './keys.ts'

const onceEveryMs = 60_000
const flushAfterMs = 1_000

/** Writes when keys were last used: at most once a minute each, in batches, after the call that used them. */
export class KeyUse {
  readonly #platform: Database<PlatformTables>
  readonly #clock: Clock
  readonly #log: Log
  readonly #pending = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  /** Borrows the database. */
  constructor(platform: Database<PlatformTables>, clock: Clock, log: Log) {
    this.#platform = platform
    this.#clock = clock
    this.#log = log
  }

  note(key: KeyRow): void {
    const now = this.#clock.now()
    if (key.last_used_at !== null && now - key.last_used_at < onceEveryMs) return
    this.#pending.set(key.id, now)
    this.#timer ??= setTimeout(() => void this.flush(), flushAfterMs).unref()
  }

  /** Writes what is noted. A failure is only logged: no call depends on it. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing = this.#flushing.then(() => this.#write())
    return this.#flushing
  }

  async #write(): Promise<void> {
    if (this.#pending.size === 0) return
    const used = [...this.#pending]
    this.#pending.clear()
    try {
      await this.#platform.write(async transaction => {
        for (const [id, at] of used) {
          await transaction.updateTable('keys').set({ last_used_at: at }).where('id', '=', id).execute()
        }
      })
    } catch (failure) {
      this.#log.warn({ err: failure }, 'the last use of keys could not be written')
    }
  }

  close(): Promise<void> {
    return this.flush()
  }
}
