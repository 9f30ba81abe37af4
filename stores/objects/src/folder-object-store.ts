import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { throwIfAborted } from '@super-data/base/errors'
import type { Random } from '@super-data/base/ids'
import { ObjectDamaged, ObjectMissing, ObjectNotModified, ObjectStoreClosed } from './errors.ts'
import { newEtag } from './etag.ts'
import { ifPresent, onDisk } from './folder/disk.ts'
import { Drafts } from './folder/drafts.ts'
import { inParallel, KeyCatalog } from './folder/key-catalog.ts'
import { layoutOf, placeOf, prepareLayout, shardCount, shardFolder, shardName } from './folder/layout.ts'
import { isAtHand, type ObjectFile, readBody, readObjectFile } from './folder/object-file.ts'
import { readHead, Shard } from './folder/shard.ts'
import { ObjectBody } from './object-body.ts'
import { toEntry } from './object-entry.ts'
import { assertKey } from './object-key.ts'
import type {
  DeleteOptions,
  GetOptions,
  ListOptions,
  ObjectEntry,
  ObjectHead,
  ObjectPage,
  ObjectStore,
  PutBody,
  PutOptions,
  StoredObject,
} from './object-store.ts'
import { readChunks } from './put-chunks.ts'
import { assertPrecondition, parseDelete, parseList, parsePut, plainEtag, resolveRange } from './request.ts'

export interface FolderObjectStoreOptions {
  /** Made when missing; on a local file system. Several processes may open it at once. */
  readonly folder: string
  readonly clock: Clock
  readonly random: Random
}

/** Objects in a folder: durable when acknowledged, exact between processes. */
export class FolderObjectStore implements ObjectStore {
  readonly #clock: Clock
  readonly #random: Random
  readonly #shards: readonly Shard[]
  readonly #drafts: Drafts
  readonly #catalog: KeyCatalog
  readonly #running = new Set<Promise<unknown>>()
  readonly #bodies = new Set<ObjectBody>()
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  private constructor(options: FolderObjectStoreOptions, drafts: Drafts) {
    const layout = layoutOf(options.folder)
    this.#clock = options.clock
    this.#random = options.random
    this.#drafts = drafts
    this.#shards = Array.from({ length: shardCount }, (_, shard) => {
      const lockFile = join(layout.locks, shardName(shard))
      return new Shard({ folder: shardFolder(layout, shard), lockFile }, options.clock)
    })
    this.#catalog = new KeyCatalog(this.#shards.map(shard => shard.folder))
  }

  /** @throws ObjectStoreNewer · ObjectStoreUnavailable */
  static async open(options: FolderObjectStoreOptions): Promise<FolderObjectStore> {
    return onDisk(async () => {
      await mkdir(options.folder, { recursive: true })
      await prepareLayout(options.folder)
      return new FolderObjectStore(options, await Drafts.open(layoutOf(options.folder), options))
    })
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    this.#assertReady(options.signal)
    assertKey(key)
    const file = await onDisk(() => ifPresent(() => open(this.#pathOf(key), 'r')))
    if (file === undefined) throw new ObjectMissing(key)
    try {
      const object = await onDisk(() => readObjectFile(file, key))
      if (object.head.key !== key) throw new ObjectDamaged(key)
      if (options.ifNoneMatch !== undefined && plainEtag(options.ifNoneMatch) === object.head.etag) {
        throw new ObjectNotModified(key, object.head.etag)
      }
      const range = resolveRange(options.range, object.head.sizeBytes)
      return { ...object.head, range, body: await this.#bodyOf(file, object, { range, signal: options.signal }) }
    } catch (failure) {
      await file.close()
      throw failure
    }
  }

  async put(key: string, body: PutBody, options: PutOptions = {}): Promise<{ readonly etag: string }> {
    this.#assertReady(options.signal)
    const { precondition, contentType, metadata } = parsePut(key, options)
    return this.#run(async () => {
      // A write that cannot succeed is refused before its body is taken; the decision falls when it is published.
      if (precondition) assertPrecondition(key, precondition, (await readHead(this.#pathOf(key), key))?.etag)
      const etag = newEtag(this.#random)
      const head = { key, etag, contentType, metadata, modifiedAt: this.#clock.now() }
      const path = await this.#drafts.write(head, readChunks(body, this.#signalFor(options.signal)))
      try {
        throwIfAborted(options.signal)
        const { shard, name } = placeOf(key)
        await this.#shards[shard]!.publish(key, { path, name, precondition })
      } catch (failure) {
        await this.#drafts.discard(path)
        throw failure
      }
      return { etag }
    })
  }

  async head(
    key: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ObjectHead | undefined> {
    this.#assertReady(options.signal)
    assertKey(key)
    const head = await readHead(this.#pathOf(key), key)
    if (head !== undefined && head.key !== key) throw new ObjectDamaged(key)
    return head
  }

  async list(options: ListOptions = {}): Promise<ObjectPage> {
    this.#assertReady(options.signal)
    const request = parseList(options)
    return this.#run(async () => {
      const { keys, prefixes, next } = await this.#catalog.page(request)
      const objects = await this.#entriesOf(keys, options.signal)
      return { objects, prefixes, ...(next === undefined ? {} : { next }) }
    })
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    this.#assertReady(options.signal)
    const precondition = parseDelete(key, options)
    const { shard, name } = placeOf(key)
    return this.#run(() => this.#shards[shard]!.remove(key, { name, precondition }))
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#closing.abort(new ObjectStoreClosed())
    await Promise.allSettled(this.#running)
    await Promise.all([...this.#bodies].map(body => body.cancel()))
    await Promise.all(this.#shards.map(shard => shard.close()))
    await this.#drafts.close()
  }

  /** A body that was read already needs its file no more; any other keeps it open until it is read or cancelled. */
  async #bodyOf(
    file: FileHandle,
    object: ObjectFile,
    { range, signal }: { range: { start: number; end: number }; signal: AbortSignal | undefined },
  ): Promise<ObjectBody> {
    const chunks = checkEach(readBody(file, object, range), signal)
    if (isAtHand(object, range.end)) {
      await file.close()
      return new ObjectBody(chunks)
    }
    const body: ObjectBody = new ObjectBody(chunks, async () => {
      this.#bodies.delete(body)
      await file.close()
    })
    this.#bodies.add(body)
    return body
  }

  /** Objects that vanished since their names were read are left out. */
  async #entriesOf(keys: readonly string[], signal: AbortSignal | undefined): Promise<ObjectEntry[]> {
    const entries: (ObjectEntry | undefined)[] = new Array(keys.length)
    await inParallel([...keys.entries()], 16, async ([at, key]) => {
      throwIfAborted(signal)
      const head = await readHead(this.#pathOf(key), key)
      entries[at] = head && toEntry(head)
    })
    return entries.filter(entry => entry !== undefined)
  }

  #pathOf(key: string): string {
    const { shard, name } = placeOf(key)
    return join(this.#shards[shard]!.folder, name)
  }

  #assertReady(signal: AbortSignal | undefined): void {
    if (this.#closing.signal.aborted) throw new ObjectStoreClosed()
    throwIfAborted(signal)
  }

  #signalFor(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
  }

  /** Work that `close` waits for. */
  async #run<T>(work: () => Promise<T>): Promise<T> {
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }
}

async function* checkEach(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    throwIfAborted(signal)
    yield chunk
  }
}
