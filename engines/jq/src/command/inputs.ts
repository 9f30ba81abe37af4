import type { InputPlace } from '../compile/runtime.ts'
import { JqInvalidJson } from '../errors.ts'
import type { Value } from '../value/value.ts'
import type { InputStyle } from './command-line.ts'
import { EventReader } from './event-reader.ts'
import { BrokenInput } from './input-error.ts'
import type { TextSource } from './text-source.ts'
import { ValueReader } from './value-reader.ts'

interface Reader {
  readonly line: number
  next(): Value | undefined
}

/** The inputs of one command line, each read when it is asked for. */
export class Inputs {
  readonly #source: TextSource
  readonly #reader: Reader
  readonly #slurp: 'values' | 'text' | false
  #isDone = false

  constructor(source: TextSource, style: InputStyle, report: (problem: string) => void) {
    this.#source = source
    this.#slurp = style.slurp ? (style.raw ? 'text' : 'values') : false
    this.#reader = openReader(source, style, report)
  }

  /** Where the last input came from. */
  get place(): InputPlace {
    return { file: this.#source.lastFile ?? null, line: this.#reader.line }
  }

  /** As jq says where something went wrong. */
  get placeText(): string {
    const { file, line } = this.place
    return file === null ? '<unknown>' : `${file}:${line}`
  }

  /** `undefined`: there are no more. @throws BrokenInput */
  next(): Value | undefined {
    if (!this.#slurp) return this.#reader.next()
    if (this.#isDone) return undefined
    this.#isDone = true
    return this.#slurp === 'text' ? allText(this.#source) : allValues(this.#reader)
  }

  /** The same for `input`, where a broken text is an error that the program can catch. @throws JqInvalidJson */
  nextForProgram(): Value | undefined {
    try {
      return this.next()
    } catch (error) {
      if (!(error instanceof BrokenInput)) throw error
      throw new JqInvalidJson(error.message, { line: 1, column: 1, offset: 0 })
    }
  }
}

function openReader(source: TextSource, style: InputStyle, report: (problem: string) => void): Reader {
  if (style.raw) return new LineReader(source)
  const ignored = (message: string) => report(`jq: ignoring parse error: ${message}`)
  if (style.stream) return new EventReader(source, { errors: style.stream === 'errors', seq: style.seq }, ignored)
  return new ValueReader(source, style.seq, ignored)
}

function allText(source: TextSource): string {
  let text = ''
  for (let piece = source.read(); piece !== undefined; piece = source.read()) text += piece
  return text
}

function allValues(reader: Reader): Value[] {
  const values: Value[] = []
  for (let value = reader.next(); value !== undefined; value = reader.next()) values.push(value)
  return values
}

/** Lines of text; files without a line end at their end run on into the next. */
class LineReader implements Reader {
  readonly #source: TextSource
  #piece = ''
  #at = 0
  #line = 0

  constructor(source: TextSource) {
    this.#source = source
  }

  get line(): number {
    return this.#line
  }

  next(): string | undefined {
    const parts: string[] = []
    for (;;) {
      const end = this.#piece.indexOf('\n', this.#at)
      if (end !== -1) {
        parts.push(this.#piece.slice(this.#at, end))
        this.#at = end + 1
        this.#line++
        return parts.join('')
      }
      parts.push(this.#piece.slice(this.#at))
      const file = this.#source.lastFile
      const piece = this.#source.read()
      if (file !== this.#source.lastFile) this.#line = 0
      this.#piece = piece ?? ''
      this.#at = 0
      if (piece !== undefined) continue
      const last = parts.join('')
      return last === '' ? undefined : last
    }
  }
}
