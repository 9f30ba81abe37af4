import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import { PolicyDenied, PostgresUnavailable } from '../errors.ts'
import type { PostgresLimits } from '../limits.ts'
import type { Login, LoginRole } from '../login.ts'
import type { PostgresPolicy } from '../policy.ts'
import { quoteIdentifier } from '../sql/identifier.ts'
import { Connection } from './connection.ts'
import { Pool } from './pool.ts'
import { checkOwnBackend } from './pooler.ts'

export interface LoginsOptions {
  readonly name: string
  readonly reader: Login
  readonly writer?: Login | undefined
  readonly admin?: Login | undefined
  readonly policy: PostgresPolicy
  readonly limits: PostgresLimits
  readonly clock: Clock
  readonly log?: Log | undefined
}

/** How busy the connections of one login are. */
export interface PoolCounts {
  /** `reader`, `writer`, `admin`; `reader sessions` are those held by transaction sessions. */
  readonly pool: string
  readonly open: number
  readonly used: number
  /** Callers in the queue. */
  readonly waiting: number
}

/** Connections for maintenance and definitions. */
const adminsMax = 2

/** The connections of one source: pools for each login, and places that belong to sessions alone. */
export class Logins implements AsyncDisposable {
  readonly #options: LoginsOptions
  readonly #pools = new Map<string, Pool>()

  constructor(options: LoginsOptions) {
    this.#options = options
    const { readersMax, writersMax, sessionsMax } = options.limits
    const own = { own: true }
    // One for each session, so that idle ones of three logins do not add up.
    const held = { own: true, idleMs: 0 }
    this.#addPool('reader', 'reader', readersMax)
    this.#addPool('reader sessions', 'reader', sessionsMax, held)
    if (options.writer) this.#addPool('writer', 'writer', writersMax)
    if (options.writer) this.#addPool('writer sessions', 'writer', sessionsMax, held)
    if (options.admin) this.#addPool('admin', 'admin', adminsMax, own)
    if (options.admin) this.#addPool('admin sessions', 'admin', sessionsMax, held)
  }

  has(role: LoginRole): boolean {
    return this.#options[role] !== undefined
  }

  /** @throws PolicyDenied when the source has no such login. */
  pool(role: LoginRole): Pool {
    return this.#find(role, role)
  }

  /** Sessions hold connections for long, so they have places of their own. */
  sessionPool(role: LoginRole): Pool {
    return this.#find(`${role} sessions`, role)
  }

  get backendPids(): ReadonlySet<number> {
    return new Set([...this.#pools.values()].flatMap(pool => pool.backendPids))
  }

  get size(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.size, 0)
  }

  get counts(): readonly PoolCounts[] {
    return [...this.#pools].map(([pool, { size, used, waiting }]) => ({ pool, open: size, used, waiting }))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Takes a connection and starts its transaction; one that died in the meantime is replaced.
   *
   * @param prologue fixed statements of ours.
   */
  async begin(pool: Pool, prologue: string, signal: AbortSignal | undefined): Promise<Connection> {
    for (let attempt = 1; ; attempt++) {
      const connection = await pool.take(signal)
      try {
        await connection.fixed(prologue, { signal })
        return connection
      } catch (error) {
        const wasLost = connection.broken && error instanceof PostgresUnavailable
        pool.giveBack(connection)
        if (!wasLost || attempt > this.#options.limits.readersMax) throw error
      }
    }
  }

  #find(name: string, role: LoginRole): Pool {
    const pool = this.#pools.get(name)
    if (pool) return pool
    throw new PolicyDenied(`this source has no ${role} login`, {
      hint: `Its operator can configure a ${role}; reading works without.`,
    })
  }

  /** @param own of connections whose backend is nobody else's meanwhile: more than one transaction rests on it. */
  #addPool(
    name: string,
    role: LoginRole,
    connectionsMax: number,
    { own = false, idleMs = this.#options.limits.idleMs } = {},
  ): void {
    const { limits, clock, log } = this.#options
    const { waitingMax, waitMs } = limits
    const open = () => (own ? this.#openOwn(role) : this.#open(role))
    this.#pools.set(name, new Pool({ open, connectionsMax, waitingMax, waitMs, idleMs, clock, log }))
  }

  async #openOwn(role: LoginRole): Promise<Connection> {
    const connection = await this.#open(role)
    try {
      if (connection.isPooled) await checkOwnBackend(connection, () => this.#open(role))
      return connection
    } catch (error) {
      connection.destroy()
      throw error
    }
  }

  #open(role: LoginRole): Promise<Connection> {
    const { name, limits, policy, log } = this.#options
    const { searchPath } = policy
    return Connection.open({
      login: this.#options[role]!,
      applicationName: `super-data ${name} ${role}`.slice(0, 63),
      connectTimeoutMs: limits.connectTimeoutMs,
      settings: {
        ...(searchPath ? { search_path: searchPath.map(quoteIdentifier).join(',') } : {}),
        ...(role === 'reader' ? { default_transaction_read_only: 'on' } : {}),
      },
      terminate: pid => this.#terminate(role, pid),
      log,
    })
  }

  /** A role may end its own backends, from a connection that is not stuck. */
  async #terminate(role: LoginRole, pid: number): Promise<void> {
    const connection = await this.#open(role)
    try {
      const limits = { timeoutMs: 5_000, wireBytesMax: 1 << 16 }
      await connection.run({ text: 'SELECT pg_catalog.pg_terminate_backend($1)', values: [String(pid)] }, limits)
    } finally {
      await connection.close()
    }
  }
}
