import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { Cancelled } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import type { JqAnswer, JqCall, JqCallOptions } from './call.ts'
import { CallSession, documentKey } from './call-session.ts'
import { JqBusy, JqCrashed, JqInputTooLarge, JqPoolClosed } from './errors.ts'
import { FairQueue } from './fair-queue.ts'
import { type ChildEnd, JqChild } from './jq-child.ts'
import { openSandbox } from './sandbox.ts'

export interface JqPoolSettings {
  /** Programs that run at the same time. Once calls overlap there is a process more than run at once. */
  readonly workers: number
  /** Old space of each process. */
  readonly memoryMb: number
  /** Approximate memory the parsed documents of one process may take. */
  readonly cacheBytes: number
  /** Largest input that is read as one document. */
  readonly documentBytesMax: number
  /** Largest single record when records are read one by one. */
  readonly recordBytesMax: number
  /** A process is replaced after so many calls … */
  readonly callsMax: number
  /** … or when it holds more memory than this. */
  readonly rssBytesMax: number
  /** Calls that may wait, all together and of one caller. */
  readonly waitingMax: number
  readonly callerWaitingMax: number
  /** Longest wait for a process. */
  readonly waitMsMax: number
  /** A program that goes on for so long past its time, or after its caller has left, ends with its process. */
  readonly graceMs: number
  /** What `$ENV` shows to programs that may see it. Nothing of the server's own environment. */
  readonly env: Readonly<Record<string, string>>
}

const mega = 1024 * 1024

const defaults: JqPoolSettings = {
  workers: 2,
  memoryMb: 512,
  cacheBytes: 256 * mega,
  documentBytesMax: 400 * mega,
  recordBytesMax: 64 * mega,
  callsMax: 20_000,
  rssBytesMax: 0,
  waitingMax: 1_000,
  callerWaitingMax: 200,
  waitMsMax: 30_000,
  graceMs: 50,
  env: {},
}

/** Memory a process may hold beside its old space before it is replaced. */
const besideHeapBytes = 256 * mega
const startFailuresMax = 3
const restartDelayMsMax = 5_000

export interface JqPoolComponents {
  readonly clock: Clock
  readonly log?: Log
}

export interface JqPoolStats {
  readonly processes: readonly {
    readonly pid: number
    readonly state: string
    readonly calls: number
    /** Last look, 0 before the first one. */
    readonly rssBytes: number
    readonly warmDocuments: number
  }[]
  readonly running: number
  readonly waiting: number
  readonly calls: number
  /** Calls on a document that was warm. */
  readonly warmCalls: number
  /** Bytes of files given to processes. */
  readonly inputBytes: number
  /** Processes that ended, by why. */
  readonly ended: Readonly<Record<ChildEnd, number>>
}

interface Job {
  readonly call: JqCall
  readonly options: JqCallOptions
  readonly settle: PromiseWithResolvers<JqAnswer>
  /** Forgets the wait: its timer and its signal. */
  leave(): void
}

/**
 * Runs jq programs nobody vouches for, each in a process that has no environment, no disk and bounded memory. Callers
 * take turns; parsed datasets stay warm; whatever a program does, the server sees a typed error in time.
 */
