import { createHash } from 'node:crypto'
import type { Clock } from '@super-data/base/clock'
import { must } from '@super-data/base/errors'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import {
  ObjectMissing,
  ObjectNotModified,
  ObjectRangeInvalid,
  ObjectRequestInvalid,
  ObjectStoreBusy,
  ObjectStoreClosed,
  ObjectStoreUnavailable,
} from './errors.ts'
import { concatenate, ObjectBody } from './object-body.ts'
import { assertKey, compareKeys } from './object-key.ts'
import type {
  ByteRange,
  DeleteOptions,
  GetOptions,
  ListOptions,
  ObjectEntry,
  ObjectHead,
  ObjectPage,
  ObjectReader,
  ObjectStore,
  PutBody,
  PutOptions,
  StoredObject,
} from './object-store.ts'
import { abortError, readChunks } from './put-chunks.ts'
import {
  assertPrecondition,
  type ListRequest,
  type Precondition,
  type PutRequest,
  parseDelete,
  parseList,
  parsePut,
  plainEtag,
  resolveRange,
} from './request.ts'
import { assertConditional, type Capabilities, probe, unconditional } from './s3/capabilities.ts'
import { defaultS3Limits, type S3Limits } from './s3/limits.ts'
import { parseListAnswer } from './s3/list-answer.ts'
import { abortUpload, beginUpload, completeUpload, type UploadedPart, uploadPart } from './s3/multipart.ts'
import { Parts } from './s3/parts.ts'
import { refusalError } from './s3/refusal-error.ts'
import { readText, S3Client } from './s3/s3-client.ts'
import { ReplacedMeanwhile, readAnswer } from './s3/s3-read.ts'
import type { S3Answer } from './s3/s3-reply.ts'
import { conflictOf, S3Writer, type ServerCondition, type WriteOutcome } from './s3/s3-write.ts'
import type { S3Credentials } from './s3/signature.ts'
import {
  beginning,
  parseEtag,
  parseHead,
  pastAfter,
  type StoredHead,
  toHeaders,
  toObjectHead,
  type Writing,
} from './s3/stored-head.ts'

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

/** Of this size and content are the objects that stand for deleted ones. */
const tombstone = Buffer.from('This object was deleted by Super Data; it lists as nothing.\n')

const racesMax = 100

/** Up to here a body is taken with its head: then it holds no connection, and can be read again when it breaks. */
const atOnceBytes = 64 * 1024

/** Objects in a bucket of any server that speaks S3 and honours conditions on writes. */
export class S3ObjectStore implements ObjectStore {
  readonly capabilities: Capabilities
  readonly #client: S3Client
  readonly #writer: S3Writer
  readonly #prefix: string
  readonly #random: Random
  readonly #running = new Set<Promise<unknown>>()
  readonly #bodies = new Set<ObjectBody>()
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  private constructor(client: S3Client, capabilities: Capabilities, options: S3ObjectStoreOptions) {
    this.#client = client
    this.capabilities = capabilities
    this.#prefix = options.prefix ?? ''
    this.#random = options.random
    this.#writer = new S3Writer(client, (serverKey, signal) => this.#findHead(serverKey, signal))
  }

  /**
   * Ready when it resolves: the bucket answered, and what it does with conditions is known.
   *
   * @throws ObjectStoreDenied · ObjectBucketMissing · ObjectStoreUnconditional · ObjectStoreUnavailable
   */
  static async open(options: S3ObjectStoreOptions): Promise<S3ObjectStore> {
    const client = await openClient(options)
    try {
      const capabilities = await probe(client, { prefix: options.prefix ?? '', random: options.random })
      if (options.requireConditionalWrites ?? true) assertConditional(capabilities)
      options.log?.info({ ...capabilities }, 'object store opened')
      return new S3ObjectStore(client, capabilities, options)
    } catch (failure) {
      await client.close()
      throw failure
    }
  }

