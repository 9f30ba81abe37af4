import { PlatformError } from '@super-data/base/errors'
import { ObjectStoreFull, ObjectStoreUnavailable } from '../errors.ts'

/** Runs file system calls; their failures leave as errors of the store, which name no path. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (failure) {
    throw toStoreError(failure)
  }
}

/** The result, or `undefined` when the file is not there. */
export async function ifPresent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (failure) {
    if (errorCode(failure) === 'ENOENT') return undefined
    throw failure
  }
}

export function errorCode(failure: unknown): string | undefined {
  return failure instanceof Error && 'code' in failure ? String(failure.code) : undefined
}

const fullCodes = new Set(['ENOSPC', 'EDQUOT'])

function toStoreError(failure: unknown): unknown {
  if (failure instanceof PlatformError) return failure
  const code = errorCode(failure)
  if (code === undefined) return failure
  return fullCodes.has(code) ? new ObjectStoreFull(failure) : new ObjectStoreUnavailable(failure)
}
