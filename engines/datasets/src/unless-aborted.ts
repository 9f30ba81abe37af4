import { Cancelled, throwIfAborted } from '@super-data/base/errors'

/** Waits for work of which others may have need too: who gives up waiting does not stop it. @throws Cancelled */
export async function unlessAborted<T>(begin: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  throwIfAborted(signal)
  if (signal === undefined) return begin()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(new Cancelled(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([begin(), aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