export class JqPool implements AsyncDisposable {
  readonly #settings: JqPoolSettings
  readonly #components: JqPoolComponents
  readonly #workFolder: string
  readonly #sandbox
  readonly #queue: FairQueue<Job>
  readonly #children = new Set<JqChild>()
  /** Processes that were told to end and may not have yet. */
  readonly #ending = new Set<Promise<void>>()
  readonly #ended: Record<ChildEnd, number> = {
    start: 0,
    memory: 0,
    crashed: 0,
    timeout: 0,
    cancelled: 0,
    protocol: 0,
    retired: 0,
  }
  #closed = false
  #closing: Promise<void> | undefined
  #restart: NodeJS.Timeout | undefined
  #startFailures = 0
  /** Whether there was ever more than one call. */
  #overlapped = false
  #running = 0
  #calls = 0
  #warmCalls = 0
  #inputBytes = 0

  private constructor(settings: JqPoolSettings, components: JqPoolComponents, workFolder: string) {
    this.#settings = settings
    this.#components = components
    this.#workFolder = workFolder
    this.#sandbox = openSandbox(settings.memoryMb)
    this.#queue = new FairQueue(settings)
  }

  /** Ready when it resolves: one process has started; more start as calls run at the same time. @throws JqCrashed when it cannot. */
  static async open(settings: Partial<JqPoolSettings>, components: JqPoolComponents): Promise<JqPool> {
    const complete = withDefaults(settings)
    const pool = new JqPool(complete, components, await mkdtemp(join(tmpdir(), 'super-data-jq-')))
    try {
      const first = pool.#newChild()
      pool.#children.add(first)
      await first.ready
      return pool
    } catch (failure) {
      await pool.close()
      throw failure
    }
  }

  /**
   * Runs one program. Items are handed to `onItems` as they come, in order; the promise resolves after the last of them.
   *
   * @throws the language's own errors (`JQ_SYNTAX`, `JQ_RUNTIME`, …) · JqTimeout · JqMemory · JqCrashed · JqBusy ·
   *   JqInputTooLarge · JqInputInvalid · JqInputUnreadable · JqPoolClosed · Cancelled. Items handed out before an error
   *   are not an answer.
   */
  async run(call: JqCall, options: JqCallOptions): Promise<JqAnswer> {
    this.#check(call, options)
    const job = this.#newJob(call, options)
    this.#enqueue(job)
    this.#dispatch()
    this.#fillUp()
    return job.settle.promise
  }

  stats(): JqPoolStats {
    return {
      processes: [...this.#children].map(({ pid = 0, state, calls, rssBytes, warm }) => {
        return { pid, state, calls, rssBytes, warmDocuments: warm.size }
      }),
      running: this.#running,
      waiting: this.#queue.size,
      calls: this.#calls,
      warmCalls: this.#warmCalls,
      inputBytes: this.#inputBytes,
      ended: { ...this.#ended },
    }
  }

  /** Fails whatever runs or waits with JqPoolClosed. No process is left when it resolves. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #check({ input, mode }: JqCall, { signal }: JqCallOptions): void {
    if (this.#closed) throw new JqPoolClosed()
    if (signal?.aborted) throw new Cancelled(signal.reason)
    const bytesMax = this.#settings.documentBytesMax
    const plainDocument = input.kind === 'file' && mode === 'document' && !input.gzip
    const bytes = input.kind === 'json' ? input.text.length : plainDocument ? input.sizeBytes : 0
    if (bytes > bytesMax) throw new JqInputTooLarge({ what: 'document', bytesMax })
  }

  #newJob(call: JqCall, options: JqCallOptions): Job {
    const settle = Promise.withResolvers<JqAnswer>()
    const giveUp = (error: Error) => {
      job.leave()
      this.#queue.remove(call.caller, job)
      settle.reject(error)
    }
    const tired = () => giveUp(new JqBusy({ waiting: this.#queue.size, of: 'wait' }))
    const timer = setTimeout(tired, this.#settings.waitMsMax)
    const cancelled = () => giveUp(new Cancelled(options.signal?.reason))
    options.signal?.addEventListener('abort', cancelled, { once: true })
    const leave = () => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', cancelled)
    }
    const job: Job = { call, options, settle, leave }
    return job
  }

  #enqueue(job: Job): void {
    try {
      this.#queue.add(job.call.caller, job)
    } catch (busy) {
      job.leave()
      throw busy
    }
  }

  /** Gives idle processes to callers in turn. */
  #dispatch(): void {
    while (this.#running < this.#settings.workers && this.#queue.size > 0) {
      if (![...this.#children].some(child => child.state === 'idle')) return
      const job = this.#queue.next()
      if (job) this.#start(job)
    }
  }

  #start(job: Job): void {
    job.leave()
    const { call, options } = job
    const child = this.#choose(call)
    if (isWarm(child, call)) this.#warmCalls++
    this.#running++
    this.#calls++
    const session = new CallSession(this.#calls, call, options, child)
    job.settle.resolve(session.answer)
    session.answer.catch(() => {}).finally(() => this.#settled(session))
    child.run(session, options.signal)
    this.#fillUp()
  }

  #settled(session: CallSession): void {
    this.#running--
    this.#inputBytes += session.inputBytes
    this.#dispatch()
  }

  /** The process that has the document already; for a new document the emptiest; else the one that is warmest. */
  #choose(call: JqCall): JqChild {
    const idle = [...this.#children].filter(child => child.state === 'idle')
    const warm = idle.find(child => isWarm(child, call))
    if (warm) return warm
    const newDocument = call.input.kind === 'file' && call.mode === 'document'
    const order = newDocument ? fewestDocuments : mostCalls
    return idle.reduce((best, child) => (order(child, best) < 0 ? child : best))
  }

  /** One process, until calls overlap; from then on one waits beside those at work: the next call does not wait for a start. */
  #fillUp(): void {
    this.#overlapped ||= this.#running + this.#queue.size > 1
    const wanted = this.#overlapped ? Math.min(this.#running, this.#settings.workers) + 1 : 1
    while (!this.#closed && this.#children.size < wanted) this.#children.add(this.#newChild())
  }

  #newChild(): JqChild {
    const { memoryMb, cacheBytes, documentBytesMax, recordBytesMax, graceMs, env } = this.#settings
    return new JqChild(
      {
        sandbox: this.#sandbox,
        workFolder: this.#workFolder,
        memoryMb,
        graceMs,
        child: { cacheBytes, documentBytesMax, recordBytesMax, env },
      },
      { idle: child => this.#takeBack(child), lost: (child, end) => this.#replace(child, end) },
    )
  }

  #takeBack(child: JqChild): void {
    this.#startFailures = 0
    const { callsMax, rssBytesMax } = this.#settings
    if (child.calls >= callsMax || child.rssBytes > rssBytesMax) void child.retire()
    else this.#dispatch()
  }

  #replace(child: JqChild, end: ChildEnd): void {
    this.#children.delete(child)
    this.#ended[end]++
    const ending = child.exited.finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
    if (this.#closed) return
    if (end !== 'retired') this.#components.log?.warn({ pid: child.pid, end }, 'a jq process was lost')
    if (end === 'start') this.#startLater()
    else this.#fillUp()
  }

  /** Processes that do not even start are not started in a hot loop; after some tries callers hear of it. */
  #startLater(): void {
    this.#startFailures++
    if (this.#startFailures >= startFailuresMax) this.#failWaiting(() => new JqCrashed('processes do not start'))
    const delayMs = Math.min(50 * 2 ** this.#startFailures, restartDelayMsMax)
    clearTimeout(this.#restart)
    this.#restart = setTimeout(() => this.#fillUp(), delayMs)
  }

  #failWaiting(error: () => Error): void {
    for (const job of this.#queue.drain()) {
      job.leave()
      job.settle.reject(error())
    }
  }

  async #shutDown(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    this.#failWaiting(() => new JqPoolClosed())
    for (const child of [...this.#children]) void child.retire(new JqPoolClosed())
    await Promise.all(this.#ending)
    await rm(this.#workFolder, { recursive: true, force: true })
  }
}

function withDefaults(settings: Partial<JqPoolSettings>): JqPoolSettings {
  const complete = { ...defaults, ...settings }
  const rssBytesMax = complete.rssBytesMax || complete.memoryMb * mega + besideHeapBytes
  return { ...complete, rssBytesMax }
}

function isWarm(child: JqChild, { input, mode }: JqCall): boolean {
  return input.kind === 'file' && mode === 'document' && child.warm.has(documentKey(input))
}

function fewestDocuments(a: JqChild, b: JqChild): number {
  return a.warm.size - b.warm.size
}

function mostCalls(a: JqChild, b: JqChild): number {
  return b.calls - a.calls
}
