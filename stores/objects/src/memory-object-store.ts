import type { Clock } from '@super-data/base/clock'
import { throwIfAborted } from '@super-data/base/errors'
import type { Random } from '@super-data/base/ids'
import { ObjectMissing, ObjectNotModified, ObjectStoreClosed } from './errors.ts'
import { newEtag } from './etag.ts'
import { concatenate, ObjectBody } from './object-body.ts'
import { toEntry } from './object-entry.ts'
import { assertKey } from './object-key.ts'
import type {
  DeleteOptions,
  GetOptions,
  ListOptions,
  ObjectHead,
  ObjectPage,
  ObjectStore,
  PutBody,
  PutOptions,
  StoredObject,
} from './object-store.ts'
import { readChunks } from './put-chunks.ts'
import { assertPrecondition, parseDelete, parseList, parsePut, plainEtag, resolveRange } from './request.ts'
import { SortedKeys } from './sorted-keys.ts'

const chunkBytes = 256 * 1024

/** Objects in this process's memory, with every promise but survival. */
export class MemoryObjectStore implements ObjectStore {
  readonly #clock: Clock
  readonly #random: Random
  readonly #objects = new Map<string, { readonly head: ObjectHead; readonly bytes: Uint8Array }>()
  readonly #keys = new SortedKeys()
  #closed = false

  constructor(components: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = components.clock
    this.#random = components.random
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    this.#assertReady(options.signal)
    assertKey(key)
    const object = this.#objects.get(key)
    if (!object) throw new ObjectMissing(key)
    const { head, bytes } = object
    if (options.ifNoneMatch !== undefined && plainEtag(options.ifNoneMatch) === head.etag) {
      throw new ObjectNotModified(key, head.etag)
    }
    const range = resolveRange(options.range, head.sizeBytes)
    return { ...head, range, body: new ObjectBody(this.#chunks(bytes, range, options.signal)) }
  }

  async put(key: string, body: PutBody, options: PutOptions = {}): Promise<{ readonly etag: string }> {
    this.#assertReady(options.signal)
    const { precondition, contentType, metadata } = parsePut(key, options)
    assertPrecondition(key, precondition, this.#objects.get(key)?.head.etag)
    const bytes = await collect(body, options.signal)
    this.#assertReady(options.signal)
    // From here to the end nothing awaits: that is what makes the condition exact.
    assertPrecondition(key, precondition, this.#objects.get(key)?.head.etag)
    const etag = newEtag(this.#random)
    const modifiedAt = this.#clock.now()
    const sizeBytes = bytes.byteLength
    const head = Object.freeze({ key, etag, sizeBytes, modifiedAt, contentType, metadata })
    this.#objects.set(key, { head, bytes })
    this.#keys.add(key)
    return { etag }
  }

  async head(
    key: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ObjectHead | undefined> {
    this.#assertReady(options.signal)
    assertKey(key)
    return this.#objects.get(key)?.head
  }

  async list(options: ListOptions = {}): Promise<ObjectPage> {
    this.#assertReady(options.signal)
    const { keys, prefixes, next } = this.#keys.page(parseList(options))
    const objects = keys.map(key => toEntry(this.#objects.get(key)!.head))
    return { objects, prefixes, ...(next === undefined ? {} : { next }) }
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    this.#assertReady(options.signal)
    const precondition = parseDelete(key, options)
    const object = this.#objects.get(key)
    if (!object) return false
    assertPrecondition(key, precondition, object.head.etag)
    this.#objects.delete(key)
    this.#keys.delete(key)
    return true
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #assertReady(signal: AbortSignal | undefined): void {
    if (this.#closed) throw new ObjectStoreClosed()
    throwIfAborted(signal)
  }

  /** Copies, so that a reader cannot change what is stored. */
  async *#chunks(
    bytes: Uint8Array,
    { start, end }: { start: number; end: number },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += chunkBytes) {
      this.#assertReady(signal)
      yield bytes.slice(at, Math.min(at + chunkBytes, end))
    }
  }
}

async function collect(body: PutBody, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body.slice()
  const chunks: Uint8Array[] = []
  for await (const chunk of readChunks(body, signal)) chunks.push(chunk.slice())
  return concatenate(chunks)
}
