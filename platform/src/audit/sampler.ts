import type { Clock } from '@super-data/base/clock'

const onceEveryMs = 60_000
const subjectsMax = 1_000

/** Lets one of many through: of the same thing at most one a minute, so that a flood leaves a trace and no heap. */
export class Sampler {
  readonly #clock: Clock
  readonly #last = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  take(subject: string): boolean {
    const now = this.#clock.now()
    const last = this.#last.get(subject)
    if (last !== undefined && now - last < onceEveryMs) return false
    this.#forgetOldest()
    this.#last.delete(subject)
    this.#last.set(subject, now)
    return true
  }

  /** The map is in the order of times, because a subject is put last whenever it is taken. */
  #forgetOldest(): void {
    const oldest = this.#last.keys().next().value
    if (oldest !== undefined && this.#last.size >= subjectsMax) this.#last.delete(oldest)
  }
}
