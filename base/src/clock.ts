/** Time as a component: the only way anything below `apps` learns what time it is. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. For durations. */
  elapsed(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
}

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #now: number
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }
  now(): number {
    return this.#now
  }
  elapsed(): number {
    return this.#now
  }
  advance(ms: number): void {
    this.#now += ms
  }
}
