import { Buffer } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
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

/** The chunks of a file. What one gives is good until it is asked again. */
interface Chunks {
  /** The next bytes, `undefined` at the end. */
  next(): Promise<Buffer | undefined>
  close(): void
}

/** The bytes of a dataset file, unpacked, one chunk at a time as they are asked for. Opens on the first one. */
export class BytesSource {
  readonly #settings: BytesSourceSettings
  #chunks: Chunks | undefined
  #bytes = 0

  constructor(settings: BytesSourceSettings) {
    this.#settings = settings
  }

  /** The next bytes, good until the next call; `undefined` at the end. @throws JqInputUnreadable */
  async next(): Promise<Buffer | undefined> {
    const { file, gzip, sizeBytes } = this.#settings
    this.#chunks ??= gzip ? new UnpackedChunks(file) : new PlainChunks(file)
    const chunk = await this.#read(this.#chunks)
    this.#bytes += chunk?.length ?? 0
    const changed = chunk === undefined ? this.#bytes !== sizeBytes : this.#bytes > sizeBytes
    if (!gzip && changed) throw new JqInputUnreadable('changed')
    return chunk
  }

  close(): void {
    this.#chunks?.close()
  }

  async #read(chunks: Chunks): Promise<Buffer | undefined> {
    try {
      return await chunks.next()
    } catch (failure) {
      throw new JqInputUnreadable(this.#bytes === 0 ? 'open' : 'read', failure)
    }
  }
}

/**
 * Chunks come in two buffers, one being read ahead while the other is looked at: new ones for each would pile up by the
 * dozen before they are collected.
 */
class PlainChunks implements Chunks {
  readonly #file: Promise<FileHandle>
  #buffer = Buffer.allocUnsafeSlow(chunkBytes)
  #other = Buffer.allocUnsafeSlow(chunkBytes)
  #ahead: Promise<Buffer | undefined>

  constructor(file: string) {
    this.#file = open(file)
    this.#ahead = this.#read()
  }

  async next(): Promise<Buffer | undefined> {
    const chunk = await this.#ahead
    if (chunk) this.#ahead = this.#read()
    this.#ahead.catch(() => {})
    return chunk
  }

  async #read(): Promise<Buffer | undefined> {
    const buffer = this.#other
    this.#other = this.#buffer
    this.#buffer = buffer
    const { bytesRead } = await (await this.#file).read(buffer, 0, chunkBytes)
    return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead)
  }

  close(): void {
    this.#file.then(file => file.close()).catch(() => {})
  }
}

class UnpackedChunks implements Chunks {
  readonly #stream: Readable
  readonly #chunks: AsyncIterator<Buffer>

  constructor(file: string) {
    // A failure of either stream arrives at the reader of the last one.
    this.#stream = pipeline(createReadStream(file), createGunzip({ chunkSize: chunkBytes }), () => {})
    this.#chunks = this.#stream[Symbol.asyncIterator]()
  }

  async next(): Promise<Buffer | undefined> {
    const next = await this.#chunks.next()
    return next.done ? undefined : next.value
  }

  close(): void {
    this.#stream.destroy()
  }
}
