import { LargeBodyBusy } from './errors.ts'

/** The place of the one request at a time whose body is larger than others may be: it is in memory several times over. */
export class LargeBody {
  #taken = false

  /** @returns how to leave. @throws LargeBodyBusy */
  enter(): Disposable {
    if (this.#taken) throw new LargeBodyBusy()
    this.#taken = true
    return {
      [Symbol.dispose]: () => {
        this.#taken = false
      },
    }
  }
}
