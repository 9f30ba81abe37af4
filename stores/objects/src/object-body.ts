import { InternalError } from '@super-data/base/errors'

/** The bytes of one object, once: iterate, or take them with `bytes()`; whoever does neither calls `cancel()`. */
export class ObjectBody implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #release: () => Promise<void>
  #taken = false
  #released: Promise<void> | undefined

  /** @param release called once, when the last chunk was read, reading failed, or the reader stopped. */
  constructor(chunks: AsyncIterator<Uint8Array>, release: () => Promise<void> = async () => {}) {
    this.#chunks = chunks
    this.#release = release
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (this.#taken) throw new InternalError(new Error('an object body is read once'))
    this.#taken = true
    return {
      next: () => this.#next(),
      return: async () => {
        await this.cancel()
        return { done: true, value: undefined }
      },
    }
  }

  /** All of it, in memory. */
  async bytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    for await (const chunk of this) chunks.push(chunk)
    return chunks.length === 1 ? chunks[0]! : concatenate(chunks)
  }

  /** All of it, as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }

  /** Ends the reading; harmless when it has ended already. */
  cancel(): Promise<void> {
    this.#taken = true
    this.#released ??= this.#release()
    return this.#released
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#released) return { done: true, value: undefined }
    try {
      const result = await this.#chunks.next()
      if (result.done) await this.cancel()
      return result
    } catch (failure) {
      await this.cancel()
      throw failure
    }
  }
}

export function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
