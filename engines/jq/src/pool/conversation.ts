import { Buffer } from 'node:buffer'
import type { Channel } from './channel.ts'
import { type FrameType, frameHeader, frameTypes, headerBytes, ProtocolMismatch, toFrameBytes } from './frames.ts'
import { Enough } from './items-writer.ts'
import type { Done, Failed } from './protocol.ts'

/** Item frames on their way that the pool has not confirmed yet. Two keep both sides busy. */
const unconfirmedMax = 2

/** The pool has gone: there is nobody left to work for. */
export class PoolGone extends Error {}

/** The child's side of one call: asks for input, sends items, and says how it ended. Everything blocks. */
export class Conversation {
  readonly #channel: Channel
  readonly #call: number
  #unconfirmed = 0
  #asked = false
  #arrived: Buffer[] = []
  #inputEnded = false

  constructor(channel: Channel, call: number) {
    this.#channel = channel
    this.#call = call
  }

  /** The next bytes of the input file. The ones after them are asked for at once, to come while these are worked on. */
  pull(): Buffer | undefined {
    if (this.#inputEnded) return undefined
    if (!this.#asked) this.#ask()
    while (this.#arrived.length === 0) this.#listen()
    const chunk = this.#arrived.shift()!
    this.#asked = false
    this.#inputEnded = chunk.length === 0
    if (this.#inputEnded) return undefined
    this.#ask()
    return chunk
  }

  /** Sends a frame of items, its header not yet written, when the pool has kept up with those before it. */
  sendItems(frame: Buffer): void {
    while (this.#unconfirmed >= unconfirmedMax) this.#listen()
    this.#channel.writeBytes(this.#withHeader(frameTypes.items, frame))
    this.#unconfirmed++
  }

  /** Ends the call; the last items, if any, go in the same write. */
  done(done: Done, lastItems: Buffer | undefined): void {
    const end = this.#message(frameTypes.done, done)
    this.#channel.writeBytes(lastItems ? Buffer.concat([this.#withHeader(frameTypes.last, lastItems), end]) : end)
  }

  failed(failed: Failed): void {
    this.#channel.writeBytes(this.#message(frameTypes.failed, failed))
  }

  #ask(): void {
    this.#asked = true
    this.#channel.write(frameTypes.pull, this.#call, '')
  }

  /** Takes one answer. Answers to calls that have ended are still on the wire and mean nothing. */
  #listen(): void {
    const frame = this.#channel.read()
    if (!frame) throw new PoolGone()
    if (frame.call !== this.#call) return
    if (frame.type === frameTypes.ack) this.#unconfirmed--
    else if (frame.type === frameTypes.chunk) this.#arrived.push(frame.payload)
    else if (frame.type === frameTypes.stop) throw new Enough('caller')
    else throw new ProtocolMismatch(`frame ${frame.type} inside a call`)
  }

  #withHeader(type: FrameType, frame: Buffer): Buffer {
    frameHeader(type, this.#call, frame.length - headerBytes).copy(frame)
    return frame
  }

  #message(type: FrameType, content: Done | Failed): Buffer {
    return toFrameBytes(type, this.#call, JSON.stringify(content))
  }
}
