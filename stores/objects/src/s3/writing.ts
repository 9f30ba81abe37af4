import { createHash } from 'node:crypto'
import { must } from '@super-data/base/errors'
import type { Random } from '@super-data/base/ids'
import { ObjectRequestInvalid, ObjectStoreBusy } from '../errors.ts'
import { concatenate } from '../object-body.ts'
import type { PutBody } from '../object-store.ts'
import { abortError, readChunks } from '../put-chunks.ts'
import { assertPrecondition, type Precondition, type PutRequest } from '../request.ts'
import type { S3Bucket } from './bucket.ts'
import { ConfirmedWrites, conflictOf, type ServerCondition, type WriteOutcome } from './confirmed-writes.ts'
import { abortUpload, beginUpload, completeUpload, type UploadedPart, uploadPart } from './multipart.ts'
import { Parts } from './parts.ts'
import { refusalError } from './refusal-error.ts'
import { beginning, parseEtag, pastAfter, type StoredHead, toHeaders, type Writing } from './stored-head.ts'
import { tombstone } from './tombstone.ts'

const racesMax = 100

/** Puts objects into a bucket and deletes them. */
export class S3Writing {
  readonly #bucket: S3Bucket
  readonly #random: Random
  readonly #writes: ConfirmedWrites

  constructor(bucket: S3Bucket, random: Random) {
    this.#bucket = bucket
    this.#random = random
    this.#writes = new ConfirmedWrites(bucket.client, (serverKey, signal) => bucket.findHead(serverKey, signal))
  }

  /** Resolves to the ETag. */
  async put(key: string, body: PutBody, request: PutRequest & { readonly signal: AbortSignal }): Promise<string> {
    const condition = await this.#conditionOf(key, request)
    const held = condition !== undefined && !this.#bucket.capabilities.conditionalParts
    const parts = new Parts(readChunks(body, request.signal), {
      partBytes: this.#bucket.client.limits.partBytes,
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
        this.#putWhole(this.#bucket.prefix + key, { bytes, writing, condition: again, signal: request.signal })
      if (condition === undefined && this.#bucket.capabilities.losesRacedWrites)
        return await this.#putOver(key, write, request)
      return await this.#settle(key, request.precondition, condition, write)
    } finally {
      await parts.end()
    }
  }

  /** Resolves to whether there was something. */
  async delete(key: string, precondition: Precondition, signal: AbortSignal): Promise<boolean> {
    const head = await this.#bucket.liveHead(key, signal)
    if (head !== undefined) assertPrecondition(key, precondition, head.etag)
    if (precondition?.must === 'match') return head !== undefined && (await this.#bury(key, head, signal))
    await this.#remove(key, signal)
    return head !== undefined
  }

  /** A write that cannot succeed is refused before its body is taken; the server decides again. */
  async #conditionOf(
    key: string,
    { precondition, signal }: { precondition: Precondition; signal: AbortSignal },
  ): Promise<ServerCondition> {
    if (precondition?.must !== 'match') return precondition
    if (precondition.byBytes) return { must: 'match', head: parseEtag(precondition.etag) }
    const head = await this.#bucket.liveHead(key, signal)
    assertPrecondition(key, precondition, head?.etag)
    return { must: 'match', head: must(head, 'the object that was just compared') }
  }

  async #whole(body: PutBody, parts: Parts): Promise<Uint8Array> {
    if (body instanceof Uint8Array) return body
    const held: Uint8Array[] = []
    let sizeBytes = 0
    for (let part = await parts.next(); part !== undefined; part = await parts.next()) {
      sizeBytes += part.byteLength
      if (sizeBytes > this.#bucket.client.limits.heldBytesMax) {
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
      const head = await this.#bucket.findHead(this.#bucket.prefix + key, signal)
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
    return this.#writes.write({ key: serverKey, call, op: writing.op, condition }, signal)
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
    const serverKey = this.#bucket.prefix + key
    const op = this.#newOp()
    const upload = await beginUpload(this.#bucket.client, serverKey, {
      headers: toHeaders({ ...request, op, past: pastOf(condition) }),
      signal,
    })
    try {
      const uploaded: UploadedPart[] = []
      for (let part: Uint8Array | undefined = first; part !== undefined; part = await parts.next()) {
        uploaded.push(
          await uploadPart(this.#bucket.client, upload, { number: uploaded.length + 1, body: part, signal }),
        )
      }
      return await this.#settle(key, request.precondition, condition, again => {
        const call = completeUpload(upload, uploaded, this.#headersOf(again))
        return this.#writes.write({ key: serverKey, call, op, condition: again }, signal)
      })
    } catch (failure) {
      await abortUpload(this.#bucket.client, upload)
      throw failure
    }
  }

  /** Deletes one version. Where the server knows no conditional delete, a conditional write takes its place. */
  async #bury(key: string, head: StoredHead, signal: AbortSignal): Promise<boolean> {
    const serverKey = this.#bucket.prefix + key
    const condition = { must: 'match', head } as const
    const op = this.#newOp()
    const writing = { op, contentType: 'text/plain', metadata: {}, isTombstone: true }
    const outcome = this.#bucket.capabilities.conditionalDeletes
      ? await this.#deleteVersion(serverKey, condition, signal)
      : await this.#putWhole(serverKey, { bytes: tombstone, writing, condition, signal })
    if (outcome.type === 'written') return true
    if (outcome.found === undefined || outcome.found.isTombstone) return false
    throw conflictOf(key, false, outcome.found)
  }

  async #deleteVersion(serverKey: string, condition: ServerCondition, signal: AbortSignal): Promise<WriteOutcome> {
    const call = { method: 'DELETE', key: serverKey, headers: this.#headersOf(condition) } as const
    const reply = await this.#bucket.client.call(call, signal)
    if (reply.type === 'answer') {
      await reply.body.dump()
      return { type: 'written', etag: '' }
    }
    if (reply.status !== 412 && reply.status !== 404) throw refusalError(reply)
    return { type: 'prevented', found: await this.#bucket.findHead(serverKey, signal) }
  }

  async #remove(key: string, signal: AbortSignal): Promise<void> {
    const reply = await this.#bucket.client.call({ method: 'DELETE', key: this.#bucket.prefix + key }, signal)
    if (reply.type === 'answer') return void (await reply.body.dump())
    if (reply.status !== 404 || reply.code === 'NoSuchBucket') throw refusalError(reply)
  }

  #headersOf(condition: ServerCondition): Record<string, string> {
    if (condition === undefined) return {}
    return condition.must === 'be absent'
      ? { 'if-none-match': '*' }
      : { 'if-match': this.#bucket.matchOf(condition.head.serverEtag) }
  }

  /** 96 random bits; short, as pasts are made of them. */
  #newOp(): string {
    return Buffer.from(this.#random.bytes(12)).toString('base64url')
  }
}

function pastOf(condition: ServerCondition): string[] {
  if (condition === undefined) return []
  return condition.must === 'be absent' ? [beginning] : pastAfter(condition.head)
}
