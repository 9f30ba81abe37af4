import { type Palette, printJson } from '../value/json-print.ts'
import type { Value } from '../value/value.ts'
import type { OutputStyle } from './command-line.ts'
import type { TextSink } from './world.ts'

/** Characters gathered before they are written. */
const writeAt = 65_536

/** A text that cannot be told from two, written with NUL behind each. */
export class NulInText extends Error {
  constructor() {
    super('Cannot dump a string containing NUL with --raw-output0 option')
  }
}

/** Writes outputs as the options say, many at a time. */
export class Output {
  readonly #sink: TextSink
  readonly #style: OutputStyle
  readonly #palette: Palette | undefined
  #pending = ''

  constructor(sink: TextSink, style: OutputStyle, palette: Palette | undefined) {
    this.#sink = sink
    this.#style = style
    this.#palette = palette
  }

  /** @throws NulInText · OutputGone */
  write(value: Value): void {
    this.#pending += this.#print(value) + this.#style.end
    if (this.#style.unbuffered || this.#pending.length >= writeAt) this.flush()
  }

  /** JSON as the options say, indentation apart. */
  onOneLine(value: Value): string {
    return this.#json(value, 0)
  }

  flush(): void {
    const text = this.#pending
    this.#pending = ''
    if (text !== '') this.#sink.write(text)
  }

  #print(value: Value): string {
    const { raw, ascii, end, seq } = this.#style
    if (raw && typeof value === 'string') {
      if (ascii) return printJson(value, { ascii })
      if (end === '\0' && value.includes('\0')) throw new NulInText()
      return value.toWellFormed()
    }
    const text = this.#json(value, this.#style.indent)
    return seq ? `\x1e${text}` : text
  }

  #json(value: Value, indent: number | '\t'): string {
    const { sortKeys, ascii } = this.#style
    return printJson(value, { indent, sortKeys, ascii, ...(this.#palette ? { colour: this.#palette } : {}) })
  }
}
