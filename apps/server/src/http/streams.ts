import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import type { Credentials, Principal } from '@super-data/platform'
import type { ServerLimits } from '../limits.ts'
import { ServerStopping, StreamsTooMany } from './errors.ts'

export interface StreamHolder {
  readonly principal: Principal
  readonly credentials: Credentials
}

interface OpenStream extends StreamHolder {
  readonly owner: string
  readonly end: () => void
}

export interface StreamsOptions {
  readonly authenticate: (credentials: Credentials) => Promise<Principal>
  readonly clock: Clock
  readonly log: Log
  readonly limits: ServerLimits
}

/**
 * The streams that stay open: events, and MCP notifications of both eras. Each caller may hold a few, and those of a
 * caller whose key stops working end.
 */
export class Streams {
  readonly #options: StreamsOptions
  readonly #open = new Set<OpenStream>()
  readonly #checking: NodeJS.Timeout
  #closed = false

  constructor(options: StreamsOptions) {
    this.#options = options
    this.#checking = setInterval(() => void this.check(), options.limits.streamCheckMs).unref()
  }

  get count(): number {
    return this.#open.size
  }

  /**
   * Counts a stream against its holder.
   *
   * @param end called when the stream has to end from this side.
   * @returns how to say that it ended.
   * @throws StreamsTooMany · ServerStopping
   */
  hold(holder: StreamHolder, end: () => void): () => void {
    if (this.#closed) throw new ServerStopping()
    const owner = ownerOf(holder.principal)
    const { streamsPerPrincipalMax } = this.#options.limits
    const held = [...this.#open].filter(stream => stream.owner === owner).length
    if (held >= streamsPerPrincipalMax) throw new StreamsTooMany(streamsPerPrincipalMax)
    const stream: OpenStream = { ...holder, owner, end }
    this.#open.add(stream)
    return () => this.#open.delete(stream)
  }

  /** Ends the streams of callers who would not be let in any more. */
  async check(): Promise<void> {
    await Promise.all([...this.#open].map(stream => this.#checkOne(stream)))
  }

  async #checkOne(stream: OpenStream): Promise<void> {
    try {
      const principal = await this.#options.authenticate(stream.credentials)
      if (ownerOf(principal) === stream.owner) return
    } catch (error) {
      this.#options.log.info({ error: String(error) }, 'an open stream lost its credential')
    }
    stream.end()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#checking)
    for (const stream of [...this.#open]) stream.end()
    this.#open.clear()
  }
}

/** Two requests of one owner share sessions and limits; two keys of one user are two owners. */
export function ownerOf(principal: Principal): string {
  return JSON.stringify([principal.method, principal.userId, principal.keyId ?? null])
}
