import { createHash } from 'node:crypto'
import type { JsonValue } from '@super-data/contract'
import { WriteConflict } from '@super-data/objects'
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

/** The two export objects in the bucket. The same content is the same bytes, wherever written. */
export class ExportObjects {
  readonly #source: ExportSource
  readonly #records: SyncRecords
  readonly #keys: BucketKeys
  /** Of what this process wrote: saves looking before the next write. */
  readonly #etags = new Map<string, string>()
  #version: string | undefined

  constructor(source: ExportSource, { records, keys }: { records: SyncRecords; keys: BucketKeys }) {
    this.#source = source
    this.#records = records
    this.#keys = keys
  }

  /** Writes those that say something else than when they were written last. */
  async write(bucket: Bucket): Promise<void> {
    const version = await this.#source.version()
    if (version === this.#version) return
    const { approvedTools, functions } = await this.#source.read()
    const texts = [
      { key: this.#keys.approvedTools, text: toText('tools', approvedTools) },
      { key: this.#keys.functions, text: toText('functions', functions) },
    ]
    const before = (await this.#records.read()).exports_sha256?.split(' ') ?? []
    for (const [at, { key, text }] of texts.entries()) {
      if (before[at] !== sha256Of(text)) await this.#put(bucket, key, text)
    }
    const exports_sha256 = texts.map(({ text }) => sha256Of(text)).join(' ')
    if (exports_sha256 !== before.join(' ')) await this.#records.remember({ exports_sha256 })
    this.#version = version
  }

  /** Whatever another installation wrote meanwhile is replaced: it knew no more than its own library, merged by now. */
  async #put(bucket: Bucket, key: string, text: string): Promise<void> {
    const known = this.#etags.get(key)
    this.#etags.delete(key)
    const bytes = new TextEncoder().encode(text)
    const options = { contentType: 'application/json', metadata: { sha256: sha256Of(text) } }
    try {
      const condition = known === undefined ? {} : { ifMatchBytes: known }
      this.#etags.set(key, await bucket.put(key, bytes, { ...options, ...condition }))
    } catch (failure) {
      if (known === undefined || !(failure instanceof WriteConflict)) throw failure
      this.#etags.set(key, await bucket.put(key, bytes, options))
    }
  }
}

/** With the hash of its content, so that a reader sees whether it is whole. */
function toText(name: string, items: readonly JsonValue[]): string {
  return `${JSON.stringify({ format: 1, sha256: sha256Of(JSON.stringify(items)), [name]: items }, null, 2)}\n`
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
