import { Buffer } from 'node:buffer'
import { readSync, writeSync } from 'node:fs'
import { type Frame, type FrameType, headerBytes, toFrameBytes } from './frames.ts'

/** Frames up to this size are read without another allocation. */
const inboxBytes = 256 * 1024 + 1024

/**
 * The child's end of the conversation, blocking. While the pool has nothing to say the process sleeps in `read`;
 * while the pool is slow to listen it sleeps in `write`: back-pressure needs no code.
 */
export class Channel {
  readonly #fd: number
  #inbox: Buffer = Buffer.allocUnsafe(inboxBytes)
  #start = 0
  #end = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** The next frame; `undefined` when the pool has gone. */
  read(): Frame | undefined {
    if (!this.#have(headerBytes)) return undefined
    const type = this.#inbox.readUInt8(this.#start) as FrameType
    const call = this.#inbox.readUInt32LE(this.#start + 1)
    const length = this.#inbox.readUInt32LE(this.#start + 5)
    this.#start += headerBytes
    const payload = this.#payload(length)
    return payload && { type, call, payload }
  }

  write(type: FrameType, call: number, payload: Buffer | string): void {
    this.writeBytes(toFrameBytes(type, call, payload))
  }

  writeBytes(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at)
  }

  /** A copy: the inbox is written over by the next read. */
  #payload(length: number): Buffer | undefined {
    const payload = Buffer.allocUnsafe(length)
    const here = Math.min(length, this.#end - this.#start)
    this.#inbox.copy(payload, 0, this.#start, this.#start + here)
    this.#start += here
    for (let at = here; at < length; ) {
      const bytes = readSync(this.#fd, payload, at, length - at, null)
      if (bytes === 0) return undefined
      at += bytes
    }
    return payload
  }

  #have(bytes: number): boolean {
    while (this.#end - this.#start < bytes) {
      this.#inbox.copyWithin(0, this.#start, this.#end)
      this.#end -= this.#start
      this.#start = 0
      const read = readSync(this.#fd, this.#inbox, this.#end, this.#inbox.length - this.#end, null)
      if (read === 0) return false
      this.#end += read
    }
    return true
  }
}
