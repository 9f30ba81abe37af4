import { Buffer } from 'node:buffer'

/**
 * One message on the wire between the pool and a child: a type, the id of the call it belongs to, and bytes.
 * Layout: type (1 byte), call id (4), length of the payload (4, little endian), payload.
 */
export interface Frame {
  readonly type: FrameType
  readonly call: number
  readonly payload: Buffer
}

/**
 * The conversation, led by the child: each `pull` and each `items` gets one answer.
 * down: `call` starts work; `chunk` (empty at the end) answers a pull, `ack` answers items, `stop` answers either.
 * up: `ready` once; `pull` asks for input bytes; `items` carries results, `last` those nobody need answer; `done` or
 * `failed` ends the call.
 */
export const frameTypes = {
  call: 1,
  chunk: 2,
  ack: 3,
  stop: 4,
  ready: 16,
  pull: 17,
  items: 18,
  last: 19,
  done: 20,
  failed: 21,
} as const

export type FrameType = (typeof frameTypes)[keyof typeof frameTypes]

export const headerBytes = 9

const known: ReadonlySet<number> = new Set(Object.values(frameTypes))

export function frameHeader(type: FrameType, call: number, payloadBytes: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes)
  header.writeUInt8(type, 0)
  header.writeUInt32LE(call, 1)
  header.writeUInt32LE(payloadBytes, 5)
  return header
}

export function toFrameBytes(type: FrameType, call: number, payload: Buffer | string): Buffer {
  if (typeof payload !== 'string') return Buffer.concat([frameHeader(type, call, payload.length), payload])
  const bytes = Buffer.byteLength(payload)
  const frame = Buffer.allocUnsafe(headerBytes + bytes)
  frame.writeUInt8(type, 0)
  frame.writeUInt32LE(call, 1)
  frame.writeUInt32LE(bytes, 5)
  frame.write(payload, headerBytes)
  return frame
}

/** The other side said something that is not in the protocol. Internal: the pool kills the child. */
export class ProtocolMismatch extends Error {}

/** Cuts a stream of bytes into frames. Holds at most one unfinished frame. */
export class FrameDecoder {
  readonly #payloadBytesMax: () => number
  #held: Buffer[] = []
  #heldBytes = 0
  #needed = headerBytes

  /** @param payloadBytesMax asked at each frame: what a frame may carry at this moment. */
  constructor(payloadBytesMax: () => number) {
    this.#payloadBytesMax = payloadBytesMax
  }

  /** @throws ProtocolMismatch for an unknown type or a payload over the limit. */
  push(bytes: Buffer): Frame[] {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#heldBytes < this.#needed) return []
    let rest = this.#held.length === 1 ? bytes : Buffer.concat(this.#held)
    const frames: Frame[] = []
    this.#needed = headerBytes
    while (rest.length >= headerBytes) {
      const total = headerBytes + this.#payloadBytes(rest)
      if (rest.length < total) {
        this.#needed = total
        break
      }
      frames.push(toFrame(rest, total))
      rest = rest.subarray(total)
    }
    this.#held = rest.length === 0 ? [] : [rest]
    this.#heldBytes = rest.length
    return frames
  }

  #payloadBytes(bytes: Buffer): number {
    const type = bytes.readUInt8(0)
    const payloadBytes = bytes.readUInt32LE(5)
    if (!known.has(type)) throw new ProtocolMismatch(`unknown frame type ${type}`)
    if (payloadBytes > this.#payloadBytesMax()) throw new ProtocolMismatch(`frame of ${payloadBytes} bytes`)
    return payloadBytes
  }
}

function toFrame(bytes: Buffer, total: number): Frame {
  return {
    type: bytes.readUInt8(0) as FrameType,
    call: bytes.readUInt32LE(1),
    payload: bytes.subarray(headerBytes, total),
  }
}
