import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import type { Database } from '@super-data/metadata'
import type { Events } from './events/events.ts'
import type { Reviews } from './library/reviews.ts'
import type { Webhooks } from './notifications/webhooks.ts'
import type { ResultStore } from './queries/result-store.ts'
import type { RunLog } from './queries/run-log.ts'
import type { LibraryTables } from './state/library.ts'

interface SweepParts {
  readonly library: Database<LibraryTables>
  readonly reviews: Reviews
  readonly events: Events
  readonly webhooks: Webhooks
  readonly results: ResultStore
  readonly runs: RunLog
  readonly runsKeptMs: number
  readonly clock: Clock
  readonly log: Log
}

const everyMs = 60_000

/** What time does to state: proposals expire, old results and runs go. */
export class Sweep {
  readonly #parts: SweepParts
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()

  private constructor(parts: SweepParts) {
    this.#parts = parts
  }

  /** Sweeps now and then every minute until it is closed. Borrows everything. */
  static start(parts: SweepParts): Sweep {
    const sweep = new Sweep(parts)
    sweep.#timer = setInterval(() => sweep.#next(), everyMs).unref()
    sweep.#next()
    return sweep
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  #next(): void {
    this.#running = this.#running
      .then(() => this.#sweep())
      .catch(failure => {
        this.#parts.log.warn({ err: failure }, 'the sweep failed; the next one tries again')
      })
  }

  async #sweep(): Promise<void> {
    const { results, runs, runsKeptMs, webhooks, clock } = this.#parts
    await this.#expireProposals()
    await results.prune()
    await webhooks.prune()
    await runs.prune(clock, runsKeptMs)
  }

  /** The state and the event that tells of it are one transaction. */
  async #expireProposals(): Promise<void> {
    const { library, reviews, events } = this.#parts
    await events.change(library, transaction => reviews.expire(transaction))
  }
}
