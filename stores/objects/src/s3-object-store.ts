import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import { ObjectRequestInvalid, ObjectStoreClosed } from './errors.ts'
import { assertKey } from './object-key.ts'
import type {
  DeleteOptions,
  GetOptions,
  ListOptions,
  ObjectHead,
  ObjectPage,
  ObjectReader,
  ObjectStore,
  PutBody,
  PutOptions,
  StoredObject,
} from './object-store.ts'
import { abortError } from './put-chunks.ts'
import { parseDelete, parseList, parsePut } from './request.ts'
import { S3Bucket } from './s3/bucket.ts'
import { assertConditional, type Capabilities, probe, unconditional } from './s3/capabilities.ts'
import { defaultS3Limits, type S3Limits } from './s3/limits.ts'
import { S3Reading } from './s3/reading.ts'
import { S3Client } from './s3/s3-client.ts'
import type { S3Credentials } from './s3/signature.ts'
import { toObjectHead } from './s3/stored-head.ts'
import { S3Writing } from './s3/writing.ts'

export interface S3ObjectStoreOptions extends S3Credentials {
  /** Without it AWS's own for the region. */
  readonly endpoint?: string | undefined
  readonly region: string
  readonly bucket: string
  /** Before every key, e.g. `super-data/`; counts towards a key's 1,024 bytes. */
  readonly prefix?: string | undefined
  /** The bucket in the path rather than in the host name. Default: yes with an endpoint of one's own. */
  readonly forcePathStyle?: boolean | undefined
  /** Refuse to open where the server ignores conditions. Default yes; no is for one writer alone. */
  readonly requireConditionalWrites?: boolean | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log | undefined
  readonly limits?: Partial<S3Limits> | undefined
}

/** Objects in a bucket of any server that speaks S3 and honours conditions on writes. */
export class S3ObjectStore implements ObjectStore {
  readonly #bucket: S3Bucket
  readonly #reading: S3Reading
  readonly #writing: S3Writing
  readonly #running = new Set<Promise<unknown>>()
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  private constructor(bucket: S3Bucket, random: Random) {
    this.#bucket = bucket
    this.#reading = new S3Reading(bucket)
    this.#writing = new S3Writing(bucket, random)
  }

  /**
   * Ready when it resolves: the bucket answered, and what it does with conditions is known.
   *
   * @throws ObjectStoreDenied · ObjectBucketMissing · ObjectStoreUnconditional · ObjectStoreUnavailable
   */
  static async open(options: S3ObjectStoreOptions): Promise<S3ObjectStore> {
    const { prefix = '', random } = options
    const client = await openClient(options)
    try {
      const capabilities = await probe(client, { prefix, random })
      if (options.requireConditionalWrites ?? true) assertConditional(capabilities)
      options.log?.info({ ...capabilities }, 'object store opened')
      return new S3ObjectStore(new S3Bucket(client, capabilities, prefix), random)
    } catch (failure) {
      await client.close()
      throw failure
    }
  }

  /** For a bucket of somebody else: asks nothing of it yet, and never needs the right to write. */
  static async openToRead(options: S3ObjectStoreOptions): Promise<ObjectReader> {
    const client = await openClient(options)
    return new S3ObjectStore(new S3Bucket(client, unconditional, options.prefix ?? ''), options.random)
  }

  get capabilities(): Capabilities {
    return this.#bucket.capabilities
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    return this.#run(options.signal, signal => {
      assertKey(key)
      return this.#reading.get(key, { ...options, signal })
    })
  }

  async put(key: string, body: PutBody, options: PutOptions = {}): Promise<{ readonly etag: string }> {
    return this.#run(options.signal, async signal => {
      const request = parsePut(key, options)
      return { etag: await this.#writing.put(key, body, { ...request, signal }) }
    })
  }

  async head(
    key: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ObjectHead | undefined> {
    return this.#run(options.signal, async signal => {
      assertKey(key)
      const head = await this.#bucket.liveHead(key, signal)
      return head && toObjectHead(head)
    })
  }

  async list(options: ListOptions = {}): Promise<ObjectPage> {
    return this.#run(options.signal, signal => this.#reading.list(parseList(options), signal))
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    return this.#run(options.signal, signal => this.#writing.delete(key, parseDelete(key, options), signal))
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
    await this.#reading.close()
    await this.#bucket.client.close()
  }

  /** Work that ends when the caller or `close` says so, and that `close` waits for. */
  async #run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const closing = this.#closing.signal
    if (closing.aborted) throw new ObjectStoreClosed()
    if (signal?.aborted) throw abortError(signal)
    const running = work(signal === undefined ? closing : AbortSignal.any([signal, closing]))
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }
}

function openClient(options: S3ObjectStoreOptions): Promise<S3Client> {
  const { clock, random, limits } = options
  return S3Client.open(addressOf(options), options, { clock, random, limits: { ...defaultS3Limits, ...limits } })
}

function addressOf({ endpoint, region, bucket, forcePathStyle }: S3ObjectStoreOptions) {
  return {
    endpoint: parseEndpoint(endpoint ?? `https://s3.${region}.amazonaws.com`),
    region,
    bucket,
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
  }
}

function parseEndpoint(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.username !== '') {
    throw new ObjectRequestInvalid('an endpoint is http:// or https://, a host and perhaps a port')
  }
  return url
}
