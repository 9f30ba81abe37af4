import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '@super-data/base/clock'
import { PlatformError } from '@super-data/base/errors'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import { FolderObjectStore, type ObjectReader, type ObjectStore, S3ObjectStore } from '@super-data/objects'
import type { PlatformSettings } from '@super-data/platform'
import { DeferredObjectStore } from './deferred-object-store.ts'
import type { ServerSettings } from './settings.ts'

interface BucketComponents {
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log
}

/** The bucket that the settings name, with how the library is shared in it; undefined when they name none. */
export interface SharedBucket {
  readonly store: ObjectStore
  readonly sync: NonNullable<PlatformSettings['sync']>
}

/** What is changed in one go is written together, mostly. */
const changeMs = 500
const requestMs = 20_000
const objectBytesMax = 512 * 2 ** 20
/** Within what a supervisor usually grants between its first and its last signal. */
const stopMs = 5_000
const retention = { newest: 48, hours: 48, days: 30 }

/** Opens the bucket; nothing is asked of it yet. The caller closes it. */
export function openBucket(settings: ServerSettings, components: BucketComponents): SharedBucket | undefined {
  const { s3Bucket, s3Prefix, s3DbKey: key, syncIntervalSeconds, s3LockTimeoutSeconds, syncOnChange } = settings
  if (s3Bucket === undefined) return undefined
  const sync = {
    place: `${s3Bucket}/${s3Prefix}${key}`,
    key,
    ...{ intervalMs: syncIntervalSeconds * 1_000, leaseMs: s3LockTimeoutSeconds * 1_000 },
    ...{ changeMs: syncOnChange ? changeMs : undefined, requestMs, objectBytesMax, stopMs, retention },
  }
  return { store: openStore(settings, s3Bucket, components), sync }
}

/** Who reads a dataset looks again soon: repeating is for what passes at once. */
const readLimits = { callMs: requestMs, attemptsMax: 4, connections: 8 }

/** How buckets are opened that datasets are read from; none of them needs the right to write. */
export function bucketReader(
  settings: ServerSettings,
  components: BucketComponents,
): (bucket: string) => Promise<ObjectReader> {
  return async bucket => {
    const { s3Endpoint: endpoint, awsAccessKeyId: accessKeyId, awsSecretAccessKey: secretAccessKey } = settings
    if (endpoint?.startsWith('file:')) throw new BucketUnreadable('the address of the object store is a folder')
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      throw new BucketUnreadable('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set')
    }
    const place = { endpoint, region: settings.awsRegion, bucket, forcePathStyle: settings.s3PathStyle }
    return S3ObjectStore.openToRead({ ...place, accessKeyId, secretAccessKey, ...components, limits: readLimits })
  }
}

/** The settings say too little to read objects from buckets. */
export class BucketUnreadable extends PlatformError {
  readonly code = 'BUCKET_UNREADABLE'
  readonly kind = 'invalid'
  constructor(reason: string) {
    super(`this server cannot read buckets: ${reason}`, { hint: 'See docs/datasets.md.' })
  }
}

/** One database at a time goes over the wire, in one piece. */
const partBytes = objectBytesMax

function openStore(settings: ServerSettings, bucket: string, components: BucketComponents): ObjectStore {
  const { s3Endpoint: endpoint, s3Prefix: prefix, s3PathStyle: forcePathStyle, awsRegion: region } = settings
  if (endpoint?.startsWith('file:')) {
    // A folder in place of a server has one folder a bucket, as a server would have it.
    const folder = join(fileURLToPath(endpoint), bucket, prefix)
    return new DeferredObjectStore(() => FolderObjectStore.open({ folder, ...components }))
  }
  const login = { accessKeyId: settings.awsAccessKeyId ?? '', secretAccessKey: settings.awsSecretAccessKey ?? '' }
  const place = { endpoint, region, bucket, prefix, forcePathStyle }
  return new DeferredObjectStore(() =>
    S3ObjectStore.open({ ...place, ...login, ...components, limits: { partBytes, callMs: requestMs } }),
  )
}
