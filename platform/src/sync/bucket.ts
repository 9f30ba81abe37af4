import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Cancelled, throwIfAborted } from '@super-data/base/errors'
import type { ObjectBody, ObjectEntry, ObjectHead, ObjectMetadata, ObjectStore, PutOptions } from '@super-data/objects'
import { ObjectMissing } from '@super-data/objects'
import { BucketTimeout, TransferBroken } from './errors.ts'

/** What went over the wire, for the record of a sync. */
export interface Traffic {
  requests: number
  bytesRead: number
  bytesWritten: number
}

export interface BucketLimits {
  /** Longest one request may take, with its body. */
  readonly requestMs: number
  /** Largest object that is read. */
  readonly objectBytesMax: number
}

/** What was read: the bytes are in the file it was read into. */
export interface Download {
  readonly head: ObjectHead
  readonly sha256: string
}

/** The object store with a bound on every request, and a count of them. */
export class Bucket {
  readonly #store: ObjectStore
  readonly #limits: BucketLimits
  readonly #traffic: Traffic
  readonly #signal: AbortSignal

  /** Of one sync: `traffic` is what it counts into. */
  constructor(store: ObjectStore, use: { limits: BucketLimits; traffic: Traffic; signal: AbortSignal }) {
    this.#store = store
    this.#limits = use.limits
    this.#traffic = use.traffic
    this.#signal = use.signal
  }

  /**
   * Reads an object into a file.
   *
   * @param known the ETag of a copy at hand: to look whether it is still good takes one request, whatever the store.
   * @throws TransferBroken when fewer or other bytes came than were announced.
   */
  async download(key: string, file: string, known?: string): Promise<Download | 'unchanged' | 'missing'> {
    if (known !== undefined) {
      const head = await this.head(key)
      if (head === undefined) return 'missing'
      if (head.etag === known) return 'unchanged'
    }
    return this.#bounded(async signal => {
      try {
        const { body, ...head } = await this.#store.get(key, { signal })
        if (head.sizeBytes > this.#limits.objectBytesMax) {
          await body.cancel()
          throw new TransferBroken('the object is larger than a library may be')
        }
        return { head, sha256: await this.#receive(body, head, file) }
      } catch (failure) {
        if (failure instanceof ObjectMissing) return 'missing'
        throw failure
      }
    })
  }

  async readText(key: string): Promise<{ text: string; etag: string } | undefined> {
    return this.#bounded(async signal => {
      try {
        const { body, etag } = await this.#store.get(key, { signal })
        return { text: await body.text(), etag }
      } catch (failure) {
        if (failure instanceof ObjectMissing) return undefined
        throw failure
      }
    })
  }

  /** @throws WriteConflict · ObjectOutcomeUnknown, also when it took too long */
  put(
    key: string,
    bytes: Uint8Array,
    options: Pick<PutOptions, 'ifMatchBytes' | 'ifNoneMatch' | 'contentType'> & { readonly metadata?: ObjectMetadata },
  ): Promise<string> {
    this.#traffic.bytesWritten += bytes.byteLength
    return this.#bounded(async signal => (await this.#store.put(key, bytes, { ...options, signal })).etag)
  }

  head(key: string): Promise<ObjectHead | undefined> {
    return this.#bounded(signal => this.#store.head(key, { signal }))
  }

  delete(key: string): Promise<boolean> {
    return this.#bounded(signal => this.#store.delete(key, { signal }))
  }

  /** All objects whose keys start so, oldest name first. */
  async list(prefix: string): Promise<ObjectEntry[]> {
    const found: ObjectEntry[] = []
    for (let startAfter: string | undefined; ; ) {
      const page = await this.#bounded(signal => this.#store.list({ prefix, startAfter, signal }))
      found.push(...page.objects)
      startAfter = page.next
      if (startAfter === undefined) return found
    }
  }

  async #receive(body: ObjectBody, head: ObjectHead, file: string): Promise<string> {
    const hash = createHash('sha256')
    const handle = await open(file, 'w', 0o600)
    let received = 0
    try {
      for await (const chunk of body) {
        hash.update(chunk)
        await handle.writeFile(chunk)
        received += chunk.byteLength
      }
    } finally {
      await handle.close()
      this.#traffic.bytesRead += received
    }
    if (received !== head.sizeBytes) throw new TransferBroken(`${received} of ${head.sizeBytes} bytes came`)
    return hash.digest('hex')
  }

  async #bounded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    throwIfAborted(this.#signal)
    this.#traffic.requests += 1
    const limit = AbortSignal.timeout(this.#limits.requestMs)
    const signal = AbortSignal.any([this.#signal, limit])
    try {
      // A store that does not listen to the signal must not hold up the rest.
      return await Promise.race([work(signal), rejected(signal)])
    } catch (failure) {
      if (this.#signal.aborted) throw new Cancelled(this.#signal.reason)
      if (limit.aborted) throw new BucketTimeout(this.#limits.requestMs)
      throw failure
    }
  }
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
