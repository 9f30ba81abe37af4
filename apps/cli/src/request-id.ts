import { systemClock } from '@super-data/base/clock'
import { systemRandom, TimeOrderedIds } from '@super-data/base/ids'

const ids = new TimeOrderedIds(systemClock, systemRandom)

/** Which call an error belongs to: errors made within this process do not carry it themselves. */
const callsOfErrors = new WeakMap<object, string>()

export function newRequestId(): string {
  return ids.next('req')
}

/** Notes the call that failed, and hands the error back to be thrown. */
export function failedCall(error: unknown, requestId: string): unknown {
  if (typeof error === 'object' && error !== null) callsOfErrors.set(error, requestId)
  return error
}

/** The request id to quote in a report, when the error came from a call. */
export function requestIdOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const own = (error as { requestId?: unknown }).requestId
  return typeof own === 'string' ? own : callsOfErrors.get(error)
}
