import { parseInPieces } from './json-pieces.ts'
import { JsonReader } from './json-reader.ts'
import { mayLoseNumbers, parseWithLiterals } from './long-numbers.ts'
import { nestingMax } from './order.ts'
import type { Value } from './value.ts'

/**
 * Reads one JSON text. Numbers a double cannot hold stay literals; `nan` and `NaN` are numbers, as in jq.
 *
 * @throws JqInvalidJson with jq's words and the position; also for more than 10,000 levels of nesting.
 */
export function parseJson(text: string): Value {
  if (text.length <= shallowCharsMax) return parseShallowJson(text)
  return parseInPieces(text, parseShallowJson) ?? parseWhole(text)
}

/** The same for a text whose nesting is known to be within bounds. */
export function parseShallowJson(text: string): Value {
  const value = parseQuickly(text)
  return value === undefined ? new JsonReader(text).only() : value
}

/** Reads every JSON value of a text that holds any number of them, one after the other. */
export function parseJsonSequence(text: string): Value[] {
  return new JsonReader(text).all()
}

/** No text of so many characters can be nested too deeply. */
export const shallowCharsMax = 2 * nestingMax

function parseWhole(text: string): Value {
  return isTooDeep(text) ? new JsonReader(text).only() : parseShallowJson(text)
}

/** The value, or `undefined` where only the careful reader knows: one of jq's liberties, or what is wrong. */
function parseQuickly(text: string): Value | undefined {
  if (text.includes('\\u') && loneSurrogate.test(text)) return undefined
  try {
    return mayLoseNumbers(text) ? parseWithLiterals(text) : (JSON.parse(text) as Value)
  } catch {
    return undefined
  }
}

const loneSurrogate =
  /\\u[dD][89abAB][\da-fA-F]{2}(?!\\u[dD][c-fC-F][\da-fA-F]{2})|(?<!\\u[dD][89abAB][\da-fA-F]{2})\\u[dD][c-fC-F][\da-fA-F]{2}/

const quote = 0x22
const backslash = 0x5c
/** `{`, and `[` with the bit 0x20 set. */
const openBrace = 0x7b
const closeBrace = 0x7d

/** Counts brackets outside of strings. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) inString = !inString
    else if (inString) {
      if (code === backslash) at++
    } else if ((code | 0x20) === openBrace) {
      if (++depth > nestingMax) return true
    } else if ((code | 0x20) === closeBrace) depth--
  }
  return false
}
