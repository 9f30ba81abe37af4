import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@super-data/base/clock'
import { Cancelled } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import { WriteConflict } from '@super-data/objects'
import { z } from 'zod'
import type { Bucket } from './bucket.ts'

/** What the lock object says. Times are for people: nobody compares them. */
const lock = z.object({
  state: z.enum(['held', 'released']),
  generation: z.int().nonnegative(),
  owner: z.string(),
  ttlMs: z.number(),
  at: z.string(),
})
type Lock = z.output<typeof lock>

export interface LeaseParts {
  readonly bucket: Bucket
  readonly key: string
  readonly owner: string
  readonly ttlMs: number
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

interface Seen {
  readonly etag: string
  readonly lock: Lock | undefined
}

/** Looks at somebody else's lease this often within its time to live. */
const looksPerTtl = 15

/**
 * Whose turn it is to write, so that many writers do not get in each other's way for ever. It protects nothing: the
 * condition of the write itself does.
 */
export class Lease {
  readonly #parts: LeaseParts
  #held: { etag: string; generation: number } | undefined
  #renewal: NodeJS.Timeout | undefined
  #renewing: Promise<void> = Promise.resolve()

  constructor(parts: LeaseParts) {
    this.#parts = parts
  }

  get generation(): number | undefined {
    return this.#held?.generation
  }

  /** Waits until nobody else has it, or whoever has it gave no sign of life for its whole time by our own clock. */
  async acquire(): Promise<void> {
    const { clock, ttlMs, signal } = this.#parts
    let watched: { etag: string; since: number } | undefined
    while (this.#held === undefined) {
      const seen = await this.#look()
      if (seen?.etag !== watched?.etag) watched = seen && { etag: seen.etag, since: clock.elapsed() }
      const silent = watched !== undefined && clock.elapsed() - watched.since >= (seen?.lock?.ttlMs ?? ttlMs)
      if (seen === undefined || seen.lock?.state !== 'held' || silent) await this.#take(seen)
      else await pause(Math.ceil(ttlMs / looksPerTtl), signal)
    }
  }

  /** Lets the next one have it. A failure only makes the others wait longer. */
  async release(): Promise<void> {
    clearInterval(this.#renewal)
    await this.#renewing
    const held = this.#held
    this.#held = undefined
    if (held === undefined) return
    try {
      await this.#write('released', held.generation, held.etag)
    } catch (failure) {
      this.#parts.log.debug({ err: failure }, 'the lease was not given back')
    }
  }

  async #look(): Promise<Seen | undefined> {
    const found = await this.#parts.bucket.readText(this.#parts.key)
    return found && { etag: found.etag, lock: parseLock(found.text) }
  }

  async #take(seen: Seen | undefined): Promise<void> {
    const generation = (seen?.lock?.generation ?? 0) + 1
    try {
      const etag = await this.#write('held', generation, seen?.etag)
      this.#held = { etag, generation }
      this.#renewal = setInterval(() => this.#renew(), this.#parts.ttlMs / 3).unref()
    } catch (failure) {
      if (!(failure instanceof WriteConflict)) throw failure
    }
  }

  #renew(): void {
    this.#renewing = this.#renewing.then(async () => {
      const held = this.#held
      if (held === undefined) return
      try {
        this.#held = { ...held, etag: await this.#write('held', held.generation, held.etag) }
      } catch (failure) {
        // Somebody took it over, or the bucket is away: what we write is conditional anyway.
        this.#held = undefined
        clearInterval(this.#renewal)
        this.#parts.log.debug({ err: failure }, 'the lease was lost')
      }
    })
  }

  #write(state: Lock['state'], generation: number, replaces: string | undefined): Promise<string> {
    const { bucket, key, owner, ttlMs, clock } = this.#parts
    const content: Lock = { state, generation, owner, ttlMs, at: new Date(clock.now()).toISOString() }
    const condition = replaces === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatchBytes: replaces }
    return bucket.put(key, new TextEncoder().encode(`${JSON.stringify(content)}\n`), {
      ...condition,
      contentType: 'application/json',
    })
  }
}

/** A lock that cannot be read is one that nobody renews. */
function parseLock(text: string): Lock | undefined {
  try {
    return lock.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (failure) {
    throw new Cancelled(failure)
  }
}
