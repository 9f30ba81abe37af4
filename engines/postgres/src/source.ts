import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type {
  Catalog,
  CatalogSource,
  CheckedStatement,
  Defined,
  Definition,
  Maintenance,
  TimeOptions,
} from './catalog.ts'
import { CatalogAccess } from './catalog-access.ts'
import { Logins } from './connections/logins.ts'
import { defaultLimits, type PostgresLimits } from './limits.ts'
import type { Login } from './login.ts'
import type { PostgresPolicy } from './policy.ts'

export interface PostgresSourceOptions {
  readonly name: string
  /** May SELECT what callers may see, and nothing else. */
  readonly reader: Login
  /** May change rows. Without it nothing can. */
  readonly writer?: Login | undefined
  /** May define and maintain. */
  readonly admin?: Login | undefined
  readonly policy?: PostgresPolicy
  readonly limits?: Partial<PostgresLimits>
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log | undefined
}

/** One PostgreSQL database, for callers one does not trust. */
export class PostgresSource implements CatalogSource, AsyncDisposable {
  readonly name: string
  readonly #logins: Logins
  readonly #access: CatalogAccess

  private constructor(options: PostgresSourceOptions) {
    const limits = { ...defaultLimits, ...options.limits }
    this.name = options.name
    this.#logins = new Logins({ ...options, policy: options.policy ?? {}, limits })
    this.#access = new CatalogAccess(this.#logins, limits)
  }

  static async open(options: PostgresSourceOptions): Promise<PostgresSource> {
    return new PostgresSource(options)
  }

  inspect<T>(
    signal: AbortSignal | undefined,
    work: (catalog: Catalog) => Promise<T>,
    times: TimeOptions = {},
  ): Promise<T> {
    return this.#access.inspect(signal, work, times)
  }

  rehearse<T>(
    signal: AbortSignal | undefined,
    work: (catalog: Catalog) => Promise<T>,
    times: TimeOptions = {},
  ): Promise<T> {
    return this.#access.rehearse(signal, work, times)
  }

  maintain<T>(
    signal: AbortSignal | undefined,
    work: (maintenance: Maintenance) => Promise<T>,
    times: TimeOptions = {},
  ): Promise<T> {
    return this.#access.maintain(signal, work, times)
  }

  define(signal: AbortSignal | undefined, definition: Definition): Promise<Defined> {
    return this.#access.define(signal, definition)
  }

  check(_text: string, _as: 'read' | 'write'): Promise<CheckedStatement> {
    return Promise.reject(new Error('not yet'))
  }

  ownBackends(): ReadonlySet<number> {
    return this.#logins.backendPids
  }

  close(): Promise<void> {
    return this.#logins.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
