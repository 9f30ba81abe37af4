import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { PostgresAnswer, WriteAnswer } from './answers/answer.ts'
import type {
  Catalog,
  CatalogSource,
  CheckedStatement,
  Defined,
  Definition,
  Maintenance,
  NamedDefinition,
  TimeOptions,
} from './catalog.ts'
import { CatalogAccess } from './catalog-access.ts'
import { Logins, type PoolCounts } from './connections/logins.ts'
import { type Copied, Copying, type ExportRequest, type ImportRequest } from './copying.ts'
import { PostgresRoleTooPowerful, PostgresUnavailable } from './errors.ts'
import { defaultLimits, type PostgresLimits } from './limits.ts'
import { LiveCatalog } from './live-catalog.ts'
import type { Login, LoginRole } from './login.ts'
import type { PostgresPolicy } from './policy.ts'
import { Reading, type ReadRequest, type StreamRequest } from './reading.ts'
import { auditRole, type RoleFinding } from './role-audit.ts'
import { Sessions } from './sessions/sessions.ts'
import { Gate, type GateOptions } from './sql/gate.ts'
import { beginReading } from './sql/prologue.ts'
import { type ObservedStatement, StatementRunner } from './statement-runner.ts'
import { type TransactionAnswer, type TransactionRequest, type WriteRequest, Writing } from './writing.ts'

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
  /** Told of every statement of a caller that ran, or tried to. */
  readonly onStatement?: (seen: ObservedStatement) => void
}

/**
 * One PostgreSQL database, for callers one does not trust.
 *
 * Whatever a caller sends is parsed, must be one statement, and is judged before it runs; it runs as a role of little
 * right, by the extended protocol, within limits; and its connection is reset before anybody else gets it.
 */
export class PostgresSource implements CatalogSource, AsyncDisposable {
  readonly name: string
  /** Transactions held open between calls. */
  readonly sessions: Sessions
  readonly #options: PostgresSourceOptions
  readonly #limits: PostgresLimits
  readonly #logins: Logins
  readonly #access: CatalogAccess
  readonly #gates: Readonly<Record<'read' | 'write' | 'admin', Gate>>
  readonly #reading: Reading
  readonly #writing: Writing
  readonly #copying: Copying
  #audited: Promise<readonly RoleFinding[]> | undefined
  #closed: Promise<void> | undefined

