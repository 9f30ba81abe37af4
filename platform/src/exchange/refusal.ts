import { type ErrorKind, PlatformError, toProblem } from '@super-data/base/errors'
import type { ImportChange, JsonValue } from '@super-data/contract'

/** Why an entry of a document may not be proposed: it is left out, and the others are not. */
export type Refusal = NonNullable<ImportChange['problem']>

const ofOneEntry: readonly ErrorKind[] = ['invalid', 'denied', 'missing', 'conflict', 'limited']

/** @param also kinds that are an entry's own matter where it failed. @throws what is more than that */
export function toRefusal(failure: unknown, also: readonly ErrorKind[] = []): Refusal {
  if (!(failure instanceof PlatformError) || ![...ofOneEntry, ...also].includes(failure.kind)) throw failure
  const { code, message, hint, details } = toProblem(failure)
  return { code, message, hint: hint ?? null, ...(details === undefined ? {} : { details: details as JsonValue }) }
}
