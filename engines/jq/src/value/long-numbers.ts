import { BigLiteral, numberFromLiteral } from './big-literal.ts'
import { numberText } from './number-text.ts'
import type { Value } from './value.ts'

const longest = 16
const bigExponent = /\d[eE][+-]?\d{3}/

/** Whether plain `JSON.parse` may lose digits: 16 of them stand in a row, or an exponent has three. Strings count too. */
export function mayLoseNumbers(text: string): boolean {
  return hasLongRun(text) || bigExponent.test(text)
}

/** Whether 16 digits or dots stand in a row. Every such run covers a multiple of 16, so only those are looked at. */
function hasLongRun(text: string): boolean {
  for (let at = longest - 1; at < text.length; at += longest) {
    if (!isDigitOrDot(text.charCodeAt(at))) continue
    let from = at
    while (isDigitOrDot(text.charCodeAt(from - 1))) from--
    let to = at + 1
    while (isDigitOrDot(text.charCodeAt(to))) to++
    if (to - from >= longest) return true
  }
  return false
}

function isDigitOrDot(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46
}

/** A number that needs care, where JSON has numbers. */
const longNumber =
  /(?<=^|[:,[ \t\r\n])-?(?:\d[\d.]{15,}(?:[eE][+-]?\d+)?|\d[\d.]*[eE][+-]?\d{3,})(?=[ \t\r\n]*(?:[,\]}]|$))/g
const markCode = 1

/**
 * `JSON.parse` that keeps long numbers: it reads them as marked strings, which are turned into numbers afterwards. The
 * escaped mark is no JSON outside of strings, so replacing digits inside of a string makes the text invalid, never wrong.
 *
 * @throws SyntaxError or TooCostly for what only the careful reader can tell.
 */
export function parseWithLiterals(text: string): Value {
  if (text.includes('\\u0001')) throw new TooCostly()
  const marked = text.replace(longNumber, '"\\u0001$&"')
  return unmark(JSON.parse(marked) as Value, 0)
}

/** The text cannot be read this way; not an error of the text. */
class TooCostly extends Error {}

const recursionMax = 400
/** The most common long numbers are ids: their text is canonical as it stands. */
const wholeNumber = /^-?[1-9]\d*$/
const literal = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** The value with its marked strings as numbers, in place. */
function unmark(value: Value, depth: number): Value {
  if (typeof value === 'string') return value.charCodeAt(0) === markCode ? toNumber(value.slice(1)) : value
  if (typeof value !== 'object' || value === null) return value
  if (depth > recursionMax) throw new TooCostly()
  if (Array.isArray(value)) unmarkItems(value, depth + 1)
  else unmarkFields(value as { [key: string]: Value }, depth + 1)
  return value
}

function unmarkItems(items: Value[], depth: number): void {
  for (let at = 0; at < items.length; at++) {
    const item = items[at]!
    const number = unmark(item, depth)
    if (number !== item) items[at] = number
  }
}

function unmarkFields(object: { [key: string]: Value }, depth: number): void {
  for (const key in object) {
    const field = object[key]!
    const number = unmark(field, depth)
    if (number !== field) object[key] = number
  }
}

function toNumber(text: string): Value {
  if (wholeNumber.test(text)) return toWholeNumber(text)
  if (!literal.test(text)) throw new TooCostly()
  return numberFromLiteral(text)
}

/** A double has 17 digits; what is longer and does not end in a zero is none. */
function toWholeNumber(text: string): Value {
  if (text.length > 18 && !text.endsWith('0')) return new BigLiteral(text)
  const double = Number(text)
  return numberText(double) === text ? double : new BigLiteral(text)
}
