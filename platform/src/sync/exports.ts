import { createHash } from 'node:crypto'
import type { JsonValue } from '@super-data/contract'
import type { Bucket } from './bucket.ts'
import type { BucketKeys } from './bucket-keys.ts'
import type { SyncRecords } from './sync-records.ts'

/** What the team approved, for other programs to read. */
export interface Exports {
  readonly approvedTools: readonly JsonValue[]
  readonly functions: readonly JsonValue[]
}

/** Where exports come from. */
export interface ExportSource {
  /** Another text whenever something else answers; quick to make. */
  version(): Promise<string>
  read(): Promise<Exports>
}

/** Writes the two export objects when what they say has changed. The same content is the same bytes, wherever written. */
export async function writeExports(
  bucket: Bucket,
  { records, keys, exports }: { records: SyncRecords; keys: BucketKeys; exports: Exports },
): Promise<void> {
  const tools = toText('tools', exports.approvedTools)
  const functions = toText('functions', exports.functions)
  const sha256 = createHash('sha256').update(tools).update(functions).digest('hex')
  if ((await records.read()).exports_sha256 === sha256) return
  const metadata = (text: string) => ({ sha256: createHash('sha256').update(text).digest('hex') })
  const contentType = 'application/json'
  for (const [key, text] of [
    [keys.approvedTools, tools],
    [keys.functions, functions],
  ] as const) {
    await bucket.put(key, new TextEncoder().encode(text), { contentType, metadata: metadata(text) })
  }
  await records.remember({ exports_sha256: sha256 })
}

/** With the hash of its content, so that a reader sees whether it is whole. */
function toText(name: string, items: readonly JsonValue[]): string {
  const content = JSON.stringify(items)
  const sha256 = createHash('sha256').update(content).digest('hex')
  return `${JSON.stringify({ format: 1, sha256, [name]: items }, null, 2)}\n`
}
