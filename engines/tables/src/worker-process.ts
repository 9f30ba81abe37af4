import { type ChildProcess, fork } from 'node:child_process'
import { Cancelled, type PlatformError } from '@super-data/base/errors'
import { SqlEngineFailed, SqlMemory, SqlTimeout, SqlWorkerLost, toError } from './errors.ts'
import { offerToEnd, residentMb } from './process-memory.ts'
import type { FromWorker, Job, Results, ToWorker, WorkerSettings } from './protocol.ts'
import type { Column } from './table-file.ts'
import { workerArguments, workerEntry } from './worker-program.ts'

/** How long a worker may take to stop by itself before it is ended. */
const stopMs = 500

/** How often a busy worker's memory is looked at. */
const watchMs = 50

/** Node, DuckDB's code and JavaScript's heap come on top of what a statement may use. */
const baseMb = 512

/** Takes some rows; the next ones wait until it is done. `false`, or a promise of it, ends the run. */
export type TakeRows = (lines: string[]) => unknown

export interface AnyRequest {
  readonly job: Job
  readonly timeMs: number
  readonly signal?: AbortSignal | undefined
  readonly onColumns?: ((columns: readonly Column[]) => void) | undefined
  readonly onRows?: TakeRows | undefined
}

/** A request whose answer is known by its kind. */
export interface Request<Kind extends Job['kind']> extends AnyRequest {
  readonly job: Extract<Job, { kind: Kind }>
}

