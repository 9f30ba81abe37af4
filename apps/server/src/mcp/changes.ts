import type { McpChange } from './registry.ts'

/** Gathers changes for a moment, so that ten approvals in a row are told once. */
export class Changes {
  readonly #waiting = new Map<string, NodeJS.Timeout>()
  readonly #delayMs: number
  readonly #tell: (change: McpChange) => void

  constructor(delayMs: number, tell: (change: McpChange) => void) {
    this.#delayMs = delayMs
    this.#tell = tell
  }

  add(change: McpChange): void {
    const key = `${change.what} ${change.topic}`
    if (this.#waiting.has(key)) return
    const timer = setTimeout(() => {
      this.#waiting.delete(key)
      this.#tell(change)
    }, this.#delayMs)
    this.#waiting.set(key, timer.unref())
  }

  close(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }
}
