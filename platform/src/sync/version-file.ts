import type { Clock } from '@super-data/base/clock'
import type { Bucket } from './bucket.ts'
import type { BucketKeys } from './bucket-keys.ts'
import type { SyncRecords } from './sync-records.ts'

/** Writes `.version`, which tells people what the database is; nobody else reads it. */
export async function writeVersion(
  bucket: Bucket,
  parts: { records: SyncRecords; keys: BucketKeys; schema: string; node: string; clock: Clock },
): Promise<void> {
  const { records, keys, schema, node, clock } = parts
  if ((await records.read()).version_text === schema) return
  const content = { schema, node, at: new Date(clock.now()).toISOString() }
  const bytes = new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`)
  await bucket.put(keys.version, bytes, { contentType: 'application/json' })
  await records.remember({ version_text: schema })
}
