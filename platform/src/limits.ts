import { PlatformError } from '@super-data/base/errors'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Rate } from './call.ts'

export interface LimitSettings {
  /** Calls one user may start a minute, over all their keys. */
  readonly callsPerMinute: number
  /** Calls of one user that may run at the same time. */
  readonly callsAtOnce: number
  /** Failed sign-ins and calls without a credential that one address may make a minute. */
  readonly strangerCallsPerMinute: number
}

export const defaultLimits: LimitSettings = { callsPerMinute: 6_000, callsAtOnce: 64, strangerCallsPerMinute: 60 }

const windowSeconds = 60

/** Too many calls in a short time. */
export class RateLimited extends PlatformError {
  readonly code = 'RATE_LIMITED'
  readonly kind = 'limited'
  override readonly retryable = true
  constructor(retryAfterMs: number) {
    super('too many calls in a short time', {
      hint: `Wait ${Math.ceil(retryAfterMs / 1_000)} s, then go on.`,
      details: { retryAfterMs },
    })
  }
}

/** Too many calls at the same time. */
export class ConcurrencyLimited extends PlatformError {
  readonly code = 'CONCURRENCY_LIMITED'
  readonly kind = 'limited'
  override readonly retryable = true
  constructor(callsAtOnce: number) {
    super(`more than ${callsAtOnce} calls at the same time`, {
      hint: 'Wait for one of your calls to end.',
      details: { callsAtOnce },
    })
  }
}

/** How much one caller may ask for. Counted in this process, in windows of a minute. */
export class Limits {
  readonly #settings: LimitSettings
  readonly #users: RateLimiterMemory
  readonly #strangers: RateLimiterMemory
  readonly #running = new Map<string, number>()

  constructor(settings: LimitSettings) {
    this.#settings = settings
    this.#users = new RateLimiterMemory({ points: settings.callsPerMinute, duration: windowSeconds })
    this.#strangers = new RateLimiterMemory({ points: settings.strangerCallsPerMinute, duration: windowSeconds })
  }

  /** Counts a call of a known user. @throws RateLimited, after `onRate` was told */
  countUser(userId: string, onRate: ((rate: Rate) => void) | undefined): Promise<void> {
    return count(this.#users, userId, onRate)
  }

  /** Counts a call by nobody known, by where it came from. @throws RateLimited */
  countStranger(address: string | undefined, onRate?: (rate: Rate) => void): Promise<void> {
    return count(this.#strangers, addressGroup(address), onRate)
  }

  /** Takes one of the user's places; the result gives it back. @throws ConcurrencyLimited */
  enter(userId: string): () => void {
    const running = this.#running.get(userId) ?? 0
    if (running >= this.#settings.callsAtOnce) throw new ConcurrencyLimited(this.#settings.callsAtOnce)
    this.#running.set(userId, running + 1)
    return () => this.#leave(userId)
  }

  #leave(userId: string): void {
    const left = (this.#running.get(userId) ?? 1) - 1
    if (left === 0) this.#running.delete(userId)
    else this.#running.set(userId, left)
  }
}

async function count(
  limiter: RateLimiterMemory,
  key: string,
  onRate: ((rate: Rate) => void) | undefined,
): Promise<void> {
  try {
    const state = await limiter.consume(key)
    onRate?.(toRate(limiter, state))
  } catch (failure) {
    // The limiter rejects with the state it found; anything else is a fault.
    if (!(failure instanceof RateLimiterRes)) throw failure
    onRate?.(toRate(limiter, failure))
    throw new RateLimited(Math.max(1, Math.ceil(failure.msBeforeNext)))
  }
}

function toRate(limiter: RateLimiterMemory, state: RateLimiterRes): Rate {
  return {
    limit: limiter.points,
    remaining: state.remainingPoints,
    resetSeconds: Math.ceil(state.msBeforeNext / 1_000),
  }
}

/** One machine can use every address of its IPv6 network of 64 bits: they count as one. */
function addressGroup(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - before.length - (tail === '' ? 0 : tail.split(':').length)
  const groups = [...before, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail?.split(':') ?? [])]
  return groups.slice(0, 4).join(':')
}
