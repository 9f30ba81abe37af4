import { createHash } from 'node:crypto'
import { ObjectDamaged, ObjectStoreUnavailable } from '../errors.ts'
import { abortError } from '../put-chunks.ts'
import type { S3Client } from './s3-client.ts'
import type { S3Answer } from './s3-reply.ts'
import type { StoredHead } from './stored-head.ts'

export interface Reading {
  readonly head: StoredHead
  readonly range: { readonly start: number; readonly end: number }
  readonly ifMatch: string
  readonly signal: AbortSignal
}

/** The rest of a version that broke off cannot be had any more. */
export class ReplacedMeanwhile extends Error {
  constructor() {
    super('the object was replaced while it was read')
  }
}

const resumptionsMax = 5

/**
 * The bytes of an answer. A connection that breaks is taken up where it broke, on the same version; a whole object
 * whose checksum is known is checked at its end.
 */
export async function* readAnswer(client: S3Client, first: S3Answer, reading: Reading): AsyncGenerator<Uint8Array> {
  const { head, range, signal } = reading
  const isWhole = range.start === 0 && range.end === head.sizeBytes
  const hash = isWhole && head.sha256 !== undefined ? createHash('sha256') : undefined
  let at = range.start
  let answer: S3Answer | undefined = first
  for (let resumed = 0; ; resumed++) {
    try {
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        if (signal.aborted) throw abortError(signal)
        const wanted = chunk.byteLength > range.end - at ? chunk.subarray(0, range.end - at) : chunk
        at += wanted.byteLength
        hash?.update(wanted)
        yield wanted
      }
      if (at === range.end) break
      throw new Error('the answer was cut short')
    } catch (failure) {
      if (signal.aborted) throw abortError(signal)
      if (resumed >= resumptionsMax) throw new ObjectStoreUnavailable(failure)
      if (at === range.end) break
    }
    answer = await resume(client, reading, at)
  }
  if (hash !== undefined && hash.digest('hex') !== head.sha256) throw new ObjectDamaged(head.key)
}

async function resume(client: S3Client, { head, range, ifMatch, signal }: Reading, at: number): Promise<S3Answer> {
  const headers = { range: `bytes=${at}-${range.end - 1}`, 'if-match': ifMatch }
  const reply = await client.call({ method: 'GET', key: head.key, headers }, signal)
  if (reply.type === 'answer' && reply.status === 206) return reply
  if (reply.type === 'answer') await reply.body.dump()
  throw new ObjectStoreUnavailable(new ReplacedMeanwhile())
}
