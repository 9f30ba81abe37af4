import { Cancelled } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import type pg from 'pg'
import type { Notice } from '../catalog.ts'
import { PostgresResultTooLarge, PostgresTimeout, PostgresUnavailable } from '../errors.ts'
import type { Login } from '../login.ts'
import { sendCancel } from './cancel.ts'
import type { CopyIn, CopyOut } from './copy.ts'
import { Client, type ClientInternals } from './driver.ts'
import { backendOf, checkSettings } from './pooler.ts'
import { toError } from './server-error.ts'
import { startupOptions, startupSettings } from './startup.ts'
import { FixedText, Statement, type StatementRequest } from './statement.ts'

/** How long a statement may go on after the server was asked to cancel it. */
const cancelGraceMs = 2_000

/** The server stops a statement itself; this much later it is asked to. */
const timeoutGraceMs = 500

/** What may still arrive of rows nobody wants, before closing is cheaper than reading them. */
const unwantedBytesMax = 1 << 20

export interface ConnectOptions {
  readonly login: Login
  readonly applicationName: string
  readonly connectTimeoutMs: number
  /** Settings of the whole connection, e.g. `search_path`. */
  readonly settings: Readonly<Record<string, string>>
  /** Ends the backend from another connection; called when cancelling did not help. */
  readonly terminate: (backendPid: number) => Promise<void>
  readonly log?: Log | undefined
}

export interface RunLimits {
  readonly signal?: AbortSignal | undefined
  /** When the server has not stopped the statement itself, it is cancelled a little after this. */
  readonly timeoutMs: number
  /** More than this of an answer closes the connection. */
  readonly wireBytesMax: number
  /** The bound is for each row: rows are not kept, so there may be any number of them. */
  readonly bytesOfRow?: boolean
}

/** Why a connection broke that had to carry too much. */
export const tooManyBytes = new Error('too many bytes')

/** Why a running statement is being stopped by us. */
type Stop = 'enough' | 'aborted' | 'timeout' | 'bytes'

/** What became of a statement. */
export interface Completion {
  /** Absent when the statement was stopped because its caller had enough. */
  readonly tag?: string
}

/**
 * One connection. Runs one statement at a time, and never goes on after something it does not understand: then it is
 * `broken`, closed, and of no more use.
 */
export class Connection {
  readonly #client: pg.Client
  readonly #options: ConnectOptions
  #broken: Error | undefined
  #ready: (() => void) | undefined
  #stop: Stop | undefined
  #stopping: Promise<void> | undefined
  #bytes = 0
  #bytesMax = Number.POSITIVE_INFINITY
  #escalation: NodeJS.Timeout | undefined
  readonly serverVersion: number
  #backendPid = 0
  onNotice: ((notice: Notice) => void) | undefined
  readonly #watchers = new Set<(cause: Error) => void>()

  private constructor(client: pg.Client, options: ConnectOptions, status: ReadonlyMap<string, string>) {
    this.#client = client
    this.#options = options
    this.serverVersion = versionNumber(status.get('server_version') ?? '')
    this.#watch()
  }

