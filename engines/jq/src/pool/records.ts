import { Buffer, isAscii } from 'node:buffer'
import { nestingMax } from '../value/order.ts'
import { JqInputInvalid, JqInputTooLarge } from './errors.ts'

export interface RecordsSettings {
  /** `json`: the elements of the top-level array, or the one value that is not an array. `ndjson`: one value a line. */
  readonly format: 'json' | 'ndjson'
  /** Largest single record. */
  readonly recordBytesMax: number
}

/** Gives the next bytes of the input, good until the next call; `undefined` at its end. */
export type PullBytes = () => Buffer | undefined

const quote = 0x22
const comma = 0x2c
const newline = 0x0a
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** Where the scanner of a JSON document stands. */
type Place = 'start' | 'first' | 'element' | 'after' | 'scalar'

/**
 * Cuts a JSON array or NDJSON into the texts of its records, one at a time, holding one record and one chunk.
 * It looks for boundaries only: whether a record is JSON is for the parser to say.
 */
export class RecordsReader {
  readonly #pull: PullBytes
  readonly #settings: RecordsSettings
  #chunk: Buffer = Buffer.alloc(0)
  /** Without a byte beyond ASCII, text is made of the chunk much faster. */
  #chunkIsAscii = true
  /** Next byte of the chunk to look at. */
  #at = 0
  /** Parts of the unfinished record that lay in earlier chunks. */
  #parts: Buffer[] = []
  #partBytes = 0
  /** Bytes of the chunks before this one. */
  #passed = 0
  #records = 0
  #place: Place = 'start'
  #isScalar = false
  #depth = 0
  #inString = false
  #guessEnd = 0
  /** The chunk ended in a backslash: the first byte of the next one means nothing. */
  #escaped = false
  #ended = false

  constructor(pull: PullBytes, settings: RecordsSettings) {
    this.#pull = pull
    this.#settings = settings
  }

  /** Index of the record that `next` will give. */
  get index(): number {
    return this.#records
  }

  /** Whether the input is a list of records rather than one value; known after the first `next`. */
  get readsMany(): boolean {
    return this.#settings.format === 'ndjson' || !this.#isScalar
  }

  /**
   * The JSON text of the next record, `undefined` after the last one.
   *
   * @throws JqInputInvalid with the record's index when no boundary can be found, or the input ends inside a record;
   *   JqInputTooLarge for a record over `recordBytesMax`.
   */
  next(): string | undefined {
    const text = this.#settings.format === 'ndjson' ? this.#nextLine() : this.#nextElement()
    if (text !== undefined) this.#records++
    return text
  }

  /**
   * The text from here to the last comma in the next `bytesMax` bytes after which something begins with `head`. Whether
   * that comma ends an element is for the parser to prove. `undefined` where there is none in the bytes at hand.
   */
  guess(head: Buffer, bytesMax: number): string | undefined {
    this.#guessEnd = 0
    if (this.#place !== 'element' || this.#parts.length > 0) return undefined
    const start = this.#chunk.lastIndexOf(head, Math.min(this.#at + bytesMax, this.#chunk.length - head.length))
    const end = this.#skipBlanksBack(start) - 1
    if (end <= this.#at || this.#chunk[end] !== comma) return undefined
    this.#guessEnd = end
    return this.#textOf(this.#at, end)
  }

  /** The guess was right, and its text was that of so many elements: the next one is behind them. */
  skipGuess(records: number): void {
    this.#at = this.#guessEnd + 1
    this.#records += records
  }

  #nextLine(): string | undefined {
    for (;;) {
      if (!this.#fill()) return this.#lastLine()
      const end = this.#chunk.indexOf(newline, this.#at)
      if (end < 0) {
        this.#keep(this.#at, this.#chunk.length)
        continue
      }
      const line = this.#take(this.#at, end)
      this.#at = end + 1
      if (!isBlank(line)) return line
    }
  }

  #lastLine(): string | undefined {
    const line = this.#take(0, 0)
    return isBlank(line) ? undefined : line
  }

  #nextElement(): string | undefined {
    while (this.#fill()) {
      const found = this.#scanChunk()
      if (found !== undefined) return found
    }
    return this.#endOfDocument()
  }

