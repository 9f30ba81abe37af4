import { JqInvalidJson } from '../errors.ts'
import { parseJson } from '../value/json-parse.ts'
import { nestingMax } from '../value/order.ts'
import type { Value } from '../value/value.ts'
import { BrokenInput, placeAfter, type TextStart } from './input-error.ts'
import type { TextSource } from './text-source.ts'

/** Where the reader stands inside one array or object. */
interface Level {
  readonly kind: 'array' | 'object'
  /** What may come next. */
  expects: 'first' | 'value' | 'key' | 'colon' | 'comma'
  /** Index or key of the element at hand. */
  key: string | number
}

const token = /[ \t\r\n]*(?:([[\]{},:])|("[^"\\]*(?:\\[\s\S][^"\\]*)*")|([^[\]{},:"\s]+))/y
/** The same in a sequence, where RS stands between texts. */
const tokenOfSequence = /[ \t\r\n]*(?:([[\]{},:\x1e])|("[^"\\]*(?:\\[\s\S][^"\\]*)*")|([^[\]{},:"\s\x1e]+))/y
const rest = /[ \t\r\n]*/y
const separator = '\x1e'

export interface EventStyle {
  /** Whether a mistake is told in an event `[message, path]`. */
  readonly errors: boolean
  /** Texts are separated by RS; one that is broken is reported and passed over. */
  readonly seq: boolean
}

/**
 * Reads JSON values as events, `[path, leaf]` and `[path]` where a container ends, without ever holding more than one
 * piece of text and one path.
 */
export class EventReader {
  readonly #source: TextSource
  readonly #style: EventStyle
  readonly #reportIgnored: (message: string) => void
  readonly #pattern: RegExp
  /** In a sequence, what comes before the first separator is passed over, and so is the rest of a broken text. */
  #waitsForSeparator: boolean
  #text = ''
  #at = 0
  #ended = false
  #failed = false
  readonly #levels: Level[] = []
  #textStart: TextStart = { lines: 0, column: 0 }

  constructor(source: TextSource, style: EventStyle, reportIgnored: (message: string) => void) {
    this.#source = source
    this.#style = style
    this.#reportIgnored = reportIgnored
    this.#pattern = style.seq ? tokenOfSequence : token
    this.#waitsForSeparator = style.seq
  }

  get line(): number {
    return this.#source.lines
  }

  /** The next event; `undefined` after the last. @throws BrokenInput, after which there are no more. */
  next(): Value | undefined {
    while (!this.#failed) {
      try {
        return this.#nextEvent()
      } catch (error) {
        if (!(error instanceof BrokenInput)) throw error
        if (this.#style.seq) this.#passOver(error)
        else return this.#giveUp(error)
      }
    }
    return undefined
  }

  #nextEvent(): Value | undefined {
    if (this.#waitsForSeparator && !this.#skipToSeparator()) return undefined
    for (let word = this.#token(); word !== undefined; word = this.#token()) {
      const event = this.#take(word)
      if (event) return event
    }
    if (this.#levels.length > 0) this.#failAtEnd('Unfinished JSON term')
    return undefined
  }

  #giveUp(error: BrokenInput): Value {
    this.#failed = true
    if (!this.#style.errors) throw error
    return [error.message, this.#path()]
  }

  #passOver({ message }: BrokenInput): void {
    const isAtEnd = message.includes(' at EOF ')
    this.#reportIgnored(isAtEnd ? message : `${message} (need RS to resync)`)
    this.#levels.length = 0
    this.#waitsForSeparator = !isAtEnd
  }

  /** @returns whether there is one. */
  #skipToSeparator(): boolean {
    do {
      const found = this.#text.indexOf(separator, this.#at)
      this.#at = found === -1 ? this.#text.length : found + 1
      this.#waitsForSeparator = found === -1
    } while (this.#waitsForSeparator && this.#more())
    if (this.#waitsForSeparator) this.#abandoned()
    return !this.#waitsForSeparator
  }

  /** The inputs ended in a text that no separator stands before. */
  #abandoned(): void {
    this.#failed = true
    const { lines, column } = this.#textStart
    if (this.#text !== '' || lines > 0 || column > 0) this.#reportHere('Unfinished abandoned text at EOF')
  }

  #path(): Value[] {
    return this.#levels.map(({ key }) => key)
  }

  /** The next token. One that reaches the end of the piece may go on in the next. */
  #token(): string | undefined {
    for (;;) {
      this.#pattern.lastIndex = this.#at
      const found = this.#pattern.exec(this.#text)
      const [all, mark, text, literal] = found ?? []
      const isWhole = mark ?? text ?? (literal && this.#at + all!.length < this.#text.length)
      if (found && (isWhole || this.#ended)) {
        if (!isWhole && this.#levels.length > 0) this.#failAtEnd('Unfinished JSON term')
        this.#at = this.#pattern.lastIndex
        return mark ?? text ?? literal
      }
      if (!this.#more()) return this.#unfinished()
    }
  }

  #more(): boolean {
    const piece = this.#source.read()
    if (piece === undefined) {
      const first = !this.#ended
      this.#ended = true
      return first
    }
    this.#textStart = placeAfter(this.#text.slice(0, this.#at), this.#textStart)
    this.#text = this.#text.slice(this.#at) + piece
    this.#at = 0
    return true
  }

  #unfinished(): undefined {
    rest.lastIndex = this.#at
    rest.exec(this.#text)
    const isBlank = rest.lastIndex >= this.#text.length
    this.#at = this.#text.length
    if (!isBlank) this.#failAtEnd('Unfinished string')
  }

  #fail(message: string): never {
    const { lines, column } = placeAfter(this.#text.slice(0, this.#at), this.#textStart)
    throw new BrokenInput(`${message} at line ${lines + 1}, column ${column}`)
  }

  #failAtEnd(message: string): never {
    this.#at = this.#text.length
    return this.#fail(`${message} at EOF`)
  }

  #take(word: string): Value[] | undefined {
    if (word === '[' || word === '{') return this.#open(word)
    if (word === ']' || word === '}') return this.#close(word)
    if (word === ',') return this.#comma()
    if (word === ':') return this.#colon()
    if (word === separator) return this.#separate()
    const level = this.#levels.at(-1)
    if (level?.kind === 'object' && (level.expects === 'first' || level.expects === 'key'))
      return this.#key(level, word)
    this.#beginValue(level)
    return this.#leaf(this.#scalar(word))
  }

  /** Between texts it means nothing; within one, that its end is missing. */
  #separate(): undefined {
    if (this.#levels.length === 0) return
    this.#reportHere('Truncated value')
    this.#levels.length = 0
  }

  #reportHere(problem: string): void {
    const { lines, column } = placeAfter(this.#text.slice(0, this.#at), this.#textStart)
    this.#reportIgnored(`${problem} at line ${lines + 1}, column ${column}`)
  }

  #scalar(word: string): Value {
    try {
      return parseJson(word)
    } catch (error) {
      if (!(error instanceof JqInvalidJson)) throw error
      const message = error.message.replace(/(?: at EOF)? at line \d+, column \d+$/, '')
      if (this.#at >= this.#text.length) return this.#failAtEnd(message)
      this.#at++
      return this.#fail(message)
    }
  }

  #leaf(value: Value): Value[] {
    return [this.#path(), value]
  }

  #beginValue(level: Level | undefined): void {
    if (!level) return
    if (level.expects === 'comma') this.#fail('Expected separator between values')
    if (level.expects === 'colon') this.#fail('Objects must consist of key:value pairs')
    if (level.expects === 'key') this.#fail("Expected string key after ',' in object")
    if (level.kind === 'object' && level.expects === 'first') this.#fail("Expected string key after '{'")
    level.expects = 'comma'
  }

  #key(level: Level, word: string): undefined {
    if (!word.startsWith('"')) this.#fail('Object keys must be strings')
    level.key = this.#scalar(word) as string
    level.expects = 'colon'
  }

  #open(word: string): undefined {
    this.#beginValue(this.#levels.at(-1))
    if (this.#levels.length >= nestingMax) this.#fail('Exceeds depth limit for parsing')
    this.#levels.push({ kind: word === '[' ? 'array' : 'object', expects: 'first', key: word === '[' ? 0 : '' })
  }

  #close(word: string): Value[] {
    const level = this.#levels.at(-1)
    const kind = word === ']' ? 'array' : 'object'
    if (!level) return this.#fail(`Unmatched '${word}' at the top-level`)
    if (level.kind !== kind) return this.#fail(`Unmatched '${word}' in the middle of an ${level.kind}`)
    if (level.expects === 'first') {
      this.#levels.pop()
      return this.#leaf(kind === 'array' ? [] : {})
    }
    if (level.expects === 'colon') this.#fail('Objects must consist of key:value pairs')
    if (level.expects !== 'comma')
      this.#fail(kind === 'array' ? 'Expected another array element' : 'Expected another key:value pair')
    const event = [this.#path()]
    this.#levels.pop()
    return event
  }

  #comma(): undefined {
    const level = this.#levels.at(-1)
    if (!level) return this.#fail("',' not as part of an object or array")
    if (level.expects === 'colon') this.#fail('Objects must consist of key:value pairs')
    if (level.expects !== 'comma') this.#fail("Expected value before ','")
    if (typeof level.key === 'number') level.key++
    level.expects = level.kind === 'array' ? 'value' : 'key'
  }

  #colon(): undefined {
    const level = this.#levels.at(-1)
    if (level?.kind !== 'object') return this.#fail("':' not as part of an object")
    if (level.expects !== 'colon') this.#fail("Expected string key before ':'")
    level.expects = 'value'
  }
}
