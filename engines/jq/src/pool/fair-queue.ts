import { JqBusy } from './errors.ts'

export interface FairQueueSettings {
  readonly waitingMax: number
  /** Below `waitingMax`, so that one caller cannot take the whole queue. */
  readonly callerWaitingMax: number
}

/** A queue in which callers take turns, however much each of them has put in. */
export class FairQueue<T> {
  readonly #settings: FairQueueSettings
  /** In the order of turns: the first caller is the next one. */
  readonly #lanes = new Map<string, T[]>()
  #size = 0

  constructor(settings: FairQueueSettings) {
    this.#settings = settings
  }

  get size(): number {
    return this.#size
  }

  /** @throws JqBusy when the caller, or all together, have too much waiting. */
  add(caller: string, item: T): void {
    const lane = this.#lanes.get(caller) ?? []
    if (lane.length >= this.#settings.callerWaitingMax) throw new JqBusy({ waiting: lane.length, of: 'caller' })
    if (this.#size >= this.#settings.waitingMax) throw new JqBusy({ waiting: this.#size, of: 'pool' })
    lane.push(item)
    this.#lanes.set(caller, lane)
    this.#size++
  }

  /** Takes out the oldest item of the caller whose turn it is. */
  next(): T | undefined {
    for (const [caller, lane] of this.#lanes) {
      const item = lane.shift()
      this.#lanes.delete(caller)
      if (lane.length > 0) this.#lanes.set(caller, lane)
      this.#size--
      return item
    }
    return undefined
  }

  remove(caller: string, item: T): void {
    const lane = this.#lanes.get(caller)
    const place = lane?.indexOf(item) ?? -1
    if (!lane || place < 0) return
    lane.splice(place, 1)
    if (lane.length === 0) this.#lanes.delete(caller)
    this.#size--
  }

  /** Everything that waits, in turn; the queue is empty afterwards. */
  drain(): T[] {
    const items: T[] = []
    for (let item = this.next(); item !== undefined; item = this.next()) items.push(item)
    return items
  }
}
