import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import { FolderObjectStore, type ObjectStore } from '@super-data/objects'
import type { PlatformSettings } from '@super-data/platform'
import type { ServerSettings } from './settings.ts'

interface BucketComponents {
  readonly clock: Clock
  readonly random: Random
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
export async function openBucket(
  settings: ServerSettings,
  components: BucketComponents,
): Promise<SharedBucket | undefined> {
  const { s3Bucket, s3Prefix, s3DbKey: key, syncIntervalSeconds, s3LockTimeoutSeconds } = settings
  if (s3Bucket === undefined) return undefined
  const sync = {
    place: `${s3Bucket}/${s3Prefix}${key}`,
    key,
    ...{ intervalMs: syncIntervalSeconds * 1_000, leaseMs: s3LockTimeoutSeconds * 1_000 },
    ...{ requestMs, objectBytesMax, stopMs, retention },
  }
  return { store: await openStore(settings, s3Bucket, components), sync }
}

/** A folder in place of a server has one folder a bucket, as a server would have it. */
function openStore(settings: ServerSettings, bucket: string, components: BucketComponents): Promise<ObjectStore> {
  const { s3Endpoint, s3Prefix } = settings
  const folder = join(fileURLToPath(s3Endpoint ?? 'file:///'), bucket, s3Prefix)
  return FolderObjectStore.open({ folder, ...components })
}
