import { JqInvalidJson } from '../errors.ts'
import { positionAt } from '../syntax/position.ts'
import { numberFromLiteral } from './big-literal.ts'
import { nestingMax } from './order.ts'
import { type JqObject, setOwn, type Value } from './value.ts'

type Container =
  | { readonly array: Value[]; readonly object?: undefined; key?: undefined }
  | { readonly array?: undefined; readonly object: JqObject; key: string | undefined }

const literalStop = /[^[\]{},:"\s]+/y
const blanks = /[ \t\r\n]+/y
const plainText = /[^"\\]+/y

/**
 * The careful reader: its own stack, so that nesting costs no JavaScript stack, exact numbers, jq's liberties and its error
 * messages. Several times slower than `JSON.parse`.
 */
export class JsonReader {
  readonly #text: string
  #at = 0
  #stack: Container[] = []
  /** The value read last, waiting for a separator. */
  #next: Value | undefined
  readonly #values: Value[] = []

  constructor(text: string) {
    this.#text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  only(): Value {
    this.all()
    const [first] = this.#values
    if (this.#values.length > 1) this.#failWhole('Unexpected extra JSON values')
    return first === undefined ? this.#failWhole('Expected JSON value') : first
  }

  all(): Value[] {
    while (this.#at < this.#text.length) this.#step()
    this.#finishTop()
    if (this.#stack.length > 0) this.#failAtEnd('Unfinished JSON term')
    return this.#values
  }

  #step(): void {
    const { text } = this.#move(blanks)
    if (text !== '') {
      this.#finishTop()
      return
    }
    const char = this.#text[this.#at]!
    if ('[]{},:'.includes(char)) {
      this.#at++
      this.#punctuation(char)
    } else if (char === '"') {
      this.#value(this.#string())
    } else {
      this.#value(this.#literal())
    }
  }

  #move(pattern: RegExp): { text: string } {
    pattern.lastIndex = this.#at
    const text = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += text.length
    return { text }
  }

  /** At the top level a blank or the end completes a value. */
  #finishTop(): void {
    if (this.#stack.length === 0 && this.#next !== undefined) {
      this.#values.push(this.#next)
      this.#next = undefined
    }
  }

  #value(value: Value): void {
    if (this.#stack.length === 0) this.#finishTop()
    if (this.#next !== undefined) this.#fail('Expected separator between values')
    this.#next = value
  }

  #punctuation(char: string): void {
    if (char === ':') this.#colon()
    else if (char === ',') this.#comma()
    else if (char === ']') this.#closeArray()
    else if (char === '}') this.#closeObject()
    else this.#open(char)
  }

  #open(char: string): void {
    if (this.#stack.length >= nestingMax) this.#fail('Exceeds depth limit for parsing')
    if (this.#stack.length === 0) this.#finishTop()
    if (this.#next !== undefined) this.#fail('Expected separator between values')
    this.#stack.push(char === '[' ? { array: [] } : { object: {}, key: undefined })
  }

  #colon(): void {
    const top = this.#stack.at(-1)
    if (!top?.object) this.#fail("':' not as part of an object")
    if (this.#next === undefined || top.key !== undefined) this.#fail("Expected string key before ':'")
    if (typeof this.#next !== 'string') this.#fail('Object keys must be strings')
    top.key = this.#next
    this.#next = undefined
  }

  #comma(): void {
    const top = this.#stack.at(-1)
    if (this.#next === undefined) this.#fail("Expected value before ','")
    if (!top) this.#fail("',' not as part of an array or object")
    this.#store(top)
  }

  #store(top: Container): void {
    const value = this.#next!
    this.#next = undefined
    if (top.array) {
      top.array.push(value)
      return
    }
    if (top.key === undefined) this.#fail('Objects must consist of key:value pairs')
    setOwn(top.object, top.key, value)
    top.key = undefined
  }

  #closeArray(): void {
    const top = this.#stack.at(-1)
    if (!top?.array) this.#fail("Unmatched ']'")
    if (this.#next !== undefined) top.array.push(this.#next)
    else if (top.array.length > 0) this.#fail('Expected another array element')
    this.#close(top.array)
  }

  #closeObject(): void {
    const top = this.#stack.at(-1)
    if (!top?.object) this.#fail("Unmatched '}'")
    if (this.#next !== undefined) this.#store(top)
    else if (top.key !== undefined) this.#fail('Objects must consist of key:value pairs')
    else if (Object.keys(top.object).length > 0) this.#fail('Expected another key-value pair')
    this.#close(top.object)
  }

  #close(value: Value): void {
    this.#stack.pop()
    this.#next = value
    this.#finishTop()
  }

  #literal(): Value {
    const { text } = this.#move(literalStop)
    if (text === 'null') return null
    if (text === 'true') return true
    if (text === 'false') return false
    if (/^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return numberFromLiteral(text)
    const word = /^(-?)(?:(nan)|(inf(?:inity)?))$/i.exec(text)
    if (word) return word[2] ? Number.NaN : word[1] ? -Infinity : Infinity
    const message = text.startsWith("'") ? 'Invalid string literal; expected ", but got \'' : literalProblem(text)
    if (this.#at >= this.#text.length) return this.#failAtEnd(message)
    this.#at++
    return this.#fail(message)
  }

  #string(): string {
    this.#at++
    let value = ''
    for (;;) {
      value += this.#move(plainText).text
      const char = this.#text[this.#at]
      if (char === undefined) this.#failAtEnd('Unfinished string')
      if (char === '"') break
      value += this.#escape()
    }
    this.#at++
    return value.toWellFormed()
  }

  #escape(): string {
    const char = this.#text[this.#at + 1]
    const simple = char === undefined ? -1 : '"\\/bfnrt'.indexOf(char)
    if (simple >= 0) {
      this.#at += 2
      return '"\\/\b\f\n\r\t'[simple]!
    }
    const hex = this.#text.slice(this.#at + 2, this.#at + 6)
    if (char !== 'u' || !/^[\da-fA-F]{4}$/.test(hex)) this.#fail('Invalid escape')
    this.#at += 6
    return String.fromCharCode(Number.parseInt(hex, 16))
  }

  #fail(message: string): never {
    const { line, column } = positionAt(this.#text, this.#at)
    const where = { line, column: column - 1, offset: this.#at }
    throw new JqInvalidJson(`${message} at line ${line}, column ${where.column}`, where)
  }

  #failWhole(message: string): never {
    throw new JqInvalidJson(message, positionAt(this.#text, 0))
  }

  #failAtEnd(message: string): never {
    this.#at = this.#text.length
    return this.#fail(`${message} at EOF`)
  }
}

function literalProblem(text: string): string {
  return /^[ntf]/.test(text) ? 'Invalid literal' : 'Invalid numeric literal'
}
