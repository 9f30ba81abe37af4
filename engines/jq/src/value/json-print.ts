import { JqDepthExceeded } from '../errors.ts'
import { isStackOverflow } from '../syntax/nesting.ts'
import { isBigLiteral } from './big-literal.ts'
import { numberText } from './number-text.ts'
import { nestingMax, sortedKeys } from './order.ts'
import type { JqObject, Value } from './value.ts'

export interface PrintOptions {
  /** Spaces a level, or a tab; nothing or 0 keeps everything on one line. */
  readonly indent?: number | '\t'
  readonly sortKeys?: boolean
  /** Escape everything beyond ASCII. */
  readonly ascii?: boolean
  /** Colours for terminals: those of jq, or others. */
  readonly colour?: boolean | Palette
}

/** SGR codes, such as `1;39`, for each kind of value and for the keys of objects. */
export interface Palette {
  readonly null: string
  readonly false: string
  readonly true: string
  readonly number: string
  readonly string: string
  readonly array: string
  readonly object: string
  readonly key: string
}

/**
 * JSON text of a value as jq 1.8 prints it.
 *
 * @throws JqDepthExceeded for a value nested too deeply to be laid out; on one line any depth will do.
 */
export function printJson(value: Value, options: PrintOptions = {}): string {
  if (!options.indent && !options.sortKeys && !options.ascii && !options.colour) return compactJson(value)
  try {
    return new PrettyPrinter(options).print(value)
  } catch (error) {
    throw isStackOverflow(error) ? new JqDepthExceeded() : error
  }
}

/** One line, no spaces. */
export function compactJson(value: Value): string {
  if (typeof value !== 'object' || value === null || !suitsStringify(value, 0)) return compactAt(value, 0)
  const text = JSON.stringify(value)
  return text.includes('\x7f') || text.includes('\\ud') ? compactAt(value, 0) : text
}

/** Whether `JSON.stringify` prints every number inside as jq does. It is several times faster than we are. */
function suitsStringify(value: Value, depth: number): boolean {
  if (typeof value === 'number') return isPlainNumber(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth > recursionMax || isBigLiteral(value)) return false
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) if (!suitsStringify(value[at]!, depth + 1)) return false
    return true
  }
  for (const key in value) if (!suitsStringify(value[key]!, depth + 1)) return false
  return typeof value.toJSON !== 'function'
}

/** Neither so large nor so small that jq writes an exponent earlier than JavaScript, nor a negative zero. */
function isPlainNumber(value: number): boolean {
  if (value === 0) return !Object.is(value, -0)
  const size = Math.abs(value)
  return size >= 1e-4 && size < 1e16
}

const recursionMax = 400

function compactAt(value: Value, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quoteText(value)
    case 'number':
      return numberText(value)
    case 'boolean':
      return value ? 'true' : 'false'
  }
  if (value === null) return 'null'
  if (isBigLiteral(value)) return value.text
  if (depth > recursionMax) return compactDeep(value, depth)
  return Array.isArray(value) ? compactArray(value, depth) : compactObject(value, depth)
}

function compactArray(value: Value[], depth: number): string {
  if (value.length === 0) return '[]'
  let text = `[${compactAt(value[0]!, depth + 1)}`
  for (let at = 1; at < value.length; at++) text += `,${compactAt(value[at]!, depth + 1)}`
  return `${text}]`
}

function compactObject(value: JqObject, depth: number): string {
  let text = ''
  for (const key of Object.keys(value)) {
    text += `${text === '' ? '{' : ','}${quoteText(key)}:${compactAt(value[key]!, depth + 1)}`
  }
  return text === '' ? '{}' : `${text}}`
}

const tooDeep = '"<skipped: too deep>"'

