import { throwIfAborted } from '@super-data/base/errors'
import { ObjectMissing, type ObjectReader, type StoredObject } from '@super-data/objects'
import type { OpenBucket } from '../dataset.ts'
import { DatasetInvalid } from '../errors.ts'
import { reasonOf } from '../folder/dataset-files.ts'
import type { NamedObject } from '../folder/datasets-yml.ts'
import type { FileState } from '../folder/jail.ts'
import type { Copy, Snapshots } from '../snapshots/snapshots.ts'

/** What a look at an object found: another version of it, or why there is none to read. */
export type Sight =
  /** `copy` has ended: it gives the copy, or throws why there is none. */
  | { readonly type: 'new'; readonly state: FileState; readonly copy: () => Promise<Copy> }
  | { readonly type: 'unchanged'; readonly reason: null }
  /** The bucket says that there is no such object. */
  | { readonly type: 'gone'; readonly reason: string }
  /** Nobody says whether it has changed. */
  | { readonly type: 'out of sight'; readonly reason: string }

interface Options {
  readonly open: OpenBucket | undefined
  readonly snapshots: Snapshots
  readonly bytesMax: number
  /** Longest the bytes of one object may take to arrive. */
  readonly downloadMs: number
}

/** Objects in buckets, each of which is opened when its first object is asked for. */
export class BucketObjects {
  readonly #options: Options
  readonly #readers = new Map<string, Promise<ObjectReader>>()

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * Asks for an object, and copies it when it is another version than the caller's.
   *
   * @param isKnown whether the caller has the version with this ETag. @throws Cancelled
   */
  async look(named: NamedObject, isKnown: (etag: string) => boolean, signal: AbortSignal): Promise<Sight> {
    const { bucket, key } = named.object
    try {
      const reader = await this.#reader(bucket)
      const head = await reader.head(key, { signal })
      if (head !== undefined && isKnown(head.etag)) return { type: 'unchanged', reason: null }
      // What is not there is asked for all the same: only that answer tells a missing object from a missing bucket.
      return await this.#copy(named, await reader.get(key, { signal }))
    } catch (error) {
      throwIfAborted(signal)
      if (error instanceof ObjectMissing) return { type: 'gone', reason: 'there is no such object' }
      return { type: 'out of sight', reason: reasonOf(error) }
    }
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#readers.values())
    for (const reader of opened) if (reader.status === 'fulfilled') await reader.value.close()
  }

  async #copy(named: NamedObject, stored: StoredObject): Promise<Sight> {
    const copying = this.#download(named, stored)
    await Promise.allSettled([copying])
    const state = { sizeBytes: stored.sizeBytes, modifiedMs: stored.modifiedAt, mark: stored.etag }
    return { type: 'new', state, copy: () => copying }
  }

  /** The body is one version from its first byte to its last; one that is cut short throws. */
  async #download(named: NamedObject, { sizeBytes, body }: StoredObject): Promise<Copy> {
    const { snapshots, bytesMax, downloadMs } = this.#options
    const late = AbortSignal.timeout(downloadMs)
    try {
      if (sizeBytes > bytesMax) throw new DatasetInvalid('it is larger than the server takes')
      const readAll = async (take: (chunk: Uint8Array) => Promise<void>) => {
        for await (const chunk of body) {
          throwIfAborted(late)
          await take(chunk)
        }
      }
      return await snapshots.copy(readAll, named, bytesMax)
    } finally {
      await body.cancel()
    }
  }

  #reader(bucket: string): Promise<ObjectReader> {
    const present = this.#readers.get(bucket)
    if (present) return present
    const { open } = this.#options
    if (open === undefined) throw new DatasetInvalid('this server reads no buckets')
    const opened = open(bucket)
    this.#readers.set(bucket, opened)
    opened.catch(() => this.#readers.delete(bucket))
    return opened
  }
}
