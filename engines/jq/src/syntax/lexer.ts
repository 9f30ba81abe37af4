import { JqSyntaxError } from '../errors.ts'
import { positionAt } from './position.ts'

/** What sort of piece a token is. */
export type TokenKind =
  | 'end'
  | 'name'
  | 'keyword'
  | 'field'
  | 'variable'
  | 'location'
  | 'format'
  | 'number'
  | 'quote'
  | 'operator'

/** A piece of a program text; `start` and `end` are offsets in UTF-16 units. */
export interface Token {
  readonly kind: TokenKind
  /** Without the sigil for fields, variables and formats. */
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Words that cannot name a function; they can still be object keys and fields. */
export const keywords: ReadonlySet<string> = new Set(
  'as def module import include if then else elif reduce foreach end and or try catch label break'.split(' '),
)

const operators = ['?//', '//=', '!=', '==', '//', '|=', '+=', '-=', '*=', '/=', '%=', '<=', '>=', '..']
const singles = '.[]{}()|,:;=<>+-*/%?'

const namePattern = /(?:[a-zA-Z_][a-zA-Z_0-9]*::)*[a-zA-Z_][a-zA-Z_0-9]*/y
const fieldPattern = /\.([a-zA-Z_][a-zA-Z_0-9]*)/y
const numberPattern = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y
const formatPattern = /@[a-zA-Z0-9_]+/y
const plainTextPattern = /[^"\\]+/y

/** Cuts a program into tokens, one at a time. String contents are read on request, because they nest programs. */
export class Lexer {
  readonly text: string
  #at = 0

  constructor(text: string) {
    this.text = text
  }

  get offset(): number {
    return this.#at
  }

  fail(message: string, offset: number, hint?: string): never {
    throw new JqSyntaxError(message, positionAt(this.text, offset), hint)
  }

  next(): Token {
    this.#skipBlank()
    const start = this.#at
    if (start >= this.text.length) return { kind: 'end', text: '', start, end: start }
    const char = this.text[start]!
    if (char === '"') return this.#token('quote', char, start + 1)
    if (char === '@') return this.#format(start)
    if (char === '$') return this.#variable(start)
    const field = match(fieldPattern, this.text, start)
    if (field) return this.#token('field', field.slice(1), start + field.length)
    const number = match(numberPattern, this.text, start)
    if (number) return this.#token('number', number, start + number.length)
    const name = match(namePattern, this.text, start)
    if (name) return this.#token(keywords.has(name) ? 'keyword' : 'name', name, start + name.length)
    return this.#operator(char, start)
  }

  /**
   * Reads string contents up to the closing quote or the next `\(`.
   * Call it right after the opening quote, or right after the `)` that closes an interpolation.
   */
  stringPart(): { text: string; ended: boolean } {
    let text = ''
    for (;;) {
      const plain = match(plainTextPattern, this.text, this.#at)
      if (plain) {
        text += plain
        this.#at += plain.length
      }
      const char = this.text[this.#at]
      if (char === undefined) this.fail('syntax error, unexpected end of file, string is not closed', this.#at)
      if (char === '"') {
        this.#at++
        return { text: text.toWellFormed(), ended: true }
      }
      if (this.text[this.#at + 1] === '(') {
        this.#at += 2
        return { text: text.toWellFormed(), ended: false }
      }
      text += this.#escape()
    }
  }

  #escape(): string {
    const start = this.#at
    const char = this.text[start + 1]
    const simple = char === undefined ? undefined : simpleEscapes[char]
    if (simple !== undefined) {
      this.#at += 2
      return simple
    }
    const hex = this.text.slice(start + 2, start + 6)
    if (char === 'u' && /^[0-9a-fA-F]{4}$/.test(hex)) {
      this.#at += 6
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    return this.fail(`Invalid escape '\\${char ?? ''}'`, start)
  }

  #token(kind: TokenKind, text: string, end: number): Token {
    const start = this.#at
    this.#at = end
    return { kind, text, start, end }
  }

  #format(start: number): Token {
    const name = match(formatPattern, this.text, start)
    if (!name) this.fail('syntax error, unexpected INVALID_CHARACTER', start)
    return this.#token('format', name.slice(1), start + name.length)
  }

  #variable(start: number): Token {
    const name = match(namePattern, this.text, start + 1)
    if (!name) this.fail("syntax error, unexpected '$'", start)
    return this.#token(name === '__loc__' ? 'location' : 'variable', name, start + 1 + name.length)
  }

  #operator(char: string, start: number): Token {
    const long = operators.find(each => this.text.startsWith(each, start))
    if (long) return this.#token('operator', long, start + long.length)
    if (!singles.includes(char)) this.fail('syntax error, unexpected INVALID_CHARACTER', start)
    return this.#token('operator', char, start + 1)
  }

  #skipBlank(): void {
    for (;;) {
      const char = this.text.charCodeAt(this.#at)
      if (char === 0x20 || char === 0x09 || char === 0x0a || char === 0x0d) this.#at++
      else if (char === 0x23) this.#skipComment()
      else return
    }
  }

  /** To the end of the line; an odd number of backslashes before the line's end carries the comment on. */
  #skipComment(): void {
    const { text } = this
    let at = this.#at
    while (at < text.length && text[at] !== '\n') {
      if (text[at] !== '\\') at++
      else if (text.startsWith('\r\n', at + 1)) at += 3
      else at += 2
    }
    this.#at = Math.min(at, text.length)
  }
}

const simpleEscapes: Readonly<Record<string, string | undefined>> = {
  __proto__: null as never,
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
