import type { Random } from '@super-data/base/ids'
import { ObjectStoreUnconditional } from '../errors.ts'
import { newEtag } from '../etag.ts'
import { plainEtag } from '../request.ts'
import { abortUpload, beginUpload, completeUpload, uploadPart } from './multipart.ts'
import { refusalError } from './refusal-error.ts'
import type { S3Call, S3Client } from './s3-client.ts'
import type { S3Answer } from './s3-reply.ts'

/** What this server does with conditions, found out by trying. */
export interface Capabilities {
  /** Writes honour If-None-Match and If-Match. */
  readonly conditionalWrites: boolean
  /** If-Match takes the ETag in quotes, as HTTP has it; Ceph wants it bare. */
  readonly quotesEtags: boolean
  readonly conditionalDeletes: boolean
  /** The end of an upload in parts honours conditions. */
  readonly conditionalParts: boolean
  /** Ceph confirms an unconditional write that lost a race without doing it: there every write needs a condition. */
  readonly losesRacedWrites: boolean
}

/** Of a server that honours no conditions on writes, and of one that nobody tried. */
export const unconditional: Capabilities = {
  conditionalWrites: false,
  quotesEtags: true,
  conditionalDeletes: false,
  conditionalParts: false,
  losesRacedWrites: false,
}

const wrongEtag = '00000000000000000000000000000000'

/**
 * Tries conditions on a key of its own, which is gone afterwards.
 *
 * @throws ObjectStoreDenied · ObjectBucketMissing · ObjectStoreUnavailable
 */
export async function probe(
  client: S3Client,
  { prefix, random }: { prefix: string; random: Random },
): Promise<Capabilities> {
  const key = `${prefix}superdata-probe/${newEtag(random)}`
  const trial = new Trial(client, key)
  try {
    return await trial.run()
  } finally {
    await client.call({ method: 'DELETE', key }, undefined).catch(() => {})
  }
}

class Trial {
  readonly #client: S3Client
  readonly #key: string

  constructor(client: S3Client, key: string) {
    this.#client = client
    this.#key = key
  }

  async run(): Promise<Capabilities> {
    const first = await this.#must({ method: 'PUT', body: Buffer.from('1') })
    if (await this.#does({ method: 'PUT', body: Buffer.from('2'), headers: { 'if-none-match': '*' } })) {
      return unconditional
    }
    const quotesEtags = await this.#replaces(`"${wrongEtag}"`, `"${plainEtag(first.headers.etag ?? '')}"`)
    if (quotesEtags === 'always') return unconditional
    if (quotesEtags === 'never') {
      const bare = await this.#replaces(wrongEtag, plainEtag(first.headers.etag ?? ''))
      if (bare !== 'when it matches') return unconditional
    }
    const isQuoted = quotesEtags === 'when it matches'
    const conditionalParts = await this.#partsHonourConditions()
    const match = isQuoted ? `"${wrongEtag}"` : wrongEtag
    const conditionalDeletes = !(await this.#does({ method: 'DELETE', headers: { 'if-match': match } }))
    return {
      conditionalWrites: true,
      quotesEtags: isQuoted,
      conditionalDeletes,
      conditionalParts,
      losesRacedWrites: isCeph(first),
    }
  }

  async #replaces(wrong: string, right: string): Promise<'always' | 'never' | 'when it matches'> {
    const put = (etag: string) => this.#does({ method: 'PUT', body: Buffer.from('1'), headers: { 'if-match': etag } })
    if (await put(wrong)) return 'always'
    return (await put(right)) ? 'when it matches' : 'never'
  }

  async #partsHonourConditions(): Promise<boolean> {
    const upload = await beginUpload(this.#client, this.#key, { headers: {}, signal: undefined })
    const part = await uploadPart(this.#client, upload, { number: 1, body: Buffer.from('1'), signal: undefined })
    const headers = { 'if-none-match': '*' }
    const reply = await this.#client.call(completeUpload(upload, [part], headers), undefined)
    await abortUpload(this.#client, upload)
    if (reply.type === 'answer') await reply.body.dump()
    return reply.type === 'refusal' && reply.status === 412
  }

  /** Whether the server did it; a condition that does not hold, or is not known, is a no. */
  async #does(call: S3Call): Promise<boolean> {
    const reply = await this.#client.call({ ...call, key: this.#key }, undefined)
    if (reply.type === 'answer') {
      await reply.body.dump()
      return true
    }
    if ([400, 404, 409, 412, 501].includes(reply.status) && reply.code !== 'NoSuchBucket') return false
    throw refusalError(reply)
  }

  async #must(call: S3Call): Promise<S3Answer> {
    const reply = await this.#client.call({ ...call, key: this.#key }, undefined)
    if (reply.type === 'refusal') throw refusalError(reply)
    await reply.body.dump()
    return reply
  }
}

function isCeph({ headers }: S3Answer): boolean {
  return /^tx[0-9a-f]{16,}-/.test(headers['x-amz-request-id'] ?? '')
}

/** @throws ObjectStoreUnconditional */
export function assertConditional(capabilities: Capabilities): void {
  if (!capabilities.conditionalWrites) throw new ObjectStoreUnconditional()
}