  /** Looks through the chunk in hand; `undefined` when it was used up without completing a record. */
  #scanChunk(): string | undefined {
    if (this.#place === 'start' && !this.#findStart()) return undefined
    if (this.#place === 'scalar') return this.#keepRest()
    if (this.#place === 'after') return this.#expectNothing()
    return this.#scanElement()
  }

  /** The first byte that is not white space decides: an array gives its elements, anything else is one record. */
  #findStart(): boolean {
    this.#skipBlanks()
    if (this.#at === this.#chunk.length) return false
    if (this.#chunk[this.#at] === openBracket) {
      this.#at++
      this.#place = 'first'
    } else {
      this.#place = 'scalar'
      this.#isScalar = true
    }
    return true
  }

  #keepRest(): undefined {
    this.#keep(this.#at, this.#chunk.length)
  }

  #expectNothing(): undefined {
    this.#skipBlanks()
    if (this.#at < this.#chunk.length) throw this.#invalid('there is more after the end of the array')
  }

  #scanElement(): string | undefined {
    const chunk = this.#chunk
    const start = this.#at
    const length = chunk.length
    let at = start
    let depth = this.#depth
    while (at < length) {
      if (this.#inString) {
        at = this.#skipString(at)
        continue
      }
      const byte = chunk[at]!
      if (byte === quote) this.#inString = true
      else if (byte === openBrace || byte === openBracket) {
        // The array around the elements is a level too.
        if (++depth >= nestingMax) throw this.#invalid('Exceeds depth limit for parsing')
      } else if (byte === closeBrace || byte === closeBracket) {
        if (depth === 0) return this.#lastElement(start, at)
        depth--
      } else if (byte === comma && depth === 0) return this.#element(start, at)
      at++
    }
    this.#depth = depth
    this.#keep(start, length)
    return undefined
  }

  /** From inside a string to behind its closing quote, or to the end of the chunk. */
  #skipString(from: number): number {
    const chunk = this.#chunk
    const length = chunk.length
    let at = from
    while (at < length) {
      const byte = chunk[at]!
      if (byte === quote) {
        this.#inString = false
        return at + 1
      }
      at += byte === backslash ? 2 : 1
    }
    this.#escaped = at > length
    return length
  }

  #element(start: number, end: number): string {
    this.#depth = 0
    this.#at = end + 1
    this.#place = 'element'
    const text = this.#take(start, end)
    if (isBlank(text)) throw this.#invalid('a value is missing before a comma')
    return text
  }

  #lastElement(start: number, end: number): string | undefined {
    if (this.#chunk[end] === closeBrace) throw this.#invalid('a brace closes the array')
    const first = this.#place === 'first'
    this.#depth = 0
    this.#at = end + 1
    this.#place = 'after'
    const text = this.#take(start, end)
    if (!isBlank(text)) return text
    if (!first) throw this.#invalid('a value is missing after a comma')
    return this.#expectNothing()
  }

  #endOfDocument(): string | undefined {
    if (this.#place === 'after') return undefined
    if (this.#place === 'scalar') {
      this.#place = 'after'
      return this.#take(0, 0)
    }
    throw this.#invalid(this.#place === 'start' ? 'it is empty' : 'it ends inside the array')
  }

  /** Makes sure that there are bytes to look at; false at the end of the input. */
  #fill(): boolean {
    while (this.#at >= this.#chunk.length) {
      if (this.#ended) return false
      const next = this.#pull()
      if (next === undefined) {
        this.#ended = true
        return false
      }
      const first = this.#passed === 0 && this.#chunk.length === 0
      this.#passed += this.#chunk.length
      this.#chunk = next
      this.#chunkIsAscii = isAscii(next)
      this.#at = first ? byteOrderMarkBytes(next) : 0
      if (this.#escaped && next.length > 0) {
        this.#escaped = false
        this.#keep(0, 1)
      }
    }
    return true
  }

  #skipBlanks(): void {
    while (this.#at < this.#chunk.length && isBlankByte(this.#chunk[this.#at]!)) this.#at++
  }

  /** The place behind the last byte before `from` that is not blank. */
  #skipBlanksBack(from: number): number {
    let at = from
    while (at > this.#at && isBlankByte(this.#chunk[at - 1]!)) at--
    return at
  }

  /** Remembers bytes of an unfinished record and moves on to the next chunk. */
  #keep(start: number, end: number): void {
    if (end > start) this.#parts.push(Buffer.from(this.#chunk.subarray(start, end)))
    this.#partBytes += end - start
    this.#at = end
    this.#checkSize(this.#partBytes)
  }

  /** The finished record: what was kept of earlier chunks and this piece. */
  #take(start: number, end: number): string {
    this.#checkSize(this.#partBytes + end - start)
    if (this.#parts.length === 0) return this.#textOf(start, end)
    const whole = Buffer.concat([...this.#parts, this.#chunk.subarray(start, end)])
    this.#parts = []
    this.#partBytes = 0
    return whole.toString('utf8')
  }

  #textOf(start: number, end: number): string {
    return this.#chunk.toString(this.#chunkIsAscii ? 'latin1' : 'utf8', start, end)
  }

  #checkSize(bytes: number): void {
    const { recordBytesMax } = this.#settings
    if (bytes > recordBytesMax) {
      throw new JqInputTooLarge({ what: 'record', bytesMax: recordBytesMax, record: this.#records })
    }
  }

  #invalid(reason: string): JqInputInvalid {
    return new JqInputInvalid(reason, { record: this.#records, byte: this.#passed + this.#at })
  }
}

function isBlankByte(byte: number): boolean {
  return byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09
}

function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isBlankByte(text.charCodeAt(at))) return false
  return true
}

function byteOrderMarkBytes(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}
