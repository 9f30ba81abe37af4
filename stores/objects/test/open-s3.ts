import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { S3ObjectStore, type S3ObjectStoreOptions } from '@super-data/objects'
import { s3Missing, startS3, type TestS3 } from '@super-data/testing/s3'

export const skipReason = s3Missing()

/** For titles: why nothing below them runs. */
export const titled = (title: string) => (skipReason === undefined ? title : `${title} (skipped: ${skipReason})`)

export async function realS3(): Promise<TestS3> {
  const server = await startS3()
  if (server === undefined) throw new Error('no S3 server')
  return server
}

/** A store of its own bucket. */
export async function openS3(options: Partial<S3ObjectStoreOptions> = {}): Promise<S3ObjectStore> {
  const { newBucket, ...login } = await realS3()
  const bucket = options.bucket ?? (await newBucket())
  return S3ObjectStore.open({ ...login, bucket, clock: systemClock, random: systemRandom, ...options })
}
