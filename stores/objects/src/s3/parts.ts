import { concatenate } from '../object-body.ts'

/** A stream of chunks cut into parts of one size, the last one shorter; one part in memory at a time. */
export class Parts {
  readonly #chunks: AsyncGenerator<Uint8Array>
  readonly #partBytes: number
  readonly #isStable: boolean
  #rest: Uint8Array = new Uint8Array()
  #ended = false

  /** @param isStable whether chunks stay as they are; sources of streams use their buffers again. */
  constructor(chunks: AsyncGenerator<Uint8Array>, { partBytes, isStable }: { partBytes: number; isStable: boolean }) {
    this.#chunks = chunks
    this.#partBytes = partBytes
    this.#isStable = isStable
  }

  /** Whether every byte has been handed out. */
  get isEnded(): boolean {
    return this.#ended && this.#rest.byteLength === 0
  }

  /** `undefined` after the last part. */
  async next(): Promise<Uint8Array | undefined> {
    const held = [this.#rest]
    let size = this.#rest.byteLength
    // One byte more than a part tells whether another follows.
    while (size <= this.#partBytes && !this.#ended) {
      const { value, done } = await this.#chunks.next()
      if (done) this.#ended = true
      else {
        held.push(this.#isStable ? value : value.slice())
        size += value.byteLength
      }
    }
    const whole = held.length === 2 && held[0]!.byteLength === 0 ? held[1]! : concatenate(held)
    this.#rest = whole.subarray(this.#partBytes)
    const part = whole.subarray(0, this.#partBytes)
    return part.byteLength === 0 ? undefined : part
  }

  /** Closes the source, also when it was not read to its end. */
  async end(): Promise<void> {
    await this.#chunks.return(undefined)
  }
}