  /**
   * Connects and makes sure that text means to the server what it means to the parser.
   *
   * @throws PostgresUnavailable · PostgresPooled
   */
  static async open(options: ConnectOptions): Promise<Connection> {
    try {
      return await Connection.#connect(options, true)
    } catch (error) {
      if (!isUnknownSetting(error)) throw unavailable(error)
      // Servers on some platforms cannot watch for lost clients.
      return await Connection.#connect(options, false).catch((second: unknown) => {
        throw unavailable(second)
      })
    }
  }

  static async #connect(options: ConnectOptions, watchClient: boolean): Promise<Connection> {
    const { login, applicationName, connectTimeoutMs } = options
    const settings = startupSettings(options.settings, watchClient)
    const client = new Client({
      host: login.host,
      port: login.port,
      user: login.user,
      password: login.password ?? '',
      database: login.database,
      ssl: login.ssl ?? false,
      application_name: applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      options: startupOptions(settings),
    })
    client.on('error', () => {})
    const status = watchStatus(client)
    await client.connect()
    const connection = new Connection(client, options, status)
    connection.#verify(status)
    try {
      connection.#backendPid = await backendOf(connection)
      if (connection.isPooled) await checkSettings(connection, settings)
      return connection
    } catch (error) {
      connection.destroy()
      throw error
    }
  }

  /** As the server has it, at the start of the connection. */
  get backendPid(): number {
    return this.#backendPid
  }

  /** A pooler stands in between: it tells clients of backends that are not there. */
  get isPooled(): boolean {
    return this.#backendPid !== (this.#client as unknown as ClientInternals).processID
  }

  get broken(): boolean {
    return this.#broken !== undefined
  }

  /** Calls back once, when the connection has become useless. @returns how to stop watching. */
  watch(watcher: (cause: Error) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** I outside a transaction, T inside, E inside one that failed. */
  get transaction(): 'I' | 'T' | 'E' {
    return this.#client.getTransactionStatus() ?? 'I'
  }

  /**
   * Runs one statement by the extended protocol. Afterwards the connection is ready for the next one, or broken.
   *
   * @throws Cancelled · PostgresTimeout · PostgresResultTooLarge · PostgresUnavailable · what the server says, mapped.
   */
  async run(request: StatementRequest, limits: RunLimits): Promise<Completion> {
    const statement = new Statement(limits.bytesOfRow ? this.#countingRows(request) : request, () =>
      this.#requestStop('enough'),
    )
    await this.#submit(statement, limits)
    const stopped = this.#outcome(statement.error, request.text)
    if (stopped === 'enough' || statement.tag === undefined) return {}
    return { tag: statement.tag }
  }

  /** Runs fixed text of ours by the simple protocol. @returns a tag for each statement. */
  async fixed(text: string, limits: Partial<RunLimits> = {}): Promise<readonly string[]> {
    const statement = new FixedText(text)
    await this.#submit(statement, { timeoutMs: 10_000, wireBytesMax: 1 << 20, ...limits })
    this.#outcome(statement.error, text)
    return statement.tags
  }

  /**
   * Runs a COPY to or from the caller.
   *
   * @throws what the moving of the bytes threw, and as `run`.
   */
  async copy(copy: CopyOut | CopyIn, limits: RunLimits): Promise<Completion> {
    copy.onFailure = () => this.#requestStop('aborted')
    await this.#submit(copy, limits)
    if (copy.failure) throw copy.failure
    this.#outcome(copy.error, copy.text)
    return copy.tag === undefined ? {} : { tag: copy.tag }
  }

  /** Closes at once; the server rolls back what was open. */
  destroy(reason: Error = new Error('closed')): void {
    this.#fail(reason)
    ;(this.#client as unknown as { connection: pg.Connection }).connection.stream.destroy()
  }

  /** Says goodbye and closes. */
  async close(): Promise<void> {
    if (this.#broken) return
    this.#broken = new Error('closed')
    this.#watchers.clear()
    const late = setTimeout(() => this.destroy(), 1_000)
    await this.#client.end().catch(() => {})
    clearTimeout(late)
  }

  #watch(): void {
    const { connection } = this.#client as unknown as { connection: pg.Connection }
    connection.stream.prependListener('data', (chunk: Buffer) => this.#count(chunk.length))
    connection.on('readyForQuery', () => this.#ready?.())
    connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      const wanted = pinned[parameterName as string]
      if (wanted !== undefined && parameterValue !== wanted)
        this.destroy(new Error(`${parameterName} is ${parameterValue}`))
    })
    this.#client.on('error', error => this.#fail(error))
    this.#client.on('end', () => this.#fail(new Error('the connection ended')))
    this.#client.on('notice', notice => this.onNotice?.(toNotice(notice)))
  }

  #verify(status: ReadonlyMap<string, string>): void {
    for (const [name, wanted] of Object.entries(pinned)) {
      if (status.get(name) === wanted) continue
      this.destroy()
      throw new PostgresUnavailable(`the server does not keep ${name} at ${wanted}`, {
        hint: 'A connection pooler in between may drop start-up options: connect to PostgreSQL itself.',
      })
    }
  }

  #fail(error: Error): void {
    if (this.#broken) return
    this.#broken = error
    this.#ready?.()
    for (const watcher of this.#watchers) watcher(error)
    this.#watchers.clear()
  }

  #countingRows(request: StatementRequest): StatementRequest {
    const onRow: StatementRequest['onRow'] = row => {
      if (this.#stop === undefined) this.#bytes = 0
      return request.onRow?.(row) ?? true
    }
    return { ...request, onRow }
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= this.#bytesMax) return
    const wasEnough = this.#stop === 'enough'
    if (!wasEnough) this.#stop = 'bytes'
    this.destroy(tooManyBytes)
  }

  /** Sends, and waits until the server is ready for more or the connection is broken. */
  async #submit(statement: pg.Submittable, limits: RunLimits): Promise<void> {
    if (this.#broken) throw unavailable(this.#broken)
    if (this.#ready) throw new Error('the connection is in use')
    this.#stop = undefined
    this.#stopping = undefined
    this.#bytes = 0
    this.#bytesMax = limits.wireBytesMax
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ready = resolve
    const onAbort = () => this.#requestStop('aborted')
    limits.signal?.addEventListener('abort', onAbort, { once: true })
    const timer = setTimeout(() => this.#requestStop('timeout'), limits.timeoutMs + timeoutGraceMs)
    try {
      this.#client.query(statement)
      if (limits.signal?.aborted) onAbort()
      await promise
      await this.#stopping
    } finally {
      this.#ready = undefined
      this.#bytesMax = Number.POSITIVE_INFINITY
      clearTimeout(timer)
      clearTimeout(this.#escalation)
      limits.signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Asks the server to cancel; when it does not, ends the backend. */
  #requestStop(reason: Stop): void {
    if (this.#stop !== undefined || this.#broken || !this.#ready) return
    this.#stop = reason
    if (reason === 'enough') this.#bytesMax = this.#bytes + unwantedBytesMax
    this.#stopping = sendCancel(this.#options.login, this.#client as unknown as ClientInternals)
    this.#escalation = setTimeout(() => this.#terminate(), cancelGraceMs)
  }

  #terminate(): void {
    const pid = this.backendPid
    if (this.isPooled) {
      // Its backend may be another one by now, and somebody else's.
      this.destroy(new Error('did not stop'))
      return
    }
    this.#options.log?.warn({ backend: pid }, 'a statement did not stop when cancelled; ending its backend')
    const ending = this.#options.terminate(pid).catch((error: unknown) => {
      this.#options.log?.error({ err: error, backend: pid }, 'a backend could not be ended')
    })
    void ending.finally(() => this.destroy(new Error('terminated')))
  }

  /** @returns why the statement was stopped, when that is what was wanted. */
  #outcome(error: Error | undefined, text: string): Stop | undefined {
    const stop = this.#stop
    if (stop === 'enough') return stop
    if (stop === 'bytes') throw new PostgresResultTooLarge('the answer is larger than one statement may send', tooLarge)
    const interrupted = error !== undefined || this.#broken !== undefined
    if (stop === 'aborted' && interrupted) throw new Cancelled()
    if (stop === 'timeout' && interrupted)
      throw new PostgresTimeout('the statement ran too long and was stopped', { details: { sqlstate: '57014' } })
    if (error) throw toError(error, text)
    if (this.#broken) throw unavailable(this.#broken)
    return undefined
  }
}

const tooLarge = {
  hint: 'Ask for fewer rows or columns, or for part of a long value: left(column, 1000).',
}

/** What the parser takes for granted. */
const pinned: Readonly<Record<string, string>> = { standard_conforming_strings: 'on', client_encoding: 'UTF8' }

function watchStatus(client: pg.Client): ReadonlyMap<string, string> {
  const status = new Map<string, string>()
  const { connection } = client as unknown as { connection: pg.Connection }
  connection.on('parameterStatus', ({ parameterName, parameterValue }) => status.set(parameterName, parameterValue))
  return status
}

function toNotice(notice: {
  severity?: string | undefined
  message?: string | undefined
  detail?: string | undefined
}): Notice {
  const { severity = 'NOTICE', message = '', detail } = notice
  return { severity, message, ...(detail === undefined ? {} : { detail }) }
}

/** `18.4 (Debian …)` is 180004. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0] = (/^[\d.]+/.exec(version)?.[0] ?? '').split('.').map(Number)
  return major * 10_000 + minor
}

function isUnknownSetting(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return (code === '42704' || code === '22023') && String(message).includes('client_connection_check_interval')
}

function unavailable(error: unknown): Error {
  return toError(error as Error, '')
}
