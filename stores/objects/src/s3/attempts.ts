import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import { ObjectStoreUnavailable } from '../errors.ts'
import { abortError } from '../put-chunks.ts'
import type { S3Limits } from './limits.ts'
import { isTransient, type S3Refusal, type S3Reply, type S3Silence } from './s3-reply.ts'

const firstPauseMs = 25
const longestPauseMs = 5_000
const retryAfterMsMax = 30_000

/**
 * What all calls together may spend on repeating: a server in trouble gets no more than one repetition in five
 * requests for long.
 */
export class RetryTokens {
  static readonly #full = 500
  #left = RetryTokens.#full

  take(): boolean {
    if (this.#left < 5) return false
    this.#left -= 5
    return true
  }

  /** After an answer. */
  refill(): void {
    this.#left = Math.min(RetryTokens.#full, this.#left + 1)
  }
}

/** The attempts of one call: how many, how far apart, until when. */
export class Attempts implements Disposable {
  readonly #limits: S3Limits
  readonly #clock: Clock
  readonly #random: Random
  readonly #tokens: RetryTokens
  readonly #caller: AbortSignal | undefined
  readonly #timer: NodeJS.Timeout
  readonly #late = new AbortController()
  readonly #endsAt: number
  #made = 0
  /** For requests that outlive their caller's patience: fires at the deadline alone. */
  readonly deadline: AbortSignal = this.#late.signal
  /** For the requests: fires at the deadline or when the caller gives up. */
  readonly signal: AbortSignal

  constructor(
    limits: S3Limits,
    components: { readonly clock: Clock; readonly random: Random; readonly tokens: RetryTokens },
    caller: AbortSignal | undefined,
  ) {
    this.#limits = limits
    this.#clock = components.clock
    this.#random = components.random
    this.#tokens = components.tokens
    this.#caller = caller
    this.#endsAt = this.#clock.elapsed() + limits.callMs
    this.#timer = setTimeout(() => this.#late.abort(), limits.callMs)
    this.signal = caller === undefined ? this.#late.signal : AbortSignal.any([caller, this.#late.signal])
  }

  /**
   * Waits for the moment to repeat the request, with full jitter and no less than the server asked for.
   *
   * @returns `false` when the reply is final or nothing is left to spend. @throws Cancelled
   */
  async mayRepeat(reply: S3Reply): Promise<boolean> {
    this.#throwIfGivenUp()
    if (!isTransient(reply)) {
      this.#tokens.refill()
      return false
    }
    this.#made += 1
    if (this.#made >= this.#limits.attemptsMax || !this.#tokens.take()) return false
    const pauseMs = this.#pauseMs(reply)
    if (this.#clock.elapsed() + pauseMs >= this.#endsAt) return false
    await sleep(pauseMs, undefined, { signal: this.signal }).catch(() => this.#throwIfGivenUp())
    return !this.signal.aborted
  }

  /** Why a call without an answer was given up. */
  failure(reply: S3Refusal | S3Silence): Error {
    const cause = reply.type === 'silence' ? reply.cause : new Error(`the store answered ${reply.status} ${reply.code}`)
    return new ObjectStoreUnavailable(cause)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #throwIfGivenUp(): void {
    if (this.#caller?.aborted) throw abortError(this.#caller)
  }

  #pauseMs(reply: S3Refusal | S3Silence): number {
    const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#made)
    const jittered = ceiling * fraction(this.#random)
    const asked = reply.type === 'refusal' ? (reply.retryAfterMs ?? 0) : 0
    return Math.min(retryAfterMsMax, asked) + jittered
  }
}

/** 0 to just below 1. */
function fraction(random: Random): number {
  const [high, low] = random.bytes(2)
  return (high! * 256 + low!) / 65_536
}
