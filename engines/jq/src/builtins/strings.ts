import { getAt, getIndex, indicesOf, iterate } from '../value/access.ts'
import { add, split } from '../value/arithmetic.ts'
import { compactJson } from '../value/json-print.ts'
import { fail, typeError } from '../value/raised.ts'
import { occurrences } from '../value/text.ts'
import { isNumber, toDouble, type Value } from '../value/value.ts'
import { type Apply, chargedFamily, type Family } from './builtin.ts'

function text(value: Value, problem: string): string {
  return typeof value === 'string' ? value : fail(problem)
}

function both(a: Value, b: Value, name: string): [string, string] {
  if (typeof a !== 'string' || typeof b !== 'string') return fail(`${name}() requires string inputs`)
  return [a, b]
}

function trimStart(input: Value, prefix: Value): string {
  const [whole, part] = both(input, prefix, 'startswith')
  return whole.startsWith(part) ? whole.slice(part.length) : whole
}

function trimEnd(input: Value, suffix: Value): string {
  const [whole, part] = both(input, suffix, 'endswith')
  return whole.endsWith(part) ? whole.slice(0, whole.length - part.length) : whole
}

/** Characters with the White_Space property. */
const blank = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const blankStart = new RegExp(`^${blank}`)
const blankEnd = new RegExp(`(?<!${blank.slice(0, -1)})${blank}$`)

function trimmer(...patterns: RegExp[]): Apply {
  return (_runtime, input) =>
    patterns.reduce((rest, pattern) => rest.replace(pattern, ''), text(input, 'trim input must be a string'))
}

function implode(input: Value): string {
  if (!Array.isArray(input)) return fail('implode input must be an array')
  let result = ''
  for (const item of input) {
    if (!isNumber(item) || Number.isNaN(toDouble(item))) {
      return typeError(item, "can't be imploded, unicode codepoint needs to be numeric")
    }
    const code = Math.trunc(toDouble(item))
    const valid = code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    result += String.fromCodePoint(valid ? code : 0xfffd)
  }
  return result
}

function explode(input: Value): Value[] {
  return Array.from(text(input, 'explode input must be a string'), char => char.codePointAt(0)!)
}

function join(input: Value, separator: Value): Value {
  let result: Value = null
  for (const item of iterate(input)) {
    const left: Value = result === null ? '' : add(result, separator)
    const right: Value = isNumber(item) || typeof item === 'boolean' ? compactJson(item) : (item ?? '')
    result = add(left, right)
  }
  return result === null || result === false ? '' : result
}

function stringIndices(input: Value, part: Value): Value[] {
  if (typeof input !== 'string') return typeError(input, 'cannot be searched, as it is not a string')
  if (typeof part !== 'string') return typeError(part, 'is not a string')
  return occurrences(input, part)
}

function indices(input: Value, part: Value): Value {
  if (Array.isArray(input)) return indicesOf(input, Array.isArray(part) ? part : [part])
  if (typeof input === 'string' && typeof part === 'string') return stringIndices(input, part)
  return getAt(input, part)
}

function letterCase(name: string, pattern: RegExp, change: (match: string) => string): Apply {
  return (_runtime, input) => text(input, `${name} input must be a string`).replace(pattern, change)
}

/** Cutting, joining, searching and changing texts. */
export const strings: Family = chargedFamily({
  'startswith/1': (_runtime, input, part) => {
    const [whole, prefix] = both(input, part, 'startswith')
    return whole.startsWith(prefix)
  },
  'endswith/1': (_runtime, input, part) => {
    const [whole, suffix] = both(input, part, 'endswith')
    return whole.endsWith(suffix)
  },
  'ltrimstr/1': (_runtime, input, part) => trimStart(input, part),
  'rtrimstr/1': (_runtime, input, part) => trimEnd(input, part),
  'trimstr/1': (_runtime, input, part) => trimEnd(trimStart(input, part), part),
  'trim/0': trimmer(blankStart, blankEnd),
  'ltrim/0': trimmer(blankStart),
  'rtrim/0': trimmer(blankEnd),
  'explode/0': (_runtime, input) => explode(input),
  'implode/0': (_runtime, input) => implode(input),
  'split/1': (_runtime, input, separator) => {
    if (typeof input !== 'string' || typeof separator !== 'string') {
      return fail('split input and separator must be strings')
    }
    return split(input, separator)
  },
  'join/1': (_runtime, input, separator) => join(input, separator),
  'ascii/0': (_runtime, input) => implode([input]),
  'ascii_downcase/0': letterCase('ascii_downcase', /[A-Z]+/g, match => match.toLowerCase()),
  'ascii_upcase/0': letterCase('ascii_upcase', /[a-z]+/g, match => match.toUpperCase()),
  'indices/1': (_runtime, input, part) => indices(input, part),
  '_strindices/1': (_runtime, input, part) => stringIndices(input, part),
  'index/1': (_runtime, input, part) => getIndex(indices(input, part), 0),
  'rindex/1': (_runtime, input, part) => getIndex(indices(input, part), -1),
})
