import { JqInvalidJson } from '../errors.ts'
import { parseJson, parseShallowJson } from '../value/json-parse.ts'
import { nestingMax } from '../value/order.ts'
import { isNumber, type Value } from '../value/value.ts'
import { BrokenInput, placeAfter, placedMessage, type TextStart } from './input-error.ts'
import { countLines, type TextSource } from './text-source.ts'

const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const quote = 0x22
const backslash = 0x5c
const separatorCode = 0x1e

/** What a scan of a piece of text came to; `cut`: a word or number with a separator right behind it. */
type Scan = 'value' | 'more' | 'truncated' | 'cut'

const truncatedNumber = 'Potentially truncated top-level numeric value'

const blanks = /[ \t\r\n]*/y
const blanksAndSeparators = /[ \t\r\n\x1e]*/y
/** To the end of a number or a word, which what follows decides. */
const literal = /[^[\]{},:"\s\x1e]*/y

/**
 * Reads any number of JSON values, with or without blanks between them, from a text that comes in pieces. Holds one
 * value and one piece.
 */
export class ValueReader {
  readonly #source: TextSource
  readonly #seq: boolean
  readonly #reportIgnored: (message: string) => void
  /** In a sequence, what comes before the first separator is passed over, and so is the rest of a broken text. */
  #waitsForSeparator: boolean
  #piece = ''
  #at = 0
  /** Parts of the unfinished value that lay in earlier pieces. */
  #parts: string[] = []
  #depth = 0
  #deepest = 0
  #inString = false
  #escaped = false
  #inLiteral = false
  /** Where the piece begins. */
  #pieceStart: TextStart = { lines: 0, column: 0 }
  /** Where the value begins: in this piece, or, when it began in an earlier one, in the whole of the inputs. */
  #startAt = 0
  #start: TextStart | undefined
  /** Line ends of the current file up to a place in the piece. */
  #lines = 0
  #countedTo = 0
  #failed = false

  constructor(source: TextSource, seq: boolean, reportIgnored: (message: string) => void) {
    this.#source = source
    this.#seq = seq
    this.#waitsForSeparator = seq
    this.#reportIgnored = reportIgnored
  }

  /** Line ends read of the current file, with the one that ends the line of the last value. */
  get line(): number {
    if (this.#countedTo < this.#at) {
      const end = this.#piece.indexOf('\n', Math.max(this.#countedTo, this.#at - 1))
      const to = end === -1 ? this.#at : end + 1
      this.#lines += countLines(this.#piece.slice(this.#countedTo, to))
      this.#countedTo = to
    }
    return this.#lines
  }

  /** The next value; `undefined` after the last. @throws BrokenInput, after which there are no more. */
  next(): Value | undefined {
    while (!this.#failed && this.#findStart()) {
      try {
        const value = this.#fromLine() ?? this.#fromPieces()
        if (value !== undefined) return value
      } catch (error) {
        this.#giveUp(error)
      }
    }
    if (this.#waitsForSeparator) this.#abandoned()
    return undefined
  }

  /** A sequence goes on behind its next separator; anything else ends with its first mistake. */
  #giveUp(error: unknown): void {
    if (!(error instanceof BrokenInput)) throw error
    this.#failed = !this.#seq
    if (this.#failed) throw error
    const isAtEnd = error.message.includes(' at EOF ')
    this.#reportIgnored(isAtEnd ? error.message : `${error.message} (need RS to resync)`)
    this.#waitsForSeparator = !isAtEnd
  }

  /** The inputs ended in a text that no separator stands before. */
  #abandoned(): void {
    this.#waitsForSeparator = false
    const end = placeAfter(this.#piece, this.#pieceStart)
    if (end.lines > 0 || end.column > 0) this.#reportAt('Unfinished abandoned text at EOF', end)
  }

  #reportAt(problem: string, { lines, column }: TextStart): void {
    this.#reportIgnored(`${problem} at line ${lines + 1}, column ${column}`)
  }

  /** Goes to the first character of a value. */
  #findStart(): boolean {
    for (;;) {
      if (this.#waitsForSeparator) this.#skipToSeparator()
      const pattern = this.#seq ? blanksAndSeparators : blanks
      pattern.lastIndex = this.#at
      pattern.exec(this.#piece)
      this.#at = pattern.lastIndex
      if (this.#at < this.#piece.length) return true
      if (!this.#pull()) return false
    }
  }

  #skipToSeparator(): void {
    const separator = this.#piece.indexOf('\x1e', this.#at)
    this.#waitsForSeparator = separator === -1
    this.#at = separator === -1 ? this.#piece.length : separator
  }

  /** The next piece, when the one at hand is used up. */
  #pull(): boolean {
    const next = this.#source.read()
    if (next === undefined) return false
    this.#start ??= this.#placeOfStart()
    this.#pieceStart = placeAfter(this.#piece, this.#pieceStart)
    this.#piece = next
    this.#at = 0
    this.#countedTo = 0
    this.#lines = this.#source.lines - countLines(next)
    return true
  }

  /** The quick way: one value on a line of its own, which is what most files of many values hold. */
  #fromLine(): Value | undefined {
    const first = this.#piece.charCodeAt(this.#at)
    if (first !== openBrace && first !== openBracket) return undefined
    const end = this.#piece.indexOf('\n', this.#at)
    const last = this.#piece.charCodeAt(end - 1)
    if (end === -1 || last !== first + closeBrace - openBrace) return undefined
    try {
      const value = parseJson(this.#piece.slice(this.#at, end))
      this.#at = end
      return value
    } catch (error) {
      if (error instanceof JqInvalidJson) return undefined
      throw error
    }
  }

  #fromPieces(): Value | undefined {
    this.#begin()
    for (;;) {
      const from = this.#at
      const scan = this.#scan()
      this.#parts.push(this.#piece.slice(from, this.#at))
      if (scan === 'value') return this.#parse(this.#takeText())
      if (scan === 'truncated') return this.#truncated()
      if (scan === 'cut') return this.#notNumber(this.#takeText(), truncatedNumber, 1)
      if (this.#pull()) continue
      return this.#atEnd(this.#takeText())
    }
  }

  #begin(): void {
    this.#startAt = this.#at
    this.#start = undefined
    this.#depth = 0
    this.#deepest = 0
    this.#inLiteral = false
    this.#inString = false
    this.#escaped = false
  }

  #placeOfStart(): TextStart {
    return this.#start ?? placeAfter(this.#piece.slice(0, this.#startAt), this.#pieceStart)
  }

  #takeText(): string {
    const text = this.#parts.join('')
    this.#parts = []
    return text
  }

  #parse(text: string): Value {
    try {
      return this.#deepest <= nestingMax ? parseShallowJson(text) : parseJson(text)
    } catch (error) {
      throw this.#broken(error)
    }
  }

  #broken(error: unknown): unknown {
    if (!(error instanceof JqInvalidJson)) return error
    return new BrokenInput(placedMessage(error.message, this.#placeOfStart()))
  }

  /** What is left at the end of the inputs: a number or a word may end there, everything else may not. */
  #atEnd(text: string): Value | undefined {
    return this.#seq ? this.#notNumber(text, `${truncatedNumber} at EOF`, 0) : this.#parse(text)
  }

  /** In a sequence more digits could be missing from a number that no blank follows. */
  #notNumber(text: string, problem: string, separatorLength: number): Value | undefined {
    const value = this.#parse(text)
    if (!isNumber(value)) return value
    const { lines, column } = placeAfter(text, this.#placeOfStart())
    this.#reportAt(problem, { lines, column: column + separatorLength })
    return undefined
  }

  #truncated(): undefined {
    this.#reportAt('Truncated value', placeAfter(this.#takeText(), this.#placeOfStart()))
  }

  /** Goes on to the end of the value or of the piece. */
  #scan(): Scan {
    if (this.#inLiteral || !this.#isOpen()) {
      const first = this.#piece.charCodeAt(this.#at)
      if (this.#inLiteral || !isDelimiter(first)) return this.#scanLiteral()
    }
    return this.#scanNested()
  }

  #isOpen(): boolean {
    return this.#depth > 0 || this.#inString
  }

  #scanLiteral(): Scan {
    this.#inLiteral = true
    literal.lastIndex = this.#at
    literal.exec(this.#piece)
    this.#at = literal.lastIndex
    if (this.#at >= this.#piece.length) return 'more'
    if (this.#seq && this.#piece.charCodeAt(this.#at) === separatorCode) return 'cut'
    // jq looks at a word when it sees what follows it, and counts that in where it says a mistake is.
    if (/\s/.test(this.#piece[this.#at]!)) this.#at++
    return 'value'
  }

  #scanNested(): Scan {
    const piece = this.#piece
    let at = this.#at
    while (at < piece.length) {
      if (this.#inString) {
        at = this.#skipString(at)
        if (this.#inString && at < piece.length) return this.#stopAt(at + 1, 'truncated')
        if (!this.#inString && this.#depth === 0) return this.#stopAt(at, 'value')
        continue
      }
      const code = piece.charCodeAt(at++)
      if (code === quote) this.#inString = true
      else if (code === openBrace || code === openBracket) this.#deepest = Math.max(this.#deepest, ++this.#depth)
      else if (code === closeBrace || code === closeBracket) this.#depth--
      else if (code === separatorCode && this.#seq) return this.#stopAt(at, 'truncated')
      // A lone closer or comma ends at once: the parser says what is wrong with it.
      if (this.#depth <= 0 && !this.#inString) return this.#stopAt(at, 'value')
    }
    return this.#stopAt(at, 'more')
  }

  #stopAt(at: number, scan: Scan): Scan {
    this.#at = at
    return scan
  }

  /** To behind the closing quote, to a separator that cuts the string off, or to the end of the piece. */
  #skipString(from: number): number {
    const piece = this.#piece
    let at = from
    if (this.#escaped) at++
    this.#escaped = false
    for (; at < piece.length; at++) {
      const code = piece.charCodeAt(at)
      if (code === quote) {
        this.#inString = false
        return at + 1
      }
      if (code === separatorCode && this.#seq) return at
      if (code === backslash && ++at >= piece.length) this.#escaped = true
    }
    return piece.length
  }
}

function isDelimiter(code: number): boolean {
  return '[]{},:"'.includes(String.fromCharCode(code))
}
