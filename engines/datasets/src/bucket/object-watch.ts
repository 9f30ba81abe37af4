import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import type { NamedObject } from '../folder/datasets-yml.ts'

/** How a look ended. */
export interface Looked {
  /** Whether anything about the dataset has changed. */
  readonly changed: boolean
  /** Whether what answers is what lies in the bucket; otherwise the next look comes later and later. */
  readonly current: boolean
}

interface Options {
  /** Never rejects. */
  readonly look: (object: NamedObject, signal: AbortSignal) => Promise<Looked>
  /** From the end of a look to the next. */
  readonly pollMs: number
  readonly clock: Clock
  readonly random: Random
}

interface Watched {
  object: NamedObject
  readonly ending: AbortController
  failures: number
  /** On the clock's scale; infinite while a look is under way or waits for its turn. */
  dueAt: number
  /** The last look that was asked for. */
  last: Promise<Looked>
  /** Asked for and not begun yet: it will do for whoever asks meanwhile. */
  next: Promise<Looked> | undefined
}

const looksAtOnce = 4
const backOffMaxMs = 300_000
/** Servers that started together drift apart. */
const jitter = 0.1

const idle: Looked = { changed: false, current: true }

/** Looks at objects again and again: each at its own pace, few at the same time. */
export class ObjectWatch {
  readonly #options: Options
  readonly #watched = new Map<string, Watched>()
  readonly #turns = new Turns(looksAtOnce)

  constructor(options: Options) {
    this.#options = options
  }

  /** From now on these and no others. A look at one that is left out ends. */
  watch(objects: readonly NamedObject[]): void {
    const wanted = new Map(objects.map(object => [keyOf(object), object]))
    for (const [key, watched] of this.#watched) {
      if (wanted.has(key)) continue
      watched.ending.abort()
      this.#watched.delete(key)
    }
    for (const [key, object] of wanted) {
      const watched = this.#watched.get(key)
      if (watched) watched.object = object
      else this.#watched.set(key, newWatched(object))
    }
  }

  /** Begins to look at those whose time has come, and waits for nothing. */
  lookDue(): void {
    const now = this.#options.clock.elapsed()
    for (const watched of this.#watched.values()) if (watched.dueAt <= now) void this.#ask(watched)
  }

  /** Looks at all of them. @returns names of the datasets that changed. */
  async lookNow(): Promise<readonly string[]> {
    const all = [...this.#watched.values()]
    const looked = await Promise.all(all.map(watched => this.#ask(watched)))
    return all.filter((_, place) => looked[place]!.changed).map(({ object }) => object.name)
  }

  /** Ends the looks under way. */
  async close(): Promise<void> {
    const running = [...this.#watched.values()].map(({ last }) => last)
    this.watch([])
    await Promise.all(running)
  }

  #ask(watched: Watched): Promise<Looked> {
    if (watched.next) return watched.next
    watched.dueAt = Number.POSITIVE_INFINITY
    const asked = watched.last.then(() => this.#turns.take(() => this.#look(watched)))
    watched.next = asked
    watched.last = asked
    return asked
  }

  async #look(watched: Watched): Promise<Looked> {
    watched.next = undefined
    if (watched.ending.signal.aborted) return idle
    const looked = await this.#options.look(watched.object, watched.ending.signal)
    watched.failures = looked.current ? 0 : watched.failures + 1
    watched.dueAt = this.#options.clock.elapsed() + this.#delayMs(watched.failures)
    return looked
  }

  #delayMs(failures: number): number {
    const { pollMs, random } = this.#options
    const delay = Math.min(pollMs * 2 ** Math.min(failures, 20), Math.max(backOffMaxMs, pollMs))
    return delay * (1 - jitter + (2 * jitter * random.bytes(1)[0]!) / 255)
  }
}

const keyOf = ({ name, file, format }: NamedObject) => JSON.stringify([name, file, format])

function newWatched(object: NamedObject): Watched {
  return {
    ...{ object, ending: new AbortController(), failures: 0, dueAt: Number.NEGATIVE_INFINITY },
    ...{ last: Promise.resolve(idle), next: undefined },
  }
}

/** So many at once, the others in the order they came. */
class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}
