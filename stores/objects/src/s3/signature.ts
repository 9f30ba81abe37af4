import { createHash, createHmac } from 'node:crypto'
import { queryText } from './s3-path.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface Signable {
  readonly method: string
  /** As it travels: encoded once, never normalised. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>> | undefined
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** SHA-256 of the body in hex, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string
}

export const emptyPayload = createHash('sha256').digest('hex')

/**
 * Signs requests as AWS Signature Version 4 asks, over the path exactly as it is sent: signers built on `URL` fold
 * `..` and `.` away, which are ordinary keys here.
 */
export class Signer {
  readonly #credentials: S3Credentials
  readonly #region: string
  #day: { readonly date: string; readonly key: Buffer } | undefined

  constructor(credentials: S3Credentials, region: string) {
    this.#credentials = credentials
    this.#region = region
  }

  /** @param now milliseconds since 1970. @returns the headers to send: those given and those of the signature. */
  sign(request: Signable, now: number): Record<string, string> {
    const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '')
    const { sessionToken } = this.#credentials
    const headers: Record<string, string> = {
      ...request.headers,
      'x-amz-date': time,
      'x-amz-content-sha256': request.payload,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    }
    headers.authorization = this.#authorization({ ...request, headers }, time)
    return headers
  }

  #authorization(request: Signable, time: string): string {
    const date = time.slice(0, 8)
    const scope = `${date}/${this.#region}/s3/aws4_request`
    // What S3 demands and no more: an intermediary may touch the rest.
    const names = Object.keys(request.headers)
      .filter(name => name === 'host' || name.startsWith('x-amz-'))
      .sort()
    const canonical = [
      request.method,
      request.path,
      queryText(request.query),
      ...names.map(name => `${name}:${request.headers[name]!.trim()}`),
      '',
      names.join(';'),
      request.payload,
    ].join('\n')
    const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
    const signature = createHmac('sha256', this.#keyOf(date)).update(text).digest('hex')
    const credential = `${this.#credentials.accessKeyId}/${scope}`
    return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  }

  #keyOf(date: string): Buffer {
    if (this.#day?.date !== date) {
      const parts = [date, this.#region, 's3', 'aws4_request']
      const key = parts.reduce<Buffer>(
        (chain, part) => createHmac('sha256', chain).update(part).digest(),
        Buffer.from(`AWS4${this.#credentials.secretAccessKey}`),
      )
      this.#day = { date, key }
    }
    return this.#day.key
  }
}
