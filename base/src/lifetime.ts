/** Anything that must be closed by whoever opened it. `close` may be called twice. */
export interface Closable {
  close(): Promise<void> | void
}

/** Owns what it is given and closes it newest first, each one even when another fails. */
export class Lifetime implements AsyncDisposable {
  readonly #owned: Closable[] = []

  /** Takes ownership and hands the resource back. */
  own<T extends Closable>(resource: T): T {
    this.#owned.push(resource)
    return resource
  }

  /** Runs a function at closing time, in its place in the order. */
  onClose(close: () => Promise<void> | void): void {
    this.#owned.push({ close })
  }

  /** @throws AggregateError naming every resource that failed to close. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let resource = this.#owned.pop(); resource; resource = this.#owned.pop()) {
      try {
        await resource.close()
      } catch (failure) {
        failures.push(failure)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'closing failed')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
