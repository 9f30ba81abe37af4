import type { Site } from '../compile/site.ts'
import { numberText } from './number-text.ts'
import { isNumber, kindOf, type Value } from './value.ts'

/**
 * A jq error on its way to a `catch`. Thrown by the million, so it is no `Error` and takes no stack trace.
 * It never leaves the engine: at the edge it becomes a `JqRuntimeError`.
 */
export class Raised {
  readonly value: Value
  /** Where it was raised; known only in runs that look for it. */
  site: Site | undefined
  constructor(value: Value) {
    this.value = value
    this.site = undefined
  }
}

export function fail(message: string): never {
  throw new Raised(message)
}

const previewLength = 29

/** Beginning of a value's JSON, as error messages show it. */
export function preview(value: Value): string {
  const text = previewText(value, previewLength + 1)
  if (utf8Length(text) <= previewLength) return text
  const closing = text.startsWith('"') ? '"' : ''
  return `${cutUtf8(text, previewLength - 3 - closing.length)}...${closing}`
}

/** At least the first `limit` characters of the JSON of a value, without printing all of a large one. */
function previewText(value: Value, limit: number): string {
  if (typeof value === 'string')
    return JSON.stringify(value.slice(0, limit).toWellFormed()).replaceAll('\x7f', '\\u007f')
  if (isNumber(value)) return numberText(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (limit < 0) return '...'
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) {
      if (text.length > limit) return `[${text}`
      text += `${text === '' ? '' : ','}${previewText(item, limit - text.length - 1)}`
    }
    return `[${text}]`
  }
  for (const key of Object.keys(value)) {
    if (text.length > limit) return `{${text}`
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${previewText(value[key]!, limit - text.length - 1)}`
  }
  return `{${text}}`
}

function utf8Length(text: string): number {
  let length = 0
  for (const char of text) length += utf8Size(char.codePointAt(0)!)
  return length
}

function utf8Size(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

function cutUtf8(text: string, size: number): string {
  let length = 0
  let cut = ''
  for (const char of text) {
    length += utf8Size(char.codePointAt(0)!)
    if (length > size) break
    cut += char
  }
  return cut
}

/** `number (3)`, the way messages name a culprit. */
export function describe(value: Value): string {
  return `${kindOf(value)} (${preview(value)})`
}

export function typeError(value: Value, problem: string): never {
  return fail(`${describe(value)} ${problem}`)
}

export function typeError2(a: Value, b: Value, problem: string): never {
  return fail(`${describe(a)} and ${describe(b)} ${problem}`)
}
