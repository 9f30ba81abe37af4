/** Work in progress, so that stopping can wait for it. */
export class InFlight {
  #count = 0
  #waiting: (() => void)[] = []

  get count(): number {
    return this.#count
  }

  /** Says that work began. @returns how to say that it ended; may be called twice. */
  begin(): () => void {
    this.#count++
    let ended = false
    return () => {
      if (ended) return
      ended = true
      this.#count--
      if (this.#count > 0) return
      for (const resolve of this.#waiting.splice(0)) resolve()
    }
  }

  /** Resolves when nothing is in progress, or after the time given. @returns whether everything ended. */
  async idle(timeoutMs: number): Promise<boolean> {
    if (this.#count === 0) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), timeoutMs)
    this.#waiting.push(() => resolve(true))
    const idle = await promise
    clearTimeout(timer)
    return idle
  }
}
