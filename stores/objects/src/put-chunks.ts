import { Cancelled, PlatformError } from '@super-data/base/errors'
import type { PutBody } from './object-store.ts'

/** The chunks of a body; ends with an error at the abort, even while the source keeps us waiting. */
export async function* readChunks(body: PutBody, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  if (signal?.aborted) throw abortError(signal)
  if (body instanceof Uint8Array) {
    yield body
    return
  }
  const source = body[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const result = await orAborted(source.next(), signal)
      if (result.done) break
      if (result.value.byteLength > 0) yield result.value
    }
    ended = true
  } finally {
    // Not awaited: a source that hangs would hang its cancellation too.
    if (!ended) source.return?.()?.then(undefined, () => {})
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(abortError(signal))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** The reason itself when it says what happened (the store was closed), else that the caller gave up. */
export function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof PlatformError ? signal.reason : new Cancelled(signal.reason)
}
