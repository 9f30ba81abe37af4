import { Cancelled, throwIfAborted } from '@super-data/base/errors'

interface SharedRun<Result> {
  readonly result: Promise<Result>
  readonly stop: AbortController
  waiting: number
}

/** One run for all who ask the same at the same time. It goes on as long as one of them waits. */
export class SharedRuns<Result> {
  readonly #runs = new Map<string, SharedRun<Result>>()

  /** Whether who joins now finds a run under way. */
  has(key: string): boolean {
    return this.#runs.has(key)
  }

  /**
   * Waits for the run of that key, begun now if there is none.
   *
   * @param begin its signal fires when nobody waits any more.
   * @throws Cancelled when `signal` fires; what `begin` throws, to everybody who waits.
   */
  async join(key: string, begin: (signal: AbortSignal) => Promise<Result>, signal: AbortSignal): Promise<Result> {
    throwIfAborted(signal)
    const run = this.#runs.get(key) ?? this.#begin(key, begin)
    run.waiting += 1
    const { promise: gone, reject } = Promise.withResolvers<never>()
    const onAbort = () => reject(new Cancelled(signal.reason))
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([run.result, gone])
    } finally {
      signal.removeEventListener('abort', onAbort)
      await this.#leave(key, run)
    }
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<Result>): SharedRun<Result> {
    const stop = new AbortController()
    const run = { result: begin(stop.signal), stop, waiting: 0 }
    this.#runs.set(key, run)
    const ended = () => this.#forget(key, run)
    run.result.then(ended, ended)
    return run
  }

  /** The last one to give up waits until the run has stopped. */
  async #leave(key: string, run: SharedRun<Result>): Promise<void> {
    run.waiting -= 1
    if (run.waiting > 0 || this.#runs.get(key) !== run) return
    // Whoever asks now begins anew.
    this.#forget(key, run)
    run.stop.abort()
    await run.result.catch(() => undefined)
  }

  #forget(key: string, run: SharedRun<Result>): void {
    if (this.#runs.get(key) === run) this.#runs.delete(key)
  }
}
