import { Buffer } from 'node:buffer'
import { Cancelled, type PlatformError } from '@super-data/base/errors'
import { BytesSource } from './bytes-source.ts'
import type { JqAnswer, JqCall, JqCallOptions, Shape, Wish } from './call.ts'
import { type Frame, type FrameType, frameHeader, frameTypes, ProtocolMismatch, toFrameBytes } from './frames.ts'
import { shapeMarks } from './items-writer.ts'
import { type CallHead, type ChildReport, type Done, type Failed, readJson, toFailure, writeCall } from './protocol.ts'

/** Where a session writes to: the pipe of the child that serves it. */
export interface SessionOutlet {
  write(bytes: Buffer): void
}

const marks = new Map<number, Shape>(Object.entries(shapeMarks).map(([shape, mark]) => [mark, shape as Shape]))
const nothing = Buffer.alloc(0)

/** The pool's side of one call: gives the child its input, hands the items on, and settles once. */
export class CallSession {
  readonly id: number
  readonly call: JqCall
  /** Settles when the caller may go on, which can be before the child has stopped working. */
  readonly answer: Promise<JqAnswer>
  /** Bytes of the input file that were given to the child. */
  inputBytes = 0
  readonly #options: JqCallOptions
  readonly #outlet: SessionOutlet
  readonly #source: BytesSource | undefined
  readonly #settle: PromiseWithResolvers<JqAnswer>
  #settled = false
  #stopping = false
  #ended = false

  constructor(id: number, call: JqCall, options: JqCallOptions, outlet: SessionOutlet) {
    this.id = id
    this.call = call
    this.#options = options
    this.#outlet = outlet
    this.#source = call.input.kind === 'file' ? new BytesSource(call.input) : undefined
    this.#settle = Promise.withResolvers()
    this.answer = this.#settle.promise
  }

  begin(): void {
    const { input } = this.call
    const text = input.kind === 'json' ? input.text : ''
    this.#outlet.write(toFrameBytes(frameTypes.call, this.id, writeCall(toHead(this.call), text)))
  }

  /** Takes a frame of the child; a promise when the next one has to wait. @throws ProtocolMismatch */
  receive(frame: Frame): void | Promise<void> {
    if (frame.call !== this.id) throw new ProtocolMismatch(`frame of call ${frame.call} in call ${this.id}`)
    if (frame.type === frameTypes.items) return this.#takeItems(frame, () => this.#reply(frameTypes.ack))
    if (frame.type === frameTypes.last) return this.#takeItems(frame, () => {})
    if (frame.type === frameTypes.pull) return void this.#givePart()
    throw new ProtocolMismatch(`frame ${frame.type} inside a call`)
  }

  /** The child has finished. */
  end(frame: Frame): ChildReport {
    this.#ended = true
    this.#source?.close()
    if (frame.type === frameTypes.failed) {
      const failed = readJson<Failed>(frame.payload)
      this.fail(toFailure(failed))
      return failed.child
    }
    const { answer, child } = readJson<Done>(frame.payload)
    this.#settled = true
    this.#settle.resolve(answer)
    return child
  }

  /** Ends the call for the caller. The child is told at its next question. */
  fail(error: unknown): void {
    this.#stopping = true
    this.#settled = true
    this.#source?.close()
    this.#settle.reject(error)
  }

  cancel(reason: unknown): void {
    this.fail(new Cancelled(reason))
  }

  #takeItems(frame: Frame, confirm: () => void): void | Promise<void> {
    if (this.#stopping) return this.#reply(frameTypes.stop)
    const proceed = (wish: Wish) => {
      if (wish === false || this.#stopping) this.#stop()
      else confirm()
    }
    try {
      const wish = this.#options.onItems(readItems(frame.payload))
      if (!(wish instanceof Promise)) return proceed(wish)
      return wish.then(proceed, failure => this.#stopFor(failure))
    } catch (failure) {
      if (failure instanceof ProtocolMismatch) throw failure
      this.#stopFor(failure)
    }
  }

  async #givePart(): Promise<void> {
    try {
      const part = this.#stopping ? undefined : await this.#source?.next()
      if (this.#stopping) return this.#reply(frameTypes.stop)
      this.inputBytes += part?.length ?? 0
      this.#reply(frameTypes.chunk, part)
    } catch (failure) {
      this.#stopFor(failure)
    }
  }

  #stop(): void {
    this.#stopping = true
    this.#reply(frameTypes.stop)
  }

  #stopFor(failure: unknown): void {
    if (!this.#settled) this.fail(failure as PlatformError)
    this.#reply(frameTypes.stop)
  }

  #reply(type: FrameType, payload: Buffer = nothing): void {
    if (this.#ended) return
    this.#outlet.write(frameHeader(type, this.id, payload.length))
    if (payload.length > 0) this.#outlet.write(payload)
  }
}

function toHead({ program, definitions = [], variables, input, mode, limits, policy }: JqCall): CallHead {
  // JSON has no infinity: an endless limit travels as a very large one.
  const bytes = Math.min(limits.bytes, Number.MAX_SAFE_INTEGER)
  return { program, definitions, variables, mode, limits: { ...limits, bytes }, policy, input: toHeadInput(input) }
}

function toHeadInput(input: JqCall['input']): CallHead['input'] {
  if (input.kind !== 'file') return { kind: input.kind }
  const { format, gzip, sizeBytes } = input
  return { kind: 'file', format, key: documentKey(input), sizeBytes: gzip ? null : sizeBytes }
}

/** What a parsed document is known by: its content and how it was read. */
export function documentKey(input: Extract<JqCall['input'], { kind: 'file' }>): string {
  return `${input.format}${input.gzip ? '.gz' : ''}:${input.version}`
}

function readItems(payload: Buffer): { shape: Shape; lines: string[] } {
  const shape = marks.get(payload[0] ?? 0)
  if (!shape) throw new ProtocolMismatch('items without a shape')
  return { shape, lines: payload.toString('utf8', 1, payload.length - 1).split('\n') }
}
