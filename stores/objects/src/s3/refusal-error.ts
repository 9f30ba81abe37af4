import {
  ObjectBucketMissing,
  ObjectKeyInvalid,
  ObjectMetadataInvalid,
  ObjectStoreDenied,
  ObjectStoreFull,
  ObjectStoreRefused,
  ObjectStoreUnavailable,
} from '../errors.ts'
import { isTransient, type S3Refusal } from './s3-reply.ts'

const full: ReadonlySet<string> = new Set(['QuotaExceeded', 'InsufficientStorage', 'EntityTooLarge', 'StorageFull'])

/** The server's no as an error of ours; nothing of what the server wrote goes along but its code. */
export function refusalError({ status, code, ...rest }: S3Refusal): Error {
  if (code === 'NoSuchBucket') return new ObjectBucketMissing()
  if (full.has(code) || status === 507) return new ObjectStoreFull(new Error(code))
  if (code === 'KeyTooLongError') return new ObjectKeyInvalid('is longer than the store takes, its prefix included')
  if (code === 'MetadataTooLarge') return new ObjectMetadataInvalid('is larger than the store takes')
  if (isTransient({ status, code, ...rest })) return new ObjectStoreUnavailable(new Error(`${status} ${code}`))
  if (status === 401 || status === 403 || code === 'AuthorizationHeaderMalformed') return new ObjectStoreDenied(code)
  return new ObjectStoreRefused(status, code)
}