  /** For a bucket of somebody else: asks nothing of it yet, and never needs the right to write. */
  static async openToRead(options: S3ObjectStoreOptions): Promise<ObjectReader> {
    return new S3ObjectStore(await openClient(options), unconditional, options)
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    this.#assertReady(options.signal)
    assertKey(key)
    const range = toRangeHeader(options.range)
    if (range === 'none') throw new ObjectRangeInvalid((await this.#mustHead(key, options.signal)).sizeBytes)
    const signal = this.#signalFor(options.signal)
    return this.#run(async () => {
      for (let tries = 1; ; tries++) {
        try {
          return await this.#get(key, { ...options, signal }, range)
        } catch (failure) {
          if (!isReplaced(failure) || tries === this.#client.limits.attemptsMax) throw failure
        }
      }
    })
  }

  async put(key: string, body: PutBody, options: PutOptions = {}): Promise<{ readonly etag: string }> {
    this.#assertReady(options.signal)
    const request = parsePut(key, options)
    const signal = this.#signalFor(options.signal)
    return this.#run(async () => ({ etag: await this.#put(key, body, { ...request, signal }) }))
  }

  async head(
    key: string,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ObjectHead | undefined> {
    this.#assertReady(options.signal)
    assertKey(key)
    const head = await this.#run(() => this.#liveHead(key, this.#signalFor(options.signal)))
    return head && toObjectHead(head)
  }

  async list(options: ListOptions = {}): Promise<ObjectPage> {
    this.#assertReady(options.signal)
    const request = parseList(options)
    return this.#run(() => this.#list(request, this.#signalFor(options.signal)))
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    this.#assertReady(options.signal)
    const precondition = parseDelete(key, options)
    const signal = this.#signalFor(options.signal)
    return this.#run(async () => {
      const head = await this.#liveHead(key, signal)
      if (head !== undefined) assertPrecondition(key, precondition, head.etag)
      if (precondition?.must === 'match') return head !== undefined && (await this.#bury(key, head, signal))
      await this.#remove(key, signal)
      return head !== undefined
    })
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
    await this.#client.close()
  }

  async #get(
    key: string,
    options: GetOptions & { readonly signal: AbortSignal },
    range: string | undefined,
  ): Promise<StoredObject> {
    const known = options.ifNoneMatch === undefined ? undefined : plainEtag(options.ifNoneMatch)
    const serverKey = this.#prefix + key
    const headers = {
      ...(range === undefined ? {} : { range }),
      ...(known === undefined ? {} : { 'if-none-match': `"${known.split('.')[0]}"` }),
    }
    const reply = await this.#client.call({ method: 'GET', key: serverKey, headers }, options.signal)
    if (reply.type === 'refusal') {
      if (reply.status === 304) return this.#readUnlessKnown(key, { ...options, known: known ?? '' }, range)
      if (reply.status === 404 && reply.code === 'NoSuchKey') throw new ObjectMissing(key)
      if (reply.status === 416) throw new ObjectRangeInvalid((await this.#mustHead(key, options.signal)).sizeBytes)
      throw refusalError(reply)
    }
    return this.#toObject(key, reply, { ...options, known })
  }

  /** Equal bytes may have been written anew: then the server sees no change where there is one. */
  async #readUnlessKnown(
    key: string,
    options: GetOptions & { readonly signal: AbortSignal; readonly known: string },
    range: string | undefined,
  ): Promise<StoredObject> {
    const head = await this.#mustHead(key, options.signal)
    if (head.etag === options.known) throw new ObjectNotModified(key, head.etag)
    return this.#get(key, { ...options, ifNoneMatch: undefined }, range)
  }

  async #toObject(
    key: string,
    answer: S3Answer,
    options: GetOptions & { readonly signal: AbortSignal; readonly known: string | undefined },
  ): Promise<StoredObject> {
    try {
      const sizeBytes = totalBytes(answer)
      const head = parseHead(this.#prefix + key, answer.headers, sizeBytes)
      if (head.isTombstone) throw new ObjectMissing(key)
      if (head.etag === options.known) throw new ObjectNotModified(key, head.etag)
      const range = resolveRange(options.range, sizeBytes)
      const sent = answer.status === 206 ? range.end - range.start : sizeBytes
      if (sent !== range.end - range.start) throw new ObjectStoreUnavailable(new Error('the store ignored the range'))
      const reading = { head, range, ifMatch: this.#matchOf(head.serverEtag), signal: options.signal }
      const chunks = readAnswer(this.#client, answer, reading)
      if (range.end - range.start <= atOnceBytes) {
        const whole = await collect(chunks)
        return { ...toObjectHead({ ...head, key }), range, body: new ObjectBody(once(whole, options.signal)) }
      }
      const body: ObjectBody = new ObjectBody(chunks, async () => {
        this.#bodies.delete(body)
        answer.body.destroy()
      })
      this.#bodies.add(body)
      return { ...toObjectHead({ ...head, key }), range, body }
    } catch (failure) {
      answer.body.on('error', () => {}).destroy()
      throw failure
    }
  }

  async #put(key: string, body: PutBody, request: PutRequest & { readonly signal: AbortSignal }): Promise<string> {
    const condition = await this.#conditionOf(key, request)
    const held = condition !== undefined && !this.capabilities.conditionalParts
    const parts = new Parts(readChunks(body, request.signal), {
      partBytes: this.#client.limits.partBytes,
      isStable: body instanceof Uint8Array,
    })
    try {
      const first = held ? await this.#whole(body, parts) : await parts.next()
      const isWhole = held || parts.isEnded
      const bytes = first ?? new Uint8Array()
      if (request.signal.aborted) throw abortError(request.signal)
      if (!isWhole) return await this.#putInParts(key, { first: bytes, parts, condition, request })
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const writing = { ...request, op: this.#newOp(), sha256 }
      const write = (again: ServerCondition) =>
        this.#putWhole(this.#prefix + key, { bytes, writing, condition: again, signal: request.signal })
      if (condition === undefined && this.capabilities.losesRacedWrites) return await this.#putOver(key, write, request)
      return await this.#settle(key, request.precondition, condition, write)
    } finally {
      await parts.end()
    }
  }

  /** A write that cannot succeed is refused before its body is taken; the server decides again. */
  async #conditionOf(
    key: string,
    { precondition, signal }: { precondition: Precondition; signal: AbortSignal },
  ): Promise<ServerCondition> {
    if (precondition?.must !== 'match') return precondition
    if (precondition.byBytes) return { must: 'match', head: parseEtag(precondition.etag) }
    const head = await this.#liveHead(key, signal)
    assertPrecondition(key, precondition, head?.etag)
    return { must: 'match', head: must(head, 'the object that was just compared') }
  }

  async #whole(body: PutBody, parts: Parts): Promise<Uint8Array> {
    if (body instanceof Uint8Array) return body
    const held: Uint8Array[] = []
    let sizeBytes = 0
    for (let part = await parts.next(); part !== undefined; part = await parts.next()) {
      sizeBytes += part.byteLength
      if (sizeBytes > this.#client.limits.heldBytesMax) {
        throw new ObjectRequestInvalid('this store takes no conditional write of so long a stream', {
          hint: 'Write it without a condition under a new key, then a small object conditionally that names it.',
        })
      }
      held.push(part)
    }
    return concatenate(held)
  }

  /** Replaces whatever is there, under its condition, until that held. */
  async #putOver(
    key: string,
    write: (condition: ServerCondition) => Promise<WriteOutcome>,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<string> {
    for (let tries = 0; tries < racesMax; tries++) {
      const head = await this.#findHead(this.#prefix + key, signal)
      const outcome = await write(head === undefined ? { must: 'be absent' } : { must: 'match', head })
      if (outcome.type === 'written') return outcome.etag
    }
    throw new ObjectStoreBusy()
  }

  /** A deleted object may still hold its place with a tombstone: then that is what a new one replaces. */
  async #settle(
    key: string,
    precondition: Precondition,
    condition: ServerCondition,
    write: (condition: ServerCondition) => Promise<WriteOutcome>,
  ): Promise<string> {
    for (let now = condition; ; ) {
      const outcome = await write(now)
      if (outcome.type === 'written') return outcome.etag
      const { found } = outcome
      const mustBeAbsent = precondition?.must === 'be absent'
      if (!mustBeAbsent || found?.isTombstone !== true || now?.must === 'match') {
        throw conflictOf(key, mustBeAbsent, found)
      }
      now = { must: 'match', head: found }
    }
  }