/** One process that runs SQL, one job at a time. It is ended, never trusted to stop. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #settings: WorkerSettings
  readonly ended: Promise<void>
  #call: Call | undefined
  #lastId = 0
  #alive = true

  private constructor(child: ChildProcess, settings: WorkerSettings) {
    this.#child = child
    this.#settings = settings
    child.on('message', message => this.#hear(message as FromWorker))
    child.on('error', () => this.#end())
    this.ended = new Promise(resolve => {
      child.on('exit', () => {
        this.#end()
        resolve()
      })
    })
  }

  /** @throws SqlWorkerLost when the process does not come up. */
  static async start(
    settings: WorkerSettings,
    folders: { readable: readonly string[]; empty: string },
  ): Promise<WorkerProcess> {
    const child = fork(workerEntry, [JSON.stringify(settings)], {
      env: {},
      cwd: folders.empty,
      execArgv: workerArguments([...folders.readable, folders.empty]),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const process = new WorkerProcess(child, settings)
    await ready(child)
    if (child.pid !== undefined) offerToEnd(child.pid)
    return process
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Whether it can take a job: one that was told to end may still be there for a moment. */
  get alive(): boolean {
    return this.#alive && !this.#child.killed
  }

  /** Whether it has grown so much that a fresh one is better for the next job. */
  get bloated(): boolean {
    return (this.#residentMb() ?? 0) > this.#residentMaxMb * 0.6
  }

  /**
   * @throws what the job failed with · SqlTimeout · Cancelled · SqlMemory · SqlWorkerLost when the process went away
   * for a reason of its own.
   */
  async request<Kind extends Job['kind']>(request: Request<Kind>): Promise<Results[Kind]> {
    const call = new Call(++this.#lastId, request)
    this.#call = call
    const cleanups = this.#guard(call, request)
    this.#send({ type: 'job', id: call.id, job: request.job })
    try {
      return (await call.result) as Results[Kind]
    } finally {
      for (const cleanup of cleanups) cleanup()
      this.#call = undefined
    }
  }

  async close(): Promise<void> {
    this.kill()
    await this.ended
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** What can end a call from outside: time, the caller, memory. */
  #guard(call: Call, request: AnyRequest): (() => void)[] {
    const onAbort = () => this.#stop(call, new Cancelled(request.signal?.reason))
    request.signal?.addEventListener('abort', onAbort, { once: true })
    const timeout = setTimeout(() => this.#stop(call, timedOut(request.timeMs)), request.timeMs)
    const watch = setInterval(() => this.#watchMemory(call), watchMs)
    return [
      () => request.signal?.removeEventListener('abort', onAbort),
      () => clearTimeout(timeout),
      () => clearInterval(watch),
      () => call.close(),
    ]
  }

  /** Asks it to stop, and ends it when it does not. */
  #stop(call: Call, reason: unknown): void {
    if (call.reason !== undefined || call !== this.#call) return
    call.reason = reason
    this.#send({ type: 'stop', id: call.id })
    call.onClose(setTimeout(() => this.kill(), stopMs))
  }

  #watchMemory(call: Call): void {
    if ((this.#residentMb() ?? 0) <= this.#residentMaxMb) return
    call.reason ??= tooMuchMemory()
    this.kill()
  }

  get #residentMaxMb(): number {
    return this.#settings.memoryLimitMb * 1.5 + baseMb
  }

  #residentMb(): number | undefined {
    return this.#child.pid === undefined ? undefined : residentMb(this.#child.pid)
  }

  #hear(message: FromWorker): void {
    const call = this.#call
    if (message.type === 'ready' || call === undefined || message.id !== call.id) return
    switch (message.type) {
      case 'columns':
        call.takeColumns(message.columns)
        break
      case 'rows':
        void this.#takeRows(call, message.lines)
        break
      case 'done':
        call.succeed(message.result)
        break
      case 'stopped':
        call.fail(call.reason ?? new Cancelled())
        break
      case 'failed':
        if (message.broken) this.kill()
        call.fail(call.reason ?? toError(message.failure))
    }
  }

  /** In order: the next frame waits until the receiver has taken this one. */
  async #takeRows(call: Call, lines: string[]): Promise<void> {
    try {
      if (await call.takeRows(lines)) this.#send({ type: 'received', id: call.id })
      else this.#stop(call, new Cancelled())
    } catch (error) {
      this.#stop(call, error)
    }
  }

  #end(): void {
    if (!this.#alive) return
    this.#alive = false
    this.#call?.fail(this.#call.reason ?? this.#reasonOfEnd())
  }

  /** JavaScript ends its process with SIGABRT when its heap is full. */
  #reasonOfEnd(): PlatformError {
    if (this.#child.signalCode === 'SIGABRT') return tooMuchMemory()
    return new SqlWorkerLost('the process that ran the statement went away', { hint: 'Ask again.' })
  }

  #send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}

/** One job under way, seen from outside. */
class Call {
  readonly id: number
  readonly result: Promise<Results[keyof Results]>
  /** Why it is being stopped, once it is. */
  reason: unknown
  readonly #request: AnyRequest
  readonly #settle: { resolve(result: Results[keyof Results]): void; reject(error: unknown): void }
  readonly #timers: NodeJS.Timeout[] = []
  #taking: Promise<boolean> = Promise.resolve(true)
  #columns: readonly Column[] = []
  #rows = 0
  #enough = false

  constructor(id: number, request: AnyRequest) {
    this.id = id
    this.#request = request
    const { promise, resolve, reject } = Promise.withResolvers<Results[keyof Results]>()
    this.result = promise
    this.#settle = { resolve, reject }
  }

  takeColumns(columns: readonly Column[]): void {
    this.#columns = columns
    this.#request.onColumns?.(columns)
  }

  /** @returns whether the receiver wants more. @throws what the receiver throws. */
  takeRows(lines: string[]): Promise<boolean> {
    this.#taking = this.#taking.then(wanted => wanted && this.#take(lines))
    return this.#taking
  }

  async #take(lines: string[]): Promise<boolean> {
    this.#rows += lines.length
    this.#enough = (await this.#request.onRows?.(lines)) === false
    return !this.#enough
  }

  /** Settles when the receiver has taken everything. */
  succeed(result: Results[keyof Results]): void {
    this.#taking.then(() => this.#settle.resolve(result), this.#settle.reject)
  }

  fail(error: unknown): void {
    if (this.#enough) this.#settle.resolve({ rows: this.#rows, columns: this.#columns, truncated: false })
    else this.#settle.reject(error)
  }

  onClose(timer: NodeJS.Timeout): void {
    this.#timers.push(timer)
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
}

function ready(child: ChildProcess): Promise<void> {
  let complaint = ''
  child.stderr?.on('data', text => {
    complaint = (complaint + String(text)).slice(-2000)
  })
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve())
    const lost = () => reject(new SqlWorkerLost('a SQL process did not start', { cause: new Error(complaint) }))
    child.once('error', lost)
    child.once('exit', lost)
  })
}

function timedOut(timeMs: number): SqlTimeout {
  return new SqlTimeout(`the statement ran longer than ${timeMs} ms`, {
    hint: 'Filter earlier, or ask for less.',
    details: { timeMs },
  })
}

function tooMuchMemory(): SqlMemory {
  return new SqlMemory('the statement needs more memory than it may have', {
    hint: 'Filter earlier, select fewer columns, or aggregate instead of sorting and collecting everything.',
  })
}

/** Whether asking the same again, in another process, may help. */
export function isLostWorker(error: unknown): boolean {
  return error instanceof SqlWorkerLost || error instanceof SqlEngineFailed
}
