import type { JsonValue } from '@super-data/contract'

/** In V8 since Node 21 (ECMAScript proposal-json-parse-with-source). */
interface ExactJson {
  /** A value that `JSON.stringify` writes as exactly this text. */
  rawJSON(text: string): object
  isRawJSON(value: unknown): boolean
}

const exact = JSON as unknown as ExactJson

export const isRawJson = (value: unknown): boolean => exact.isRawJSON(value)

type SourceReviver = (key: string, value: unknown, context: { source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver?: SourceReviver) => unknown

/** Sixteen digits are the first that a double may not hold, and exponents of three digits the first beyond its range. */
const longNumber = /\d{16}|\d[eE]\+?\d{3}/

/**
 * Parses JSON so that writing it again gives the same numbers: those a double cannot hold stay as their text.
 * Texts without long numbers take the plain, fast way.
 */
export function parseExactJson(text: string): JsonValue {
  if (!longNumber.test(text)) return JSON.parse(text) as JsonValue
  return parseWithSource(text, keepLongNumber) as JsonValue
}

function keepLongNumber(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value
  return String(value) === context.source ? value : exact.rawJSON(context.source)
}