  private constructor(options: PostgresSourceOptions) {
    const { clock, random, log, policy = {} } = options
    const limits = { ...defaultLimits, ...options.limits }
    const logins = new Logins({ ...options, policy, limits })
    const runner = new StatementRunner(limits, clock, options.onStatement)
    this.name = options.name
    this.#options = options
    this.#limits = limits
    this.#logins = logins
    this.#access = new CatalogAccess(logins, limits)
    this.#gates = {
      read: this.#gate('reader', policy),
      write: this.#gate('writer', policy),
      admin: this.#gate(logins.has('admin') ? 'admin' : 'writer', policy),
    }
    this.#reading = new Reading({ logins, gate: this.#gates.read, runner, limits })
    this.#writing = new Writing({ logins, gate: this.#gates.write, runner, limits })
    this.#copying = new Copying({ logins, gates: this.#gates, limits })
    const ready = async () => {
      await this.findings()
    }
    const gateOver = (ask: GateOptions['ask']) => new Gate({ policy, textBytesMax: limits.textBytesMax, clock, ask })
    this.sessions = new Sessions({ logins, gates: this.#gates, gateOver, runner, limits, clock, random, log, ready })
  }

  /**
   * Opens with its logins audited. A database that cannot be reached now is asked again by the first call.
   *
   * @throws PostgresRoleTooPowerful
   */
  static async open(options: PostgresSourceOptions): Promise<PostgresSource> {
    const source = new PostgresSource(options)
    try {
      await source.findings()
    } catch (error) {
      if (!(error instanceof PostgresUnavailable)) {
        await source.close()
        throw error
      }
      options.log?.warn({ err: error, source: options.name }, 'the database cannot be reached yet')
    }
    return source
  }

  /** One statement that changes nothing. */
  async read(request: ReadRequest): Promise<PostgresAnswer> {
    await this.findings()
    return this.#reading.read(request)
  }

  /** The same, row by row as they come. @returns whether all of them were wanted. */
  async stream(request: StreamRequest): Promise<{ readonly complete: boolean }> {
    await this.findings()
    return this.#reading.stream(request)
  }

  /** One INSERT, UPDATE, DELETE or MERGE, in a transaction of its own. */
  async write(request: WriteRequest): Promise<WriteAnswer> {
    await this.findings()
    return this.#writing.write(request)
  }

  /** Several statements, all of them or none. @throws PostgresOperationFailed with the index of the first that failed. */
  async transaction(request: TransactionRequest): Promise<TransactionAnswer> {
    await this.findings()
    return this.#writing.transaction(request)
  }

  /** The rows of one SELECT as CSV or text, streamed. */
  async export(request: ExportRequest): Promise<Copied> {
    await this.findings()
    return this.#copying.export(request)
  }

  /** Rows of a CSV or text into a table, all of them or none. */
  async import(request: ImportRequest): Promise<Copied> {
    await this.findings()
    return this.#copying.import(request)
  }

  async inspect<T>(
    signal: AbortSignal | undefined,
    work: (catalog: Catalog) => Promise<T>,
    times: TimeOptions = {},
  ): Promise<T> {
    await this.findings()
    return this.#access.inspect(signal, work, times)
  }

  async rehearse<T>(
    signal: AbortSignal | undefined,
    work: (catalog: Catalog) => Promise<T>,
    times: TimeOptions = {},
  ): Promise<T> {
    await this.findings()
    return this.#access.rehearse(signal, work, times)
  }

  async maintain<T>(
    signal: AbortSignal | undefined,
    work: (maintenance: Maintenance) => Promise<T>,
    times: TimeOptions = {},
  ): Promise<T> {
    await this.findings()
    return this.#access.maintain(signal, work, times)
  }

  async define(signal: AbortSignal | undefined, definition: Definition): Promise<Defined> {
    await this.findings()
    return this.#access.define(signal, definition)
  }

  async check(text: string, as: 'read' | 'write'): Promise<CheckedStatement> {
    await this.findings()
    return this.#gates[as].check(text, as)
  }

  async checkDefinition(definition: NamedDefinition): Promise<void> {
    await this.findings()
    return this.#gates.admin.checkDefinition(definition)
  }

  /** What its logins may do that they should not need. @throws PostgresRoleTooPowerful · PostgresUnavailable */
  findings(): Promise<readonly RoleFinding[]> {
    if (this.#audited) return this.#audited
    const auditing = this.#audit()
    this.#audited = auditing
    auditing.catch(error => {
      if (!(error instanceof PostgresRoleTooPowerful)) this.#audited = undefined
    })
    return auditing
  }

  ownBackends(): ReadonlySet<number> {
    return this.#logins.backendPids
  }

  /** Connections that are open, sessions included. */
  get connections(): number {
    return this.#logins.size
  }

  get pools(): readonly PoolCounts[] {
    return this.#logins.counts
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #closeAll(): Promise<void> {
    await this.sessions.close()
    await this.#logins.close()
  }

  #gate(login: LoginRole, policy: PostgresPolicy): Gate {
    const { textBytesMax } = this.#limits
    return new Gate({ policy, textBytesMax, clock: this.#options.clock, ask: work => this.#ask(login, work) })
  }

  /** A catalogue query as one login sees it. */
  async #ask<T>(login: LoginRole, work: (catalog: Catalog) => Promise<T>): Promise<T> {
    const { readTimeoutMs: timeoutMs, lockTimeoutMs } = this.#limits
    const pool = this.#logins.pool(login)
    const connection = await this.#logins.begin(pool, beginReading({ timeoutMs, lockTimeoutMs }), undefined)
    try {
      return await work(new LiveCatalog(connection, { timeoutMs, wireBytesMax: catalogBytesMax }))
    } finally {
      pool.giveBack(connection)
    }
  }

  async #audit(): Promise<readonly RoleFinding[]> {
    const roles = (['reader', 'writer', 'admin'] as const).filter(role => this.#logins.has(role))
    const findings = await Promise.all(roles.map(role => this.#ask(role, catalog => auditRole(catalog, role))))
    const all = findings.flat()
    for (const finding of all) this.#options.log?.warn({ source: this.name, ...finding }, 'a login may do much')
    const refused = all.filter(finding => finding.severity === 'refused')
    if (refused.length === 0 || this.#options.policy?.allowSuperuser) return all
    throw new PostgresRoleTooPowerful(refused.map(finding => finding.message).join('; '), {
      hint: 'Give it a role of its own with little right, or allow it aloud in the policy of the source.',
      details: { logins: [...new Set(refused.map(finding => finding.login))] },
    })
  }
}

/** What is read of functions, types and views at once. */
const catalogBytesMax = 64 << 20
