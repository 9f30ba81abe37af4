import type { Shape } from '../dataset.ts'
import { DatasetInvalid } from '../errors.ts'

/** What a byte means outside strings. Everything else belongs to a plain value. */
const quote = 1
const open = 2
const close = 3
const blank = 4
const comma = 5

const meaning = new Uint8Array(256)
for (const [bytes, what] of [
  ['"', quote],
  ['[{', open],
  [']}', close],
  [' \t\r\n', blank],
  [',', comma],
] as const) {
  for (const byte of Buffer.from(bytes)) meaning[byte] = what
}

const backslash = 0x5c
const newline = 0x0a
const squareOpen = 0x5b
const squareClose = 0x5d

/** How a document turned out to be built. */
export interface Layout {
  readonly shape: Shape
  /** It is no document but several values, each on a line of its own. */
  readonly lines: boolean
}

/** Where the splitter is, between the elements or inside one. */
type Place = 'start' | 'first' | 'value' | 'next' | 'ended' | 'container' | 'string' | 'plain'

/**
 * Cuts a JSON document into the elements of its top-level array, or into its top-level values, without ever holding
 * more than one of them.
 *
 * It checks what lies between elements; whoever takes an element must parse it.
 */
export class JsonSplitter {
  readonly #take: (element: Buffer) => void
  readonly #elementBytesMax: number
  #place: Place = 'start'
  #array = false
  #depth = 0
  #inString = false
  #escaped = false
  #pieces: Buffer[] = []
  #heldBytes = 0
  #values = 0
  #firstByte = 0
  #brokenLines = false
  #sawNewline = true

  constructor(take: (element: Buffer) => void, elementBytesMax: number) {
    this.#take = take
    this.#elementBytesMax = elementBytesMax
  }

  /** @throws DatasetInvalid at the first byte that cannot be JSON. */
  write(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) at = this.#isInside() ? this.#readInside(chunk, at) : this.#readBetween(chunk, at)
  }

  /** @throws DatasetInvalid when the document is not complete. */
  end(): Layout {
    if (this.#place === 'plain' && !this.#array) this.#finish(Buffer.alloc(0))
    if (this.#array ? this.#place !== 'ended' : this.#place !== 'value') {
      throw new DatasetInvalid(this.#place === 'start' ? 'the file is empty' : 'the JSON ends in the middle')
    }
    if (this.#array) return { shape: 'array', lines: false }
    if (this.#values === 1) return { shape: this.#firstByte === 0x7b ? 'object' : 'scalar', lines: false }
    if (this.#brokenLines) {
      throw new DatasetInvalid('it holds several JSON values that are not on lines of their own', {
        hint: 'Make it one array, or one value a line.',
      })
    }
    return { shape: 'array', lines: true }
  }

  #isInside(): boolean {
    return this.#place === 'container' || this.#place === 'string' || this.#place === 'plain'
  }

  /** @returns where to go on: at the byte itself when an element begins there. */
  #readBetween(chunk: Buffer, at: number): number {
    const byte = chunk[at]!
    const what = meaning[byte]
    if (what === blank) {
      if (byte === newline) this.#sawNewline = true
      return at + 1
    }
    if (this.#place === 'ended') throw new DatasetInvalid('something follows the end of the JSON array')
    if (this.#place === 'start' && byte === squareOpen) return this.#enterArray(at)
    if (this.#array && byte === squareClose && this.#place !== 'value') return this.#leaveArray(at)
    if (this.#array && what === comma && this.#place === 'next') return this.#pass(at)
    if (what === comma || what === close || this.#place === 'next') {
      throw new DatasetInvalid(`unexpected ${JSON.stringify(String.fromCharCode(byte))} after ${this.#values} values`)
    }
    this.#begin(byte)
    return at
  }

  #enterArray(at: number): number {
    this.#array = true
    this.#place = 'first'
    return at + 1
  }

  #leaveArray(at: number): number {
    this.#place = 'ended'
    return at + 1
  }

  #pass(at: number): number {
    this.#place = 'value'
    return at + 1
  }

  #begin(byte: number): void {
    if (this.#values === 0) this.#firstByte = byte
    if (!this.#sawNewline) this.#brokenLines = true
    this.#sawNewline = false
    const what = meaning[byte]
    this.#place = what === open ? 'container' : what === quote ? 'string' : 'plain'
    this.#depth = 0
    this.#inString = false
    this.#escaped = false
  }

  #readInside(chunk: Buffer, from: number): number {
    const end = this.#place === 'plain' ? this.#endOfPlain(chunk, from) : this.#endOfNested(chunk, from)
    if (end === -1) {
      // The chunk is its giver's again once it was looked at.
      this.#hold(Buffer.from(chunk.subarray(from)))
      return chunk.length
    }
    this.#finish(chunk.subarray(from, end))
    return end
  }

  #endOfPlain(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const what = meaning[chunk[at]!]!
      if (what === blank || what === comma || what === close) return at
    }
    return -1
  }

  /** The byte after a string, array or object; -1 when it is not in this chunk. Every byte of every file passes here. */
  #endOfNested(chunk: Buffer, from: number): number {
    let depth = this.#depth
    let inString = this.#inString
    let escaped = this.#escaped
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (inString) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (meaning[byte] === quote) {
          inString = false
          if (depth === 0) return at + 1
        }
        continue
      }
      const what = meaning[byte]
      if (what === quote) inString = true
      else if (what === open) depth++
      else if (what === close && --depth === 0) return at + 1
    }
    this.#depth = depth
    this.#inString = inString
    this.#escaped = escaped
    return -1
  }

  #hold(piece: Buffer): void {
    this.#heldBytes += piece.length
    if (this.#heldBytes > this.#elementBytesMax) {
      const most = Math.floor(this.#elementBytesMax / 1024 / 1024)
      throw new DatasetInvalid(`it holds a single JSON value of more than ${most} MiB`, {
        hint: 'Make it an array, or one value a line: those may have any size.',
      })
    }
    this.#pieces.push(piece)
  }

  #finish(last: Buffer): void {
    this.#hold(last)
    const element = this.#pieces.length === 1 ? last : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#heldBytes = 0
    this.#values++
    this.#place = this.#array ? 'next' : 'value'
    if (!this.#array && element.includes(newline)) this.#brokenLines = true
    this.#take(element)
  }
}
