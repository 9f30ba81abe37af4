import type { Buffer } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { JqInputUnreadable } from './errors.ts'

const chunkBytes = 256 * 1024

export interface BytesSourceSettings {
  readonly file: string
  readonly gzip: boolean
  /** Bytes on disk; a plain file that has more or fewer is no longer the one that was asked for. */
  readonly sizeBytes: number
}

/** The bytes of a dataset file, unpacked, one chunk at a time as they are asked for. Opens on the first one. */
export class BytesSource {
  readonly #settings: BytesSourceSettings
  #stream: Readable | undefined
  #chunks: AsyncIterator<Buffer> | undefined
  #bytes = 0

  constructor(settings: BytesSourceSettings) {
    this.#settings = settings
  }

  /** The next bytes, `undefined` at the end. @throws JqInputUnreadable */
  async next(): Promise<Buffer | undefined> {
    this.#chunks ??= this.#open()
    const chunk = await this.#read(this.#chunks)
    this.#bytes += chunk?.length ?? 0
    const { gzip, sizeBytes } = this.#settings
    const changed = chunk === undefined ? this.#bytes !== sizeBytes : this.#bytes > sizeBytes
    if (!gzip && changed) throw new JqInputUnreadable('changed')
    return chunk
  }

  close(): void {
    this.#stream?.destroy()
  }

  #open(): AsyncIterator<Buffer> {
    const file = createReadStream(this.#settings.file, { highWaterMark: chunkBytes })
    // A failure of either stream arrives at the reader of the last one.
    this.#stream = this.#settings.gzip ? pipeline(file, createGunzip({ chunkSize: chunkBytes }), () => {}) : file
    return this.#stream[Symbol.asyncIterator]()
  }

  async #read(chunks: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
    try {
      const next = await chunks.next()
      return next.done ? undefined : next.value
    } catch (failure) {
      throw new JqInputUnreadable(this.#bytes === 0 ? 'open' : 'read', failure)
    }
  }
}
