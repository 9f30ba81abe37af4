import { JqInvalidJson, JqValueTooLarge } from '../errors.ts'
import { parseJson } from '../value/json-parse.ts'
import { compactJson } from '../value/json-print.ts'
import type { Value } from '../value/value.ts'
import { JqInputInvalid } from './errors.ts'

/** The value of an input's text. @throws JqInputInvalid naming the record, when there is one, and the place in it. */
export function parseInput(text: string, record?: number, parse: (text: string) => Value = parseJson): Value {
  try {
    return parse(text)
  } catch (failure) {
    if (!(failure instanceof JqInvalidJson)) throw failure
    const where = { position: failure.position, ...(record === undefined ? {} : { record }) }
    throw new JqInputInvalid(failure.message, where, failure)
  }
}

/** The JSON text of an item. @throws JqValueTooLarge when no string can hold it. */
export function print(value: Value): string {
  try {
    return compactJson(value)
  } catch (failure) {
    throw failure instanceof RangeError ? new JqValueTooLarge() : failure
  }
}
