import type { Random } from '@super-data/base/ids'
import { randomFraction } from './random-text.ts'

/**
 * How sync stands: `degraded` after a failure, `offline` after several; `read_only` and `refused` until somebody, or
 * the bucket, changes something.
 */
export type SyncState = 'starting' | 'healthy' | 'degraded' | 'offline' | 'read_only' | 'refused'

const offlineAfter = 3
const backOffMaxMs = 300_000
/** Installations that started together drift apart; none waits longer than was set. */
const jitter = 0.2

/** Follows how syncs end, and says when to try again. */
export class SyncHealth {
  readonly #intervalMs: number
  readonly #random: Random
  #failures = 0
  #refusal: string | undefined
  #known = false

  constructor(intervalMs: number, random: Random) {
    this.#intervalMs = intervalMs
    this.#random = random
  }

  get state(): SyncState {
    if (!this.#known) return 'starting'
    if (this.#failures >= offlineAfter) return 'offline'
    if (this.#failures > 0) return 'degraded'
    if (this.#refusal === 'SYNC_LIBRARY_NEWER') return 'read_only'
    return this.#refusal === undefined ? 'healthy' : 'refused'
  }

  worked(): void {
    this.#settle(0, undefined)
  }

  /** The bucket answers, but what it holds, or how it works, is in the way. */
  refused(code: string): void {
    this.#settle(0, code)
  }

  failed(): void {
    this.#settle(this.#failures + 1, this.#refusal)
  }

  /**
   * Until the next sync: the interval or up to a fifth less, doubled with every failure, five minutes at most unless the
   * interval is longer.
   */
  nextDelayMs(): number {
    const most = Math.max(backOffMaxMs, this.#intervalMs)
    const delay = Math.min(this.#intervalMs * 2 ** Math.min(this.#failures, 20), most)
    return Math.round(delay * (1 - jitter * randomFraction(this.#random)))
  }

  #settle(failures: number, refusal: string | undefined): void {
    this.#known = true
    this.#failures = failures
    this.#refusal = refusal
  }
}
