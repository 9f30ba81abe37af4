import { JqInvalidJson } from '../errors.ts'
import { parseJson } from '../value/json-parse.ts'
import { compactJson } from '../value/json-print.ts'
import type { Value } from '../value/value.ts'
import { JqInputInvalid } from './errors.ts'

/** The value of an input's text. @throws JqInputInvalid naming the record, when there is one, and the place in it. */
export function parseInput(text: string, record?: number): Value {
  try {
    return parseJson(text)
  } catch (failure) {
    if (!(failure instanceof JqInvalidJson)) throw failure
    const where = { position: failure.position, ...(record === undefined ? {} : { record }) }
    throw new JqInputInvalid(failure.message, where, failure)
  }
}

export const print: (value: Value) => string = compactJson
