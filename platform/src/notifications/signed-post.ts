import { createHmac } from 'node:crypto'
import type { Agent } from 'undici'
import { checkHost, publicLookup } from './address-guard.ts'
import { AddressRefused } from './errors.ts'

/** One message to one address. */
export interface Message {
  readonly url: string
  readonly secret: string
  /** The same for every attempt, so that a receiver can drop repetitions. */
  readonly id: string
  readonly type: string
  readonly body: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface PostResult {
  readonly delivered: boolean
  readonly status: number | null
  /** What went wrong, safe to show. */
  readonly problem: string | null
}

/**
 * What a receiver computes to know who sent a message: HMAC-SHA-256 over `{timestamp}.{body}`, hexadecimal, as in
 * Stripe's scheme. The timestamp, in seconds, lets it refuse old ones.
 */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  return `t=${timestamp},v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}

/** Posts messages: to public addresses only, without following redirects, within a time. */
export class SignedPost {
  readonly #privateAllowed: boolean
  readonly #timeoutMs: number
  #agent: Promise<Agent> | undefined

  constructor({ privateAllowed, timeoutMs }: { privateAllowed: boolean; timeoutMs: number }) {
    this.#privateAllowed = privateAllowed
    this.#timeoutMs = timeoutMs
  }

  /** Never throws: what went wrong is in the result. */
  async send(message: Message, signal: AbortSignal): Promise<PostResult> {
    try {
      if (!this.#privateAllowed) checkHost(new URL(message.url))
      const { origin, pathname, search } = new URL(message.url)
      this.#agent ??= this.#openAgent()
      const { statusCode, body } = await (await this.#agent).request({
        origin,
        path: pathname + search,
        method: 'POST',
        headers: headersOf(message),
        body: message.body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]),
      })
      await body.dump({ limit: 65_536 }).catch(() => {})
      const delivered = statusCode >= 200 && statusCode < 300
      return { delivered, status: statusCode, problem: delivered ? null : `answered ${statusCode}` }
    } catch (failure) {
      return { delivered: false, status: null, problem: describe(failure) }
    }
  }

  async close(): Promise<void> {
    const agent = await this.#agent
    await agent?.destroy()
  }

  /** With the first message: two hundred modules that a server without webhooks never needs. */
  async #openAgent(): Promise<Agent> {
    const { Agent } = await import('undici')
    return new Agent({
      connect: { timeout: this.#timeoutMs, ...(this.#privateAllowed ? {} : { lookup: publicLookup }) },
      headersTimeout: this.#timeoutMs,
      bodyTimeout: this.#timeoutMs,
      maxResponseSize: 65_536,
      pipelining: 0,
    })
  }
}

function headersOf({ secret, id, type, body, at }: Message): Record<string, string> {
  const timestamp = Math.floor(at / 1_000)
  return {
    'content-type': 'application/json',
    'user-agent': 'super-data',
    'x-super-data-id': id,
    'x-super-data-event': type,
    'x-super-data-signature': signatureOf(secret, timestamp, body),
  }
}

/** Enough to find the mistake at the other end; nothing about this one's network. */
function describe(failure: unknown): string {
  const code = (failure as { code?: unknown; cause?: { code?: unknown } }).code
  if (failure instanceof AddressRefused || code === 'WEBHOOK_ADDRESS_REFUSED') return 'the address is not a public one'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name does not resolve'
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (String(code).includes('TIMEOUT') || (failure as Error).name === 'TimeoutError') return 'no answer in time'
  if (/CERT|TLS|SSL/.test(String(code))) return 'its certificate is not valid'
  return 'the connection failed'
}