  #putWhole(
    serverKey: string,
    {
      bytes,
      writing,
      condition,
      signal,
    }: { bytes: Uint8Array; writing: Omit<Writing, 'past'>; condition: ServerCondition; signal: AbortSignal },
  ): Promise<WriteOutcome> {
    const headers = { ...toHeaders({ ...writing, past: pastOf(condition) }), ...this.#headersOf(condition) }
    const call = { method: 'PUT', key: serverKey, headers, body: bytes } as const
    return this.#writer.write({ key: serverKey, call, op: writing.op, condition }, signal)
  }

  async #putInParts(
    key: string,
    {
      first,
      parts,
      condition,
      request,
    }: {
      first: Uint8Array
      parts: Parts
      condition: ServerCondition
      request: PutRequest & { readonly signal: AbortSignal }
    },
  ): Promise<string> {
    const { signal } = request
    const serverKey = this.#prefix + key
    const op = this.#newOp()
    const upload = await beginUpload(this.#client, serverKey, {
      headers: toHeaders({ ...request, op, past: pastOf(condition) }),
      signal,
    })
    try {
      const uploaded: UploadedPart[] = []
      for (let part: Uint8Array | undefined = first; part !== undefined; part = await parts.next()) {
        uploaded.push(await uploadPart(this.#client, upload, { number: uploaded.length + 1, body: part, signal }))
      }
      return await this.#settle(key, request.precondition, condition, again => {
        const call = completeUpload(upload, uploaded, this.#headersOf(again))
        return this.#writer.write({ key: serverKey, call, op, condition: again }, signal)
      })
    } catch (failure) {
      await abortUpload(this.#client, upload)
      throw failure
    }
  }

  /** Deletes one version. Where the server knows no conditional delete, a conditional write takes its place. */
  async #bury(key: string, head: StoredHead, signal: AbortSignal): Promise<boolean> {
    const serverKey = this.#prefix + key
    const condition = { must: 'match', head } as const
    const op = this.#newOp()
    const writing = { op, contentType: 'text/plain', metadata: {}, isTombstone: true }
    const outcome = this.capabilities.conditionalDeletes
      ? await this.#deleteVersion(serverKey, condition, signal)
      : await this.#putWhole(serverKey, { bytes: tombstone, writing, condition, signal })
    if (outcome.type === 'written') return true
    if (outcome.found === undefined || outcome.found.isTombstone) return false
    throw conflictOf(key, false, outcome.found)
  }

  async #deleteVersion(serverKey: string, condition: ServerCondition, signal: AbortSignal): Promise<WriteOutcome> {
    const call = { method: 'DELETE', key: serverKey, headers: this.#headersOf(condition) } as const
    const reply = await this.#client.call(call, signal)
    if (reply.type === 'answer') {
      await reply.body.dump()
      return { type: 'written', etag: '' }
    }
    if (reply.status !== 412 && reply.status !== 404) throw refusalError(reply)
    return { type: 'prevented', found: await this.#findHead(serverKey, signal) }
  }

  async #remove(key: string, signal: AbortSignal): Promise<void> {
    const reply = await this.#client.call({ method: 'DELETE', key: this.#prefix + key }, signal)
    if (reply.type === 'answer') return void (await reply.body.dump())
    if (reply.status !== 404 || reply.code === 'NoSuchBucket') throw refusalError(reply)
  }

  async #list(request: ListRequest, signal: AbortSignal): Promise<ObjectPage> {
    let startAfter = request.startAfter
    for (;;) {
      const page = await this.#listOnce({ ...request, startAfter }, signal)
      const passed = (name: string) => request.startAfter === undefined || compareKeys(name, request.startAfter) > 0
      const objects = (await this.#withoutTombstones(page.objects, signal)).filter(({ key }) => passed(key))
      const prefixes = page.prefixes.filter(passed)
      const next = page.truncated ? lastName(page) : undefined
      if (next === undefined) return { objects, prefixes }
      if (objects.length + prefixes.length > 0) return { objects, prefixes, next }
      startAfter = next
    }
  }

  async #listOnce({ prefix, startAfter, delimiter, limit }: ListRequest, signal: AbortSignal) {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      'max-keys': String(limit),
      prefix: this.#prefix + prefix,
      ...(startAfter === undefined ? {} : { 'start-after': this.#prefix + pastGroup(startAfter, prefix, delimiter) }),
      ...(delimiter === undefined ? {} : { delimiter }),
    }
    const reply = await this.#client.call({ method: 'GET', query }, signal)
    if (reply.type === 'refusal') throw refusalError(reply)
    const answer = parseListAnswer(await readText(reply.body))
    const own = (name: string) => name.slice(this.#prefix.length)
    return {
      objects: answer.objects.map(object => ({ ...object, key: own(object.key) })),
      prefixes: answer.prefixes.map(own),
      truncated: answer.truncated,
    }
  }

  /** Only objects of a tombstone's size are looked at: lists do not say more. */
  async #withoutTombstones(objects: readonly ObjectEntry[], signal: AbortSignal): Promise<ObjectEntry[]> {
    if (this.capabilities.conditionalDeletes) return [...objects]
    const live = await Promise.all(
      objects.map(
        async ({ key, sizeBytes }) => sizeBytes !== tombstone.byteLength || (await this.#liveHead(key, signal)),
      ),
    )
    return objects.filter((_, at) => live[at])
  }

  async #liveHead(key: string, signal: AbortSignal | undefined): Promise<StoredHead | undefined> {
    const head = await this.#findHead(this.#prefix + key, signal)
    return head === undefined || head.isTombstone ? undefined : { ...head, key }
  }

  async #mustHead(key: string, signal: AbortSignal | undefined): Promise<StoredHead> {
    const head = await this.#liveHead(key, signal)
    if (head === undefined) throw new ObjectMissing(key)
    return head
  }

  async #findHead(serverKey: string, signal: AbortSignal | undefined): Promise<StoredHead | undefined> {
    const reply = await this.#client.call({ method: 'HEAD', key: serverKey }, signal)
    if (reply.type === 'refusal') {
      if (reply.status === 404) return undefined
      throw refusalError(reply)
    }
    await reply.body.dump()
    return parseHead(serverKey, reply.headers, Number(reply.headers['content-length'] ?? 0))
  }

  #headersOf(condition: ServerCondition): Record<string, string> {
    if (condition === undefined) return {}
    return condition.must === 'be absent'
      ? { 'if-none-match': '*' }
      : { 'if-match': this.#matchOf(condition.head.serverEtag) }
  }

  /** 96 random bits; short, as pasts are made of them. */
  #newOp(): string {
    return Buffer.from(this.#random.bytes(12)).toString('base64url')
  }

  #matchOf(serverEtag: string): string {
    return this.capabilities.quotesEtags ? `"${serverEtag}"` : serverEtag
  }

  #assertReady(signal: AbortSignal | undefined): void {
    if (this.#closing.signal.aborted) throw new ObjectStoreClosed()
    if (signal?.aborted) throw abortError(signal)
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

function isReplaced(failure: unknown): boolean {
  return failure instanceof ObjectStoreUnavailable && failure.cause instanceof ReplacedMeanwhile
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const held: Uint8Array[] = []
  for await (const chunk of chunks) held.push(chunk)
  return concatenate(held)
}

async function* once(bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (signal.aborted) throw abortError(signal)
  if (bytes.byteLength > 0) yield bytes
}

function pastOf(condition: ServerCondition): string[] {
  if (condition === undefined) return []
  return condition.must === 'be absent' ? [beginning] : pastAfter(condition.head)
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

/** `none` for a range that holds nothing, which HTTP cannot say. */
function toRangeHeader(range: ByteRange | undefined): string | undefined {
  if (range === undefined) return undefined
  // Says whether these are numbers that make a range; the size decides the rest.
  if (!('last' in range)) resolveRange(range, Number.MAX_SAFE_INTEGER)
  else if (range.last !== 0) resolveRange(range, Number.MAX_SAFE_INTEGER)
  if ('last' in range) return range.last === 0 ? 'none' : `bytes=-${range.last}`
  return `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`
}

function totalBytes({ status, headers }: S3Answer): number {
  const total = status === 206 ? /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] : headers['content-length']
  if (total === undefined) throw new ObjectStoreUnavailable(new Error('an object without a size'))
  return Number(total)
}

function lastName({
  objects,
  prefixes,
}: {
  objects: readonly ObjectEntry[]
  prefixes: readonly string[]
}): string | undefined {
  const names = [objects.at(-1)?.key, prefixes.at(-1)].filter(name => name !== undefined)
  return names.sort(compareKeys).at(-1)
}

/** After a group that was listed already come its own keys: they are passed over at once. */
function pastGroup(startAfter: string, prefix: string, delimiter: string | undefined): string {
  if (delimiter === undefined || !startAfter.startsWith(prefix)) return startAfter
  const at = startAfter.indexOf(delimiter, prefix.length)
  return at >= 0 && at + delimiter.length === startAfter.length ? `${startAfter}\u{10ffff}` : startAfter
}
