import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import { FolderObjectStore, type ObjectStore, S3ObjectStore } from '@super-data/objects'
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

const requestMs = 20_000
const objectBytesMax = 512 * 2 ** 20
/** Within what a supervisor usually grants between its first and its last signal. */
const stopMs = 5_000
const retention = { newest: 48, days: 30 }

/** Opens the bucket; nothing is asked of it yet. The caller closes it. */
export function openBucket(settings: ServerSettings, components: BucketComponents): SharedBucket | undefined {
  const { s3Bucket, s3Prefix, s3DbKey: key, syncIntervalSeconds, s3LockTimeoutSeconds } = settings
  if (s3Bucket === undefined) return undefined
  const sync = {
    place: `${s3Bucket}/${s3Prefix}${key}`,
    key,
    ...{ intervalMs: syncIntervalSeconds * 1_000, leaseMs: s3LockTimeoutSeconds * 1_000 },
    ...{ requestMs, objectBytesMax, stopMs, retention },
  }
  return { store: openStore(settings, s3Bucket, components), sync }
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
