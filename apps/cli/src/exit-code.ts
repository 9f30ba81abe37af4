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

/** Failures that a supervisor must not answer with another start. */
const ownCodes: Readonly<Record<string, number>> = { LIBRARY_LOST: 70 }

/** How a command ends that failed. */
export function exitCodeOf({ code, kind }: { readonly code: string; readonly kind: ErrorKind }): number {
  return ownCodes[code] ?? exitCodes[kind]
}
