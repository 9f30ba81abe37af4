/**
 * A request that is under way when its caller gives up may still do its work: its answer is awaited a little longer,
 * because only the answer tells what happened.
 */
export class Grace implements Disposable {
  readonly #caller: AbortSignal | undefined
  readonly #over = new AbortController()
  readonly #graceMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(caller: AbortSignal | undefined, graceMs: number) {
    this.#caller = caller
    this.#graceMs = graceMs
    if (caller?.aborted) this.#begin()
    else caller?.addEventListener('abort', this.#begin, { once: true })
  }

  /** Fires when the grace is over. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#caller?.removeEventListener('abort', this.#begin)
  }

  readonly #begin = (): void => {
    this.#timer = setTimeout(() => this.#over.abort(), this.#graceMs)
  }
}
