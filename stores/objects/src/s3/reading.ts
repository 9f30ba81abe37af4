import { ObjectMissing, ObjectNotModified, ObjectRangeInvalid, ObjectStoreUnavailable } from '../errors.ts'
import { concatenate, ObjectBody } from '../object-body.ts'
import { compareKeys } from '../object-key.ts'
import type { ByteRange, GetOptions, ObjectEntry, ObjectPage, StoredObject } from '../object-store.ts'
import { abortError } from '../put-chunks.ts'
import { type ListRequest, plainEtag, resolveRange } from '../request.ts'
import type { S3Bucket } from './bucket.ts'
import { parseListAnswer } from './list-answer.ts'
import { refusalError } from './refusal-error.ts'
import { ReplacedMeanwhile, readAnswer } from './resumed-read.ts'
import { readText } from './s3-client.ts'
import type { S3Answer } from './s3-reply.ts'
import { parseHead, toObjectHead } from './stored-head.ts'
import { tombstoneBytes } from './tombstone.ts'

/** Up to here a body is taken with its head: then it holds no connection, and can be read again when it breaks. */
const atOnceBytes = 64 * 1024

/** Gets and lists what lies in a bucket. */
export class S3Reading {
  readonly #bucket: S3Bucket
  readonly #bodies = new Set<ObjectBody>()

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket
  }

  async get(key: string, options: GetOptions & { readonly signal: AbortSignal }): Promise<StoredObject> {
    const range = toRangeHeader(options.range)
    if (range === 'none') throw new ObjectRangeInvalid((await this.#bucket.mustHead(key, options.signal)).sizeBytes)
    for (let tries = 1; ; tries++) {
      try {
        return await this.#get(key, options, range)
      } catch (failure) {
        if (!isReplaced(failure) || tries === this.#bucket.client.limits.attemptsMax) throw failure
      }
    }
  }

  async list(request: ListRequest, signal: AbortSignal): Promise<ObjectPage> {
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
      prefix: this.#bucket.prefix + prefix,
      ...(startAfter === undefined
        ? {}
        : { 'start-after': this.#bucket.prefix + pastGroup(startAfter, prefix, delimiter) }),
      ...(delimiter === undefined ? {} : { delimiter }),
    }
    const reply = await this.#bucket.client.call({ method: 'GET', query }, signal)
    if (reply.type === 'refusal') throw refusalError(reply)
    const answer = parseListAnswer(await readText(reply.body))
    const own = (name: string) => name.slice(this.#bucket.prefix.length)
    return {
      objects: answer.objects.map(object => ({ ...object, key: own(object.key) })),
      prefixes: answer.prefixes.map(own),
      truncated: answer.truncated,
    }
  }

  /** Only objects of a tombstone's size are looked at: lists do not say more. */
  async #withoutTombstones(objects: readonly ObjectEntry[], signal: AbortSignal): Promise<ObjectEntry[]> {
    if (this.#bucket.capabilities.conditionalDeletes) return [...objects]
    const live = await Promise.all(
      objects.map(
        async ({ key, sizeBytes }) => sizeBytes !== tombstoneBytes || (await this.#bucket.liveHead(key, signal)),
      ),
    )
    return objects.filter((_, at) => live[at])
  }

  /** Ends the bodies that nobody read to their end. */
  async close(): Promise<void> {
    await Promise.all([...this.#bodies].map(body => body.cancel()))
  }

  async #get(
    key: string,
    options: GetOptions & { readonly signal: AbortSignal },
    range: string | undefined,
  ): Promise<StoredObject> {
    const known = options.ifNoneMatch === undefined ? undefined : plainEtag(options.ifNoneMatch)
    const serverKey = this.#bucket.prefix + key
    const headers = {
      ...(range === undefined ? {} : { range }),
      ...(known === undefined ? {} : { 'if-none-match': `"${known.split('.')[0]}"` }),
    }
    const reply = await this.#bucket.client.call({ method: 'GET', key: serverKey, headers }, options.signal)
    if (reply.type === 'refusal') {
      if (reply.status === 304) return this.#readUnlessKnown(key, { ...options, known: known ?? '' }, range)
      if (reply.status === 404 && reply.code === 'NoSuchKey') throw new ObjectMissing(key)
      if (reply.status === 416)
        throw new ObjectRangeInvalid((await this.#bucket.mustHead(key, options.signal)).sizeBytes)
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
    const head = await this.#bucket.mustHead(key, options.signal)
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
      const head = parseHead(this.#bucket.prefix + key, answer.headers, sizeBytes)
      if (head.isTombstone) throw new ObjectMissing(key)
      if (head.etag === options.known) throw new ObjectNotModified(key, head.etag)
      const range = resolveRange(options.range, sizeBytes)
      const sent = answer.status === 206 ? range.end - range.start : sizeBytes
      if (sent !== range.end - range.start) throw new ObjectStoreUnavailable(new Error('the store ignored the range'))
      const reading = { head, range, ifMatch: this.#bucket.matchOf(head.serverEtag), signal: options.signal }
      const chunks = readAnswer(this.#bucket.client, answer, reading)
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
