import { ObjectOutcomeUnknown, ObjectStoreUnavailable, WriteConflict } from '../errors.ts'
import { plainEtag } from '../request.ts'
import type { Attempts } from './attempts.ts'
import { Grace } from './grace.ts'
import { refusalError } from './refusal-error.ts'
import { readText, type S3Call, type S3Client } from './s3-client.ts'
import { mayHaveHappened, type S3Reply } from './s3-reply.ts'
import { beginning, type StoredHead, toEtag } from './stored-head.ts'

/** What a write must find on the server. */
export type ServerCondition =
  | { readonly must: 'be absent' }
  | { readonly must: 'match'; readonly head: Pick<StoredHead, 'serverEtag' | 'op' | 'past'> }
  | undefined

export interface Write {
  readonly key: string
  readonly call: S3Call
  /** The mark of this write, by which it is recognised. */
  readonly op: string
  readonly condition: ServerCondition
}

/** How a write ended: as asked, or against what stood in its way. */
export type WriteOutcome =
  | { readonly type: 'written'; readonly etag: string }
  | { readonly type: 'prevented'; readonly found: StoredHead | undefined }

/**
 * Carries one write to the end: what was not confirmed is read again before anything is repeated, and what stays open
 * is said to be open.
 */
export class ConfirmedWrites {
  readonly #client: S3Client
  readonly #head: (key: string, signal: AbortSignal | undefined) => Promise<StoredHead | undefined>

  constructor(
    client: S3Client,
    head: (key: string, signal: AbortSignal | undefined) => Promise<StoredHead | undefined>,
  ) {
    this.#client = client
    this.#head = head
  }

  /** @throws ObjectOutcomeUnknown · Cancelled when nothing was written · why the store refuses */
  async write(write: Write, signal: AbortSignal | undefined): Promise<WriteOutcome> {
    using grace = new Grace(signal, this.#client.limits.abandonMs)
    using attempts = this.#client.attempts(signal)
    let unclear = false
    for (;;) {
      const reply = await this.#client.attempt(write.call, AbortSignal.any([grace.signal, attempts.deadline]))
      const read = await this.#read(reply, write)
      if (read !== undefined) return { type: 'written', etag: read }
      unclear ||= mayHaveHappened(reply)
      if (unclear || isPrevented(reply)) {
        const found = await this.#lookUp(write, { unclear, cause: reply })
        if (found?.op === write.op) return { type: 'written', etag: found.etag }
        // Somebody wrote on top of it already: it happened, and is no longer what is there.
        if (found?.past.includes(write.op)) return { type: 'written', etag: toEtag('replaced', write.op) }
        if (isPrevented(reply)) {
          if (unclear && !isExcluded(write, found)) throw new ObjectOutcomeUnknown(write.key, causeOf(reply))
          return { type: 'prevented', found }
        }
      }
      if (!(await mayRepeat(attempts, reply, { unclear, key: write.key }))) throw endOf(reply, write.key, unclear)
    }
  }

  /** The ETag of a confirmed write; the end of an upload may fail after its good status. */
  async #read(reply: S3Reply, write: Write): Promise<string | undefined> {
    if (reply.type !== 'answer') return undefined
    const text = await readText(reply.body).catch(() => undefined)
    if (text === undefined || text.includes('<Error>')) return undefined
    const serverEtag = plainEtag(reply.headers.etag ?? /<ETag>(?:&quot;|")?([^<&"]+)/.exec(text)?.[1] ?? '')
    return serverEtag === '' ? undefined : toEtag(serverEtag, write.op)
  }

  async #lookUp(
    write: Write,
    { unclear, cause }: { unclear: boolean; cause: S3Reply },
  ): Promise<StoredHead | undefined> {
    try {
      return await this.#head(write.key, undefined)
    } catch (failure) {
      if (unclear) throw new ObjectOutcomeUnknown(write.key, causeOf(cause))
      throw failure
    }
  }
}

/** Whether what stands there followed the same state as this write should have, without it: then it never happened. */
function isExcluded({ condition }: Write, found: StoredHead | undefined): boolean {
  if (condition === undefined || found === undefined) return false
  const base = condition.must === 'be absent' ? beginning : condition.head.op
  return base !== undefined && found.past.includes(base)
}

/** The condition did not hold, or what it is about is gone. */
function isPrevented(reply: S3Reply): boolean {
  if (reply.type !== 'refusal') return false
  return reply.status === 412 || (reply.status === 404 && ['NoSuchKey', 'NoSuchUpload'].includes(reply.code))
}

async function mayRepeat(
  attempts: Attempts,
  reply: S3Reply,
  { unclear, key }: { unclear: boolean; key: string },
): Promise<boolean> {
  try {
    return await attempts.mayRepeat(reply)
  } catch (failure) {
    if (unclear) throw new ObjectOutcomeUnknown(key, failure)
    throw failure
  }
}

function endOf(reply: S3Reply, key: string, unclear: boolean): Error {
  if (unclear) return new ObjectOutcomeUnknown(key, causeOf(reply))
  if (reply.type === 'refusal') return refusalError(reply)
  return new ObjectStoreUnavailable(causeOf(reply))
}

function causeOf(reply: S3Reply): unknown {
  if (reply.type === 'silence') return reply.cause
  return new Error(`the store answered ${reply.status}`)
}

/** What a prevented write means to its caller. */
export function conflictOf(key: string, mustBeAbsent: boolean, found: StoredHead | undefined): WriteConflict {
  if (mustBeAbsent) return new WriteConflict(key, 'exists')
  return new WriteConflict(key, found === undefined || found.isTombstone ? 'missing' : 'changed')
}
