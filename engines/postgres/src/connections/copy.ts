import { Cancelled } from '@super-data/base/errors'
import type { Submittable, Connection as Wire } from 'pg'
import type { WireInternals } from './driver.ts'

/** Bytes collected before they are handed on: the server sends row by row. */
const blockBytes = 64 << 10

/** What both directions have in common. */
abstract class Copy implements Submittable {
  /** Fixed text of ours, parsed and checked. */
  readonly text: string
  tag: string | undefined
  /** What the server said. */
  error: Error | undefined
  /** What went wrong on our side of it. */
  failure: Error | undefined
  /** Stops the server; set by the connection. */
  onFailure: () => void = () => {}

  constructor(text: string) {
    this.text = text
  }

  submit(wire: Wire): void {
    wire.query(this.text)
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleReadyForQuery(): void {}
  handleCopyData(_message: { readonly chunk: Buffer }, _wire: Wire): void {}

  handleCopyInResponse(wire: Wire & WireInternals): void {
    wire.sendCopyFail('COPY is not answered here')
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.tag = message.text
  }

  handleError(error: Error): void {
    this.error ??= error
  }

  protected fail(error: Error): void {
    this.failure ??= error
    this.onFailure()
  }
}

/** `COPY … TO STDOUT`. The server waits while the taker does. */
export class CopyOut extends Copy {
  readonly #take: (block: Buffer) => Promise<void> | void
  #chunks: Buffer[] = []
  #bytes = 0
  #taking: Promise<void> = Promise.resolve()

  constructor(text: string, take: (block: Buffer) => Promise<void> | void) {
    super(text)
    this.#take = take
  }

  override handleCopyData({ chunk }: { readonly chunk: Buffer }, wire: Wire): void {
    if (this.failure) return
    // The parser uses its memory again.
    this.#chunks.push(Buffer.from(chunk))
    this.#bytes += chunk.length
    if (this.#bytes >= blockBytes) this.#handOn(wire)
  }

  /** Hands on what is left, once the server has finished. */
  async finish(): Promise<void> {
    this.#handOn(undefined)
    await this.#taking
    if (this.failure) throw this.failure
  }

  #handOn(wire: Wire | undefined): void {
    const block = Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#bytes = 0
    if (block.length === 0) return
    wire?.stream.pause()
    this.#taking = this.#taking
      .then(() => this.#take(block))
      .catch((error: Error) => this.fail(error))
      .finally(() => wire?.stream.resume())
  }
}

/** `COPY … FROM STDIN`. */
export class CopyIn extends Copy {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #signal: AbortSignal | undefined

  constructor(text: string, source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
    super(text)
    this.#source = source[Symbol.asyncIterator]()
    this.#signal = signal
  }

  override handleCopyInResponse(wire: Wire & WireInternals): void {
    this.#send(wire).catch((error: Error) => {
      this.failure ??= error
      wire.sendCopyFail('the sender stopped')
    })
  }

  /** A server that waits for bytes hears no cancel, so an abort ends the sending itself. */
  async #send(wire: Wire & WireInternals): Promise<void> {
    for (;;) {
      const { done, value } = await unlessAborted(this.#source.next(), this.#signal)
      if (this.error) return void this.#source.return?.()
      if (done) break
      wire.sendCopyFromChunk(Buffer.from(value.buffer, value.byteOffset, value.length))
      if (wire.stream.writableNeedDrain) await unlessAborted(drained(wire), this.#signal)
    }
    wire.endCopyFrom()
  }
}

/** Nothing is left on the signal: raced against one promise for all of them, every chunk would stay in memory. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const stop = () => reject(new Cancelled(signal.reason))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  work.then(resolve, reject)
  return promise.finally(() => signal.removeEventListener('abort', stop))
}

function drained({ stream }: Wire): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}
