import type { Clock } from '@super-data/base/clock'
import { Cancelled, throwIfAborted } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import { PostgresBusy, PostgresUnavailable } from '../errors.ts'
import type { Connection } from './connection.ts'

export interface PoolOptions {
  readonly open: () => Promise<Connection>
  readonly connectionsMax: number
  readonly waitingMax: number
  readonly waitMs: number
  /** How long one waits for its next caller; 0 closes it after the first. */
  readonly idleMs: number
  readonly clock: Clock
  readonly log?: Log | undefined
}

/**
 * Connections of one login. Each is used by one caller at a time and reset before the next: what a caller left behind
 * (settings, temporary tables, locks, prepared statements) is gone, or the connection is.
 */
export class Pool implements AsyncDisposable {
  readonly #options: PoolOptions
  /** The one used last is last, and used first. */
  readonly #idle: { readonly connection: Connection; readonly since: number }[] = []
  readonly #all = new Set<Connection>()
  readonly #waiting: Waiter[] = []
  readonly #resets = new Set<Promise<void>>()
  readonly #sweep: NodeJS.Timeout | undefined
  #opening = 0
  #closed: Promise<void> | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    if (options.idleMs === 0) return
    this.#sweep = setInterval(() => this.#closeIdle(), Math.max(50, options.idleMs / 2))
    this.#sweep.unref()
  }

  get backendPids(): readonly number[] {
    return [...this.#all].map(connection => connection.backendPid)
  }

  get size(): number {
    return this.#all.size + this.#opening
  }

  /** Connections that somebody uses, or that are being made. */
  get used(): number {
    return this.size - this.#idle.length
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * A connection for one caller, who gives it back whatever happens.
   *
   * @throws PostgresBusy when all are in use for too long · PostgresUnavailable · Cancelled
   */
  async take(signal?: AbortSignal): Promise<Connection> {
    throwIfAborted(signal)
    if (this.#closed) throw closedError()
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) if (!idle.connection.broken) return idle.connection
    if (this.size < this.#options.connectionsMax) return this.#open()
    if (this.#waiting.length >= this.#options.waitingMax) throw busyError()
    return this.#wait(signal)
  }

  /** Takes a connection back: it is rolled back and reset on its own time, then given to the next caller. */
  giveBack(connection: Connection): void {
    const reset = this.#reset(connection).finally(() => this.#resets.delete(reset))
    this.#resets.add(reset)
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #open(): Promise<Connection> {
    this.#opening++
    try {
      const connection = await this.#options.open()
      if (this.#closed) {
        await connection.close()
        throw closedError()
      }
      this.#all.add(connection)
      connection.watch(() => this.#lose(connection))
      return connection
    } finally {
      this.#opening--
      if (this.#waiting.length > 0 && this.size < this.#options.connectionsMax) this.#openForWaiting()
    }
  }

  /** A place became free, but no connection: the first in the queue gets a new one, or what went wrong. */
  #openForWaiting(): void {
    const waiter = this.#waiting.shift()
    if (waiter) this.#open().then(waiter.resolve, waiter.reject)
  }

  #lose(connection: Connection): void {
    this.#all.delete(connection)
    const place = this.#idle.findIndex(idle => idle.connection === connection)
    if (place >= 0) this.#idle.splice(place, 1)
    if (!this.#closed && this.size < this.#options.connectionsMax) this.#openForWaiting()
  }

  async #reset(connection: Connection): Promise<void> {
    try {
      connection.onNotice = undefined
      if (connection.broken) return
      if (connection.transaction !== 'I') await connection.fixed('ROLLBACK')
      await connection.fixed('DISCARD ALL')
      if (connection.transaction !== 'I') throw new Error('still in a transaction')
      this.#offer(connection)
    } catch (error) {
      this.#options.log?.warn({ err: error }, 'a connection could not be reset and is closed')
      connection.destroy()
    }
  }

  #offer(connection: Connection): void {
    if (this.#closed) void connection.close()
    else if (this.#options.idleMs === 0) this.#retire(connection)
    else if (this.#waiting.length > 0) this.#waiting.shift()!.resolve(connection)
    else this.#idle.push({ connection, since: this.#options.clock.elapsed() })
  }

  #retire(connection: Connection): void {
    this.#all.delete(connection)
    void connection.close()
    if (this.#waiting.length > 0) this.#openForWaiting()
  }

  #wait(signal: AbortSignal | undefined): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>()
    const waiter: Waiter = { resolve, reject }
    const leave = (error: Error) => {
      const place = this.#waiting.indexOf(waiter)
      if (place < 0) return
      this.#waiting.splice(place, 1)
      reject(error)
    }
    this.#waiting.push(waiter)
    const onAbort = () => leave(new Cancelled(signal?.reason))
    signal?.addEventListener('abort', onAbort, { once: true })
    const timer = setTimeout(() => leave(busyError()), this.#options.waitMs)
    return promise.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    })
  }

  #closeIdle(): void {
    const oldest = this.#options.clock.elapsed() - this.#options.idleMs
    while (this.#idle[0] && this.#idle[0].since < oldest) {
      this.#retire(this.#idle.shift()!.connection)
    }
  }

  async #closeAll(): Promise<void> {
    clearInterval(this.#sweep)
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closedError())
    await Promise.all(this.#resets)
    const idle = this.#idle.splice(0).map(({ connection }) => connection)
    await Promise.all(idle.map(connection => connection.close()))
    for (const connection of this.#all) if (!idle.includes(connection)) connection.destroy()
    this.#all.clear()
  }
}

interface Waiter {
  resolve(connection: Connection): void
  reject(error: unknown): void
}

const closedError = () => new PostgresUnavailable('the source is closed')

const busyError = () =>
  new PostgresBusy('all connections to the database are in use', { hint: 'Ask again in a moment.' })
