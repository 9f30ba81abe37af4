import type { ErrorKind } from '@super-data/base/errors'

/** What a script reads: one exit code for each thing that a caller could do next. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  internal: 1,
  invalid: 2,
  unauthenticated: 3,
  denied: 4,
  missing: 5,
  conflict: 6,
  limited: 7,
  unavailable: 8,
  cancelled: 130,
}
