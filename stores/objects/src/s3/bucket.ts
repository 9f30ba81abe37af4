import { ObjectMissing } from '../errors.ts'
import type { Capabilities } from './capabilities.ts'
import { refusalError } from './refusal-error.ts'
import type { S3Client } from './s3-client.ts'
import { parseHead, type StoredHead } from './stored-head.ts'

/** The part of a bucket that a store has: what lies under its prefix, and what the server does with conditions. */
export class S3Bucket {
  readonly client: S3Client
  readonly capabilities: Capabilities
  readonly prefix: string

  constructor(client: S3Client, capabilities: Capabilities, prefix: string) {
    this.client = client
    this.capabilities = capabilities
    this.prefix = prefix
  }

  /** Of an object that was not deleted. */
  async liveHead(key: string, signal: AbortSignal | undefined): Promise<StoredHead | undefined> {
    const head = await this.findHead(this.prefix + key, signal)
    return head === undefined || head.isTombstone ? undefined : { ...head, key }
  }

  /** @throws ObjectMissing */
  async mustHead(key: string, signal: AbortSignal | undefined): Promise<StoredHead> {
    const head = await this.liveHead(key, signal)
    if (head === undefined) throw new ObjectMissing(key)
    return head
  }

  /** Of whatever holds the place, a tombstone too. */
  async findHead(serverKey: string, signal: AbortSignal | undefined): Promise<StoredHead | undefined> {
    const reply = await this.client.call({ method: 'HEAD', key: serverKey }, signal)
    if (reply.type === 'refusal') {
      if (reply.status === 404) return undefined
      throw refusalError(reply)
    }
    await reply.body.dump()
    return parseHead(serverKey, reply.headers, Number(reply.headers['content-length'] ?? 0))
  }

  /** An ETag as a condition of this server names it. */
  matchOf(serverEtag: string): string {
    return this.capabilities.quotesEtags ? `"${serverEtag}"` : serverEtag
  }
}
