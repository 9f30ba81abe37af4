import type { Column } from '@super-data/contract'
import type { ObjectStore } from '@super-data/objects'

/** What is known of a result once it is whole. */
export interface ResultFacts {
  /** Bytes of the items that the answer itself holds: reading on starts after them. */
  readonly keptBytes: number
  readonly sizeBytes: number
  /** False when items were left out because the result was too long to keep. */
  readonly complete: boolean
  /** Of a table. */
  readonly columns?: readonly Column[]
}

export interface ResultKeys {
  readonly data: string
  readonly facts: string
}

interface ResultWriterOptions {
  /** The longest result that is kept. */
  readonly bytesMax: number
  /** Told of what is written. */
  readonly onBytes: (bytes: number) => void
}

/** Writes one result as it is produced. Nothing of it can be read before `finish`. */
export class ResultWriter {
  readonly #objects: ObjectStore
  readonly #keys: ResultKeys
  readonly #options: ResultWriterOptions
  readonly #queue = new ChunkQueue()
  readonly #put: Promise<unknown>
  #failure: unknown
  #bytes = 0
  #complete = true

  /** Starts to write at once; end it with `finish` or `abandon`. */
  constructor(objects: ObjectStore, keys: ResultKeys, options: ResultWriterOptions) {
    this.#objects = objects
    this.#keys = keys
    this.#options = options
    this.#put = objects.put(keys.data, this.#queue, { contentType: 'application/x-ndjson' }).catch(failure => {
      this.#failure = failure
      this.#queue.end()
    })
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Stores what the answer keeps, however much it is. */
  async begin(kept: readonly string[]): Promise<void> {
    await this.#write(kept)
  }

  /** @returns false once the result is as long as results may be. */
  async lines(lines: readonly string[]): Promise<boolean> {
    if (!this.#complete) return false
    const fitting = this.#fitting(lines)
    this.#complete = fitting.length === lines.length
    await this.#write(fitting)
    return this.#complete
  }

  async finish(end: Omit<ResultFacts, 'sizeBytes'>): Promise<void> {
    this.#queue.end()
    await this.#put
    if (this.#failure) throw this.#failure
    const facts: ResultFacts = { ...end, sizeBytes: this.#bytes, complete: end.complete && this.#complete }
    await this.#objects.put(this.#keys.facts, Buffer.from(JSON.stringify(facts)), { contentType: 'application/json' })
  }

  async abandon(): Promise<void> {
    this.#queue.end()
    await this.#put
    await this.#objects.delete(this.#keys.data)
  }

  #fitting(lines: readonly string[]): readonly string[] {
    let bytes = this.#bytes
    const over = lines.findIndex(line => {
      bytes += Buffer.byteLength(line) + 1
      return bytes > this.#options.bytesMax
    })
    return over < 0 ? lines : lines.slice(0, over)
  }

  async #write(lines: readonly string[]): Promise<void> {
    if (this.#failure) throw this.#failure
    if (lines.length === 0) return
    const chunk = Buffer.from(`${lines.join('\n')}\n`)
    this.#bytes += chunk.length
    this.#options.onBytes(chunk.length)
    await this.#queue.push(chunk)
  }
}

/** A stream that is pushed into; `push` waits until the reader has taken the chunk before. */
class ChunkQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  #ended = false
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined

  async push(chunk: Uint8Array): Promise<void> {
    while (this.#chunks.length > 0 && !this.#ended) await new Promise<void>(wake => (this.#wakeWriter = wake))
    this.#chunks.push(chunk)
    this.#wakeReader?.()
  }

  end(): void {
    this.#ended = true
    this.#wakeReader?.()
    this.#wakeWriter?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk) {
        this.#wakeWriter?.()
        yield chunk
      } else if (this.#ended) return
      else await new Promise<void>(wake => (this.#wakeReader = wake))
    }
  }
}
