import { createHash } from 'node:crypto'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import type { Agent } from 'undici'
import { Attempts, RetryTokens } from './attempts.ts'
import type { S3Limits } from './limits.ts'
import { encodeKey, queryText } from './s3-path.ts'
import { type S3Reply, toRefusal } from './s3-reply.ts'
import { emptyPayload, type S3Credentials, Signer } from './signature.ts'

export interface S3Address {
  /** e.g. `https://s3.eu-central-1.amazonaws.com`; no path. */
  readonly endpoint: URL
  readonly region: string
  readonly bucket: string
  readonly forcePathStyle: boolean
}

export interface S3Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Absent for calls on the bucket itself. */
  readonly key?: string | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array | undefined
}

/** Bytes of an error or a list that are read at most. */
const textBytesMax = 8 * 1024 * 1024

/** Signed requests to one bucket over connections of its own. */
export class S3Client {
  readonly limits: S3Limits
  readonly #clock: Clock
  readonly #random: Random
  readonly #origin: string
  readonly #host: string
  readonly #root: string
  readonly #signer: Signer
  readonly #agent: Agent
  readonly #tokens = new RetryTokens()

  private constructor(
    address: S3Address,
    credentials: S3Credentials,
    components: { readonly clock: Clock; readonly random: Random; readonly limits: S3Limits; readonly agent: Agent },
  ) {
    const { endpoint, bucket, forcePathStyle } = address
    this.limits = components.limits
    this.#clock = components.clock
    this.#random = components.random
    this.#host = forcePathStyle ? endpoint.host : `${bucket}.${endpoint.host}`
    this.#origin = `${endpoint.protocol}//${this.#host}`
    this.#root = forcePathStyle ? `/${encodeKey(bucket)}` : ''
    this.#signer = new Signer(credentials, address.region)
    this.#agent = components.agent
  }

  /** Asks nothing of the bucket yet. */
  static async open(
    address: S3Address,
    credentials: S3Credentials,
    components: { readonly clock: Clock; readonly random: Random; readonly limits: S3Limits },
  ): Promise<S3Client> {
    // Loaded here: two hundred modules that a server without a bucket never needs.
    const { Agent } = await import('undici')
    const { connections, connectMs, answerMs } = components.limits
    const agent = new Agent({
      connections,
      connect: { timeout: connectMs },
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
      keepAliveTimeout: 20_000,
      pipelining: 1,
    })
    return new S3Client(address, credentials, { ...components, agent })
  }

  /** The attempts of one call, with its deadline. */
  attempts(signal: AbortSignal | undefined): Attempts {
    const components = { clock: this.#clock, random: this.#random, tokens: this.#tokens }
    return new Attempts(this.limits, components, signal)
  }

  /** Repeats what may be repeated: for calls that may happen twice. @throws Cancelled, or why it was given up */
  async call(call: S3Call, signal: AbortSignal | undefined): Promise<Exclude<S3Reply, { type: 'silence' }>> {
    using attempts = this.attempts(signal)
    for (;;) {
      const reply = await this.attempt(call, attempts.signal)
      if (!(await attempts.mayRepeat(reply))) {
        if (reply.type === 'silence') throw attempts.failure(reply)
        return reply
      }
    }
  }

  /** One request, once. Never throws. */
  async attempt(call: S3Call, signal: AbortSignal): Promise<S3Reply> {
    const path = call.key === undefined ? this.#root || '/' : `${this.#root}/${encodeKey(call.key)}`
    const payload = call.body === undefined ? emptyPayload : createHash('sha256').update(call.body).digest('hex')
    const unsigned = { method: call.method, path, query: call.query, payload }
    const headers = this.#signer.sign(
      { ...unsigned, headers: { ...call.headers, host: this.#host } },
      this.#clock.now(),
    )
    const query = queryText(call.query)
    try {
      const {
        statusCode,
        headers: received,
        body,
      } = await this.#agent.request({
        origin: this.#origin,
        path: query === '' ? path : `${path}?${query}`,
        method: call.method,
        headers,
        body: call.body ?? null,
        signal,
      })
      const answered = flat(received)
      if (statusCode < 300) return { type: 'answer', status: statusCode, headers: answered, body }
      const text = await readText(body, 64 * 1024)
      return toRefusal(statusCode, answered, { text, now: this.#clock.now() })
    } catch (cause) {
      return { type: 'silence', sent: !neverConnected(cause), cause }
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

const connectionFailures: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

function neverConnected(failure: unknown): boolean {
  if (failure instanceof AggregateError) return failure.errors.every(neverConnected)
  return connectionFailures.has((failure as { code?: unknown } | undefined)?.code)
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const single: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) single[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return single
}

/** @throws RangeError when the text is longer than such answers get */
export async function readText(body: AsyncIterable<Uint8Array>, bytesMax = textBytesMax): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > bytesMax) throw new RangeError('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
