import { Cancelled, throwIfAborted } from '@super-data/base/errors'
import type { OperationName } from '@super-data/contract'
import type { CallRequest, CallResult, PlatformDoor } from '@super-data/platform'
import { CallTimedOut } from './http/errors.ts'

/**
 * Calls the platform until it answers, the client leaves, or time is up: in time, even when the work does not stop
 * at once.
 *
 * @throws PlatformError · Cancelled · CallTimedOut
 */
export async function callWithin<Name extends OperationName>(
  timeoutMs: number,
  platform: PlatformDoor,
  name: Name,
  input: unknown,
  request: CallRequest,
): Promise<CallResult<Name>> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([request.signal, timeout])
  try {
    return await Promise.race([platform.call(name, input, { ...request, signal }), rejectOnAbort(signal)])
  } catch (error) {
    throwIfAborted(request.signal)
    throw timeout.aborted ? new CallTimedOut(timeoutMs) : error
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Cancelled(signal.reason)), { once: true })
  })
}
