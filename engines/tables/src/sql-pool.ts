import { mkdir, realpath } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { Cancelled, throwIfAborted } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import { SqlBusy, SqlRefused, SqlWorkerLost } from './errors.ts'
import type { Job, Parsed, Results, RunResult, WorkerSettings } from './protocol.ts'
import type { Column, TableFile } from './table-file.ts'
import { isLostWorker, type Request, type TakeRows, WorkerProcess } from './worker-process.ts'

/** Longest a statement may take to be checked, its data loaded included. */
const parseMs = 60_000

/** Longest an export may take. */
const exportMs = 600_000

/** Files whose real place is remembered. */
const realFilesMax = 10_000

/** Failed starts in a row after which callers are told. */
const startsMax = 3

/** A process nobody asks anything ends: it holds 85 MB, and the data of its last statements. */
const idleMs = 600_000

export interface SqlPoolSettings {
  /** Processes, and so statements, at once. */
  readonly workers: number
  /** Memory one statement may use, without what the data itself takes in the process. At least 64. */
  readonly memoryLimitMb: number
  /** Threads of one statement. Default 2. */
  readonly threads?: number
  /** Callers that may wait for a free process. Default 64. */
  readonly waitingMax?: number
  /** The only folder whose data can be read. */
  readonly dataFolder: string
  /** Where exports may be written. */
  readonly cacheFolder: string
  /** Processes end after so long without a statement. Default 10 minutes. */
  readonly idleMs?: number
}

export interface SqlPoolOptions extends SqlPoolSettings {
  readonly clock: Clock
  readonly log?: Log | undefined
}

export interface RunRequest {
  readonly text: string
  /** By name, without the `$`. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly tables: readonly TableFile[]
  readonly limits: { readonly timeMs: number; readonly rows?: number; readonly bytes: number }
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined
  readonly onColumns?: (columns: readonly Column[]) => void
  /** Each line is the JSON text of one row, as an array in the order of the columns. */
  readonly onRows: TakeRows
}

/**
 * Runs read-only SQL over data files, in processes of its own.
 *
 * A statement reads the files it is given and nothing else; whatever it does to its process, the caller gets an answer
 * or an error, and the next statement a working process.
 */
export class SqlPool implements AsyncDisposable {
  readonly #options: SqlPoolOptions
  readonly #settings: WorkerSettings
  readonly #emptyFolder: string
  /** The one used last is last, and used first: its data is warm. */
  readonly #free: WorkerProcess[] = []
  readonly #all = new Set<WorkerProcess>()
  readonly #starting = new Set<Promise<void>>()
  readonly #waiting: Waiter[] = []
  readonly #real = new Map<string, string>()
  #startFailed = false
  #rest: NodeJS.Timeout | undefined
  #closed: Promise<void> | undefined

  private constructor(options: SqlPoolOptions, settings: WorkerSettings, emptyFolder: string) {
    this.#options = options
    this.#settings = settings
    this.#emptyFolder = emptyFolder
  }

  /** Processes start when statements wait for one. */
  static async open(options: SqlPoolOptions): Promise<SqlPool> {
    const emptyFolder = join(options.cacheFolder, 'sql-empty')
    await mkdir(options.dataFolder, { recursive: true })
    await mkdir(emptyFolder, { recursive: true })
    const settings = {
      memoryLimitMb: Math.max(64, options.memoryLimitMb),
      threads: options.threads ?? 2,
      dataFolder: await realpath(options.dataFolder),
      cacheFolder: await realpath(options.cacheFolder),
    }
    return new SqlPool(options, settings, await realpath(emptyFolder))
  }

