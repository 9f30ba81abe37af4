import type { JsonValue } from '@super-data/contract'
import { NumberInexact } from './errors.ts'

/**
 * Refuses whole numbers that a double does not hold exactly: a wrong id must not become a wrong answer.
 *
 * @param path JSON Pointer of the value, for the message.
 * @throws NumberInexact
 */
export function requireExactNumbers(value: JsonValue, path = ''): void {
  if (typeof value === 'number' && isInexact(value)) throw new NumberInexact(path)
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) requireExactNumbers(member, `${path}/${key}`)
}

/** From 1e21 on JSON writes an exponent, which nobody takes for an exact number. */
function isInexact(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21
}
