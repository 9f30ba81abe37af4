import { Cancelled } from '@super-data/base/errors'
import { DatabaseBusy } from './errors.ts'

export interface SlotLimits {
  readonly slots: number
  /** How many may wait; one more is refused at once. */
  readonly waitingMax: number
  readonly waitMs: number
}

interface Waiter {
  readonly enter: () => void
}

/** So many at once, the others in the order they came. */
export class Slots {
  readonly #limits: SlotLimits
  readonly #waiting = new Set<Waiter>()
  #free: number

  constructor(limits: SlotLimits) {
    this.#limits = limits
    this.#free = limits.slots
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Every `acquire` that resolves is followed by one `release`. @throws DatabaseBusy · Cancelled */
  acquire(signal?: AbortSignal): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--
      return undefined
    }
    if (this.#waiting.size >= this.#limits.waitingMax) throw new DatabaseBusy()
    return this.#wait(signal)
  }

  release(): void {
    const [next] = this.#waiting
    if (next) next.enter()
    else this.#free++
  }

  /** Resolves when all that were here before have left. */
  async drain(): Promise<void> {
    for (let slot = 0; slot < this.#limits.slots; slot++) {
      if (this.#free > 0) this.#free--
      else await new Promise<void>(resolve => this.#enqueue(resolve))
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiter)
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const refuse = (failure: Error) => {
        leave()
        reject(failure)
      }
      const abort = () => refuse(new Cancelled(signal?.reason))
      const timer = setTimeout(() => refuse(new DatabaseBusy()), this.#limits.waitMs)
      signal?.addEventListener('abort', abort, { once: true })
      const waiter = this.#enqueue(() => {
        leave()
        resolve()
      })
    })
  }

  #enqueue(enter: () => void): Waiter {
    const waiter: Waiter = {
      enter: () => {
        this.#waiting.delete(waiter)
        enter()
      },
    }
    this.#waiting.add(waiter)
    return waiter
  }
}