  /** The processes that run statements, for those who watch them. */
  get pids(): readonly number[] {
    return [...this.#all].flatMap(worker => worker.pid ?? [])
  }

  /**
   * Whether a statement would be answered: asks a process where one is up. It starts one only when the last start failed:
   * nobody else might ask a server that says it is not ready.
   *
   * @throws SqlWorkerLost · SqlTimeout · Cancelled
   */
  async probe(timeMs: number): Promise<void> {
    if (this.#free.length === 0 && !this.#startFailed) return
    const request = { text: 'SELECT 1', parameters: {}, tables: [], limits: { timeMs, bytes: 100 } }
    await this.run(request, { signal: AbortSignal.timeout(timeMs), onRows: () => {} })
  }

  /**
   * Checks a statement without running it: exactly one, reading only the given tables, fitting their columns.
   *
   * @throws SqlSyntax · SqlRefused · SqlUnknownTable · SqlInvalid · SqlParameterInvalid · SqlSourceUnreadable
   */
  async parse(
    text: string,
    options: { readonly tables: readonly TableFile[]; readonly signal?: AbortSignal | undefined },
  ): Promise<Parsed> {
    const { tables, signal } = options
    return this.#perform({ job: { kind: 'parse', text, tables: await this.#inside(tables) }, timeMs: parseMs, signal })
  }

  /**
   * Runs a statement and hands on its rows as they come.
   *
   * A process that dies before the first row is replaced and the statement run once more; after that the caller gets
   * `SqlWorkerLost`, which is safe to retry.
   *
   * @throws as `parse`, and SqlFailed · SqlTimeout · SqlMemory · SqlBusy · SqlWorkerLost · Cancelled
   */
  async run(request: RunRequest, options: RunOptions): Promise<RunResult> {
    const { text, parameters, limits } = request
    const tables = await this.#inside(request.tables)
    const job = { kind: 'run', text, parameters, tables, rowsMax: limits.rows ?? null, bytesMax: limits.bytes } as const
    return this.#perform<'run'>({ job, timeMs: limits.timeMs, ...options })
  }

  /**
   * Writes a CSV or Parquet file as newline-delimited JSON, with the values SQL sees in it.
   *
   * @param target a file inside the cache folder; overwritten.
   */
  async export(table: TableFile, target: string, signal?: AbortSignal): Promise<{ readonly rows: number }> {
    const [inside] = await this.#inside([table])
    const folder = await realpath(dirname(target))
    if (!isWithin(folder, this.#settings.cacheFolder))
      throw new SqlRefused('exports are written to the cache folder only')
    return this.#perform({ job: { kind: 'export', table: inside!, target }, timeMs: exportMs, signal })
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Lets `close` wait for what has begun. */
  #follow(starting: Promise<void>): void {
    this.#starting.add(starting)
    void starting.finally(() => this.#starting.delete(starting))
  }

  async #closeAll(): Promise<void> {
    clearTimeout(this.#rest)
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closedError())
    await Promise.all([...this.#starting, ...[...this.#all].map(worker => worker.close())])
  }

  /** Runs a job, once more when its process went away before anything came of it. */
  async #perform<Kind extends Job['kind']>(request: Request<Kind>): Promise<Results[Kind]> {
    let started = false
    const watched: Request<Kind> = {
      ...request,
      onColumns: columns => {
        if (!started) request.onColumns?.(columns)
        started = true
      },
    }
    try {
      return await this.#once(watched)
    } catch (error) {
      if (started || !isLostWorker(error) || this.#closed !== undefined) throw error
      this.#options.log?.warn({ kind: request.job.kind }, 'a SQL process went away; asking another')
      return this.#once(watched)
    }
  }

  async #once<Kind extends Job['kind']>(request: Request<Kind>): Promise<Results[Kind]> {
    throwIfAborted(request.signal)
    const worker = await this.#take(request.signal)
    try {
      throwIfAborted(request.signal)
      return await worker.request(request)
    } finally {
      this.#giveBack(worker)
    }
  }

  #take(signal: AbortSignal | undefined): Promise<WorkerProcess> {
    if (this.#closed !== undefined) throw closedError()
    clearTimeout(this.#rest)
    for (let worker = this.#free.pop(); worker; worker = this.#free.pop())
      if (worker.alive) return Promise.resolve(worker)
    if (this.#waiting.length >= (this.#options.waitingMax ?? 64)) {
      throw new SqlBusy('too many SQL statements are waiting', { hint: 'Ask again in a moment.' })
    }
    const taken = this.#wait(signal)
    this.#startForWaiting()
    return taken
  }

  #startForWaiting(): void {
    const promised = this.#all.size + this.#starting.size
    if (promised < this.#options.workers && this.#starting.size < this.#waiting.length) {
      this.#follow(this.#startAnother())
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<WorkerProcess> {
    const { promise, resolve, reject } = Promise.withResolvers<WorkerProcess>()
    const waiter: Waiter = { resolve, reject }
    this.#waiting.push(waiter)
    const onAbort = () => {
      const place = this.#waiting.indexOf(waiter)
      if (place >= 0) this.#waiting.splice(place, 1)
      reject(new Cancelled(signal?.reason))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    return promise.finally(() => signal?.removeEventListener('abort', onAbort))
  }

  #giveBack(worker: WorkerProcess): void {
    if (!worker.alive) return
    const waiter = worker.bloated ? undefined : this.#waiting.shift()
    if (worker.bloated) worker.kill()
    else if (waiter) waiter.resolve(worker)
    else this.#free.push(worker)
    this.#restLater()
  }

  #forget(worker: WorkerProcess): void {
    this.#all.delete(worker)
    const place = this.#free.indexOf(worker)
    if (place >= 0) this.#free.splice(place, 1)
    this.#startForWaiting()
    this.#restLater()
  }

  /** Ends all, once none is at work: they hold nothing that a later statement could not read again. */
  #restLater(): void {
    clearTimeout(this.#rest)
    if (this.#free.length < this.#all.size || this.#closed !== undefined) return
    const rest = () => this.#free.splice(0).forEach(worker => void worker.kill())
    this.#rest = setTimeout(rest, this.#options.idleMs ?? idleMs).unref()
  }

  async #start(): Promise<void> {
    const { dataFolder, cacheFolder } = this.#settings
    const worker = await WorkerProcess.start(this.#settings, {
      readable: [dataFolder, cacheFolder],
      empty: this.#emptyFolder,
    })
    if (this.#closed !== undefined) return worker.close()
    this.#all.add(worker)
    void worker.ended.then(() => this.#forget(worker))
    this.#giveBack(worker)
  }

  /** Tries a few times; after that, callers that wait for the only process are told. */
  async #startAnother(): Promise<void> {
    for (let attempt = 1; this.#closed === undefined && attempt <= startsMax; attempt++) {
      try {
        await this.#start()
        this.#startFailed = false
        return
      } catch (error) {
        this.#options.log?.error({ err: error, attempt }, 'a SQL process did not start')
      }
    }
    this.#startFailed = this.#closed === undefined
    if (this.#all.size === 0) for (const waiter of this.#waiting.splice(0)) waiter.reject(lostError())
  }

  /** @throws SqlRefused when a file lies outside the data folder. */
  async #inside(tables: readonly TableFile[]): Promise<TableFile[]> {
    return Promise.all(
      tables.map(async table => {
        const file = this.#real.get(table.file) ?? (await this.#realFile(table.file))
        if (isWithin(file, this.#settings.dataFolder)) return { ...table, file }
        throw new SqlRefused(`the file of ${table.name} is outside the data folder`)
      }),
    )
  }

  /** Files do not change, so they are looked up once. */
  async #realFile(file: string): Promise<string> {
    const real = await realpath(file).catch(() => resolve(file))
    if (this.#real.size >= realFilesMax) this.#real.clear()
    this.#real.set(file, real)
    return real
  }
}

interface Waiter {
  resolve(worker: WorkerProcess): void
  reject(error: unknown): void
}

const isWithin = (path: string, folder: string) => path === folder || path.startsWith(folder + sep)

const closedError = () => new SqlWorkerLost('the SQL engine is closed')

const lostError = () => new SqlWorkerLost('no SQL process could be started', { hint: 'Ask again in a moment.' })
