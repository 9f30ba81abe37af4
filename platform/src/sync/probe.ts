import type { Random } from '@super-data/base/ids'
import { ObjectStoreUnconditional, WriteConflict } from '@super-data/objects'
import type { Bucket } from './bucket.ts'
import type { BucketKeys } from './bucket-keys.ts'
import { ConditionalWritesMissing } from './errors.ts'
import { randomText } from './random-text.ts'

/**
 * Tries whether conditional writes are kept to, with an object of its own.
 *
 * @throws ConditionalWritesMissing
 */
export async function probeConditionalWrites(bucket: Bucket, keys: BucketKeys, random: Random): Promise<void> {
  try {
    await probe(bucket, keys, random)
  } catch (failure) {
    // Some stores find out by themselves.
    throw failure instanceof ObjectStoreUnconditional ? new ConditionalWritesMissing(failure) : failure
  }
}

async function probe(bucket: Bucket, keys: BucketKeys, random: Random): Promise<void> {
  const key = keys.probe(randomText(random, 12))
  const bytes = new TextEncoder().encode('whether conditional writes work\n')
  try {
    await bucket.put(key, bytes, { ifNoneMatch: '*' })
    const kept =
      (await conflicts(() => bucket.put(key, bytes, { ifNoneMatch: '*' }))) &&
      (await conflicts(() => bucket.put(key, bytes, { ifMatchBytes: '00000000000000000000000000000000' })))
    if (!kept) throw new ConditionalWritesMissing()
  } finally {
    await bucket.delete(key).catch(() => false)
  }
}

async function conflicts(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return false
  } catch (failure) {
    if (failure instanceof WriteConflict) return true
    throw failure
  }
}
