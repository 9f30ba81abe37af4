import type { Event } from '@super-data/contract'

const keptMax = 256

/** The live end of one follower: a bounded buffer that, when it overflows, says so instead of growing. */
export class Feed {
  #events: Event[] = []
  #behind: boolean
  #wake: (() => void) | undefined
  #ended = false

  /** @param behind whether stored events must be read first. */
  constructor(behind: boolean) {
    this.#behind = behind
  }

  get ended(): boolean {
    return this.#ended
  }

  push(event: Event): void {
    if (this.#events.length >= keptMax) this.fallBehind()
    if (!this.#behind) this.#events.push(event)
    this.#wake?.()
  }

  /** The stored events must be read (again): what was buffered is among them. */
  fallBehind(): void {
    this.#behind = true
    this.#events = []
  }

  /** Whether to read what is stored; asking promises to do it. Events pushed from now on are buffered. */
  catchUp(): boolean {
    const was = this.#behind
    this.#behind = false
    return was
  }

  take(): Event[] {
    const taken = this.#events
    this.#events = []
    return taken
  }

  /** Resolves when there is something to take, to catch up with, or the end. */
  wait(): Promise<void> {
    if (this.#events.length > 0 || this.#behind || this.#ended) return Promise.resolve()
    return new Promise(resolve => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }
}