/** The same without recursion; beyond jq's limit it prints what jq prints. */
function compactDeep(root: Value, rootDepth: number): string {
  const out: string[] = []
  const stack: (string | { value: Value; depth: number })[] = [{ value: root, depth: rootDepth }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next === 'string') {
      out.push(next)
      continue
    }
    const { value, depth } = next
    if (typeof value !== 'object' || value === null || isBigLiteral(value)) out.push(compactAt(value, 0))
    else if (depth > nestingMax) out.push(tooDeep)
    else pushPieces(stack, value, depth)
  }
  return out.join('')
}

function pushPieces(
  stack: (string | { value: Value; depth: number })[],
  value: Value[] | JqObject,
  depth: number,
): void {
  const list = Array.isArray(value)
  const keys = Object.keys(value)
  stack.push(list ? ']' : '}')
  for (let at = keys.length - 1; at >= 0; at--) {
    const key = keys[at]!
    stack.push({ value: (value as JqObject)[key]!, depth: depth + 1 })
    const separator = at === 0 ? '' : ','
    stack.push(list ? separator : `${separator}${quoteText(key)}:`)
  }
  stack.push(list ? '[' : '{')
}

const special = /["\\\u0000-\u001f\u007f\ud800-\udfff]/

/** A JSON string literal; DEL is escaped, lone surrogates become U+FFFD. */
export function quoteText(text: string): string {
  if (!special.test(text)) return `"${text}"`
  const quoted = JSON.stringify(text.toWellFormed())
  return quoted.includes('\x7f') ? quoted.replaceAll('\x7f', '\\u007f') : quoted
}

function quoteAscii(text: string): string {
  return quoteText(text).replace(/[^\x00-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The colours of jq 1.8. */
export const defaultPalette: Palette = {
  null: '0;90',
  false: '0;39',
  true: '0;39',
  number: '0;39',
  string: '0;32',
  array: '1;39',
  object: '1;39',
  key: '34;1',
}

class PrettyPrinter {
  readonly #step: string
  readonly #sorted: boolean
  readonly #quote: (text: string) => string
  readonly #palette: Palette | undefined

  constructor({ indent, sortKeys, ascii, colour }: PrintOptions) {
    this.#step = indent === '\t' ? '\t' : ' '.repeat(Math.min(Math.max(indent ?? 0, 0), 7))
    this.#sorted = sortKeys ?? false
    this.#quote = ascii ? quoteAscii : quoteText
    this.#palette = colour === true ? defaultPalette : colour || undefined
  }

  print(value: Value, depth = 0): string {
    if (typeof value === 'string') return this.#paint('string', this.#quote(value))
    if (typeof value === 'number' || isBigLiteral(value)) return this.#paint('number', numberText(value))
    if (value === null || typeof value === 'boolean') return this.#paint(String(value) as 'null', String(value))
    if (depth > nestingMax) return tooDeep
    return Array.isArray(value) ? this.#array(value, depth) : this.#object(value, depth)
  }

  #array(value: Value[], depth: number): string {
    return this.#block(
      'array',
      '[]',
      value.map(item => this.print(item, depth + 1)),
      depth,
    )
  }

  #object(value: JqObject, depth: number): string {
    const keys = this.#sorted ? sortedKeys(value) : Object.keys(value)
    const gap = this.#paint('object', ':') + (this.#step === '' ? '' : ' ')
    const items = keys.map(key => this.#paint('key', this.#quote(key)) + gap + this.print(value[key]!, depth + 1))
    return this.#block('object', '{}', items, depth)
  }

  #block(kind: 'array' | 'object', brackets: '[]' | '{}', items: string[], depth: number): string {
    const [open, close] = brackets
    if (items.length === 0) return this.#paint(kind, brackets)
    const line = this.#step === '' ? '' : `\n${this.#step.repeat(depth + 1)}`
    const last = this.#step === '' ? '' : `\n${this.#step.repeat(depth)}`
    const comma = this.#paint(kind, ',')
    return `${this.#paint(kind, open!)}${line}${items.join(comma + line)}${last}${this.#paint(kind, close!)}`
  }

  #paint(what: keyof Palette, text: string): string {
    return this.#palette ? `\x1b[${this.#palette[what]}m${text}\x1b[0m` : text
  }
}
