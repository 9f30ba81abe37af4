import { JqDepthExceeded } from './errors.ts'
import { compare as compareValues, equals as equalValues } from './value/order.ts'
import { Raised } from './value/raised.ts'
import type { Value } from './value/value.ts'

/**
 * jq's order of values: null, false, true, numbers, strings, arrays, objects.
 *
 * @returns below zero, zero or above, as `Array.prototype.sort` wants it.
 * @throws JqDepthExceeded for values nested more than 10,000 levels deep.
 */
export function compare(a: Value, b: Value): number {
  return orTooDeep(() => compareValues(a, b))
}

/** Whether jq's `==` holds. NaN equals nothing. */
export function equals(a: Value, b: Value): boolean {
  return orTooDeep(() => equalValues(a, b))
}

function orTooDeep<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof Raised ? new JqDepthExceeded() : error
  }
}
