import { Buffer } from 'node:buffer'
import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import type { PlatformError } from '@super-data/base/errors'
import type { CallSession } from './call-session.ts'
import { JqCrashed, JqMemory, JqTimeout } from './errors.ts'
import { type Frame, FrameDecoder, frameTypes, ProtocolMismatch } from './frames.ts'
import type { ChildSettings } from './protocol.ts'
import type { Sandbox } from './sandbox.ts'

const timerMsMax = 2 ** 31 - 1
/** Frames that carry no items stay below this. */
const messageBytesMax = 256 * 1024
const lastWordsChars = 2_000
const outOfMemory = /heap out of memory|invalid size error|Allocation failed/i

export interface JqChildSettings {
  readonly sandbox: Sandbox
  /** An empty folder. */
  readonly workFolder: string
  readonly memoryMb: number
  /** How long past its time, or after its caller has left, a program may take to notice by itself. */
  readonly graceMs: number
  readonly child: ChildSettings
}

export interface JqChildEvents {
  /** The child can take a call: it has just started, or finished the last one. */
  idle(child: JqChild): void
  /** The child takes no more calls; told once, before its process has ended. `reason` only if nobody asked for it. */
  lost(child: JqChild, reason: ChildEnd): void
}

export type ChildEnd = 'start' | 'memory' | 'crashed' | 'timeout' | 'cancelled' | 'protocol' | 'retired'

/** One process and the pipe to it. Runs one call at a time. */
export class JqChild {
  /** Calls it was given. */
  calls = 0
  rssBytes = 0
  /** Documents it holds, by key. */
  warm: ReadonlySet<string> = new Set()
  /** Resolves when the process is gone for good. */
  readonly exited: Promise<void>
  /** Resolves when it can take calls. */
  readonly ready: Promise<void>
  readonly #settings: JqChildSettings
  readonly #events: JqChildEvents
  readonly #process: ChildProcess
  readonly #pipe: Duplex
  readonly #decoder: FrameDecoder
  readonly #started = Promise.withResolvers<void>()
  #state: 'starting' | 'idle' | 'busy' | 'lost' = 'starting'
  #session: CallSession | undefined
  #timers: NodeJS.Timeout[] = []
  #frames: Frame[] = []
  #waiting = false
  #lastWords = ''

  constructor(settings: JqChildSettings, events: JqChildEvents) {
    this.#settings = settings
    this.#events = events
    this.#decoder = new FrameDecoder(() => messageBytesMax + (this.#session?.call.limits.bytes ?? 0))
    this.#process = startProcess(settings)
    this.#pipe = this.#process.stdio[3] as Duplex
    this.#listen()
    this.ready = this.#started.promise
    this.ready.catch(() => {})
    this.exited = new Promise(resolve => {
      this.#process.once('close', resolve)
      this.#process.once('error', () => resolve())
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  get state(): 'starting' | 'idle' | 'busy' | 'lost' {
    return this.#state
  }

  write(bytes: Buffer): void {
    if (this.#state !== 'lost') this.#pipe.write(bytes)
  }

  /** Gives an idle child its next call. */
  run(session: CallSession, signal: AbortSignal | undefined): void {
    this.#state = 'busy'
    this.#session = session
    this.calls++
    const { timeMs } = session.call.limits
    const late = () => this.#lose('timeout', new JqTimeout(timeMs))
    this.#timers.push(setTimeout(late, Math.min(timeMs + this.#settings.graceMs, timerMsMax)))
    const cancel = () => this.#cancel(session, signal?.reason)
    signal?.addEventListener('abort', cancel, { once: true })
    session.answer.finally(() => signal?.removeEventListener('abort', cancel)).catch(() => {})
    this.#pipe.cork()
    session.begin()
    this.#pipe.uncork()
  }

  /** Ends the process at once; a call it was running fails with the error. */
  retire(error?: PlatformError): Promise<void> {
    this.#lose('retired', error)
    return this.exited
  }

  #listen(): void {
    this.#pipe.on('data', (bytes: Buffer) => this.#takeBytes(bytes))
    // A broken pipe means that the process has ended, and its end says why.
    this.#pipe.on('error', () => {})
    this.#process.stdio[4]!.on('error', () => {})
    this.#process.stderr!.on('data', (words: Buffer) => {
      this.#lastWords = (this.#lastWords + words).slice(-lastWordsChars)
    })
    this.#process.once('error', failure => this.#lose('start', new JqCrashed(failure)))
    this.#process.once('close', (code, signal) => this.#explainEnd(code, signal))
  }

  #takeBytes(bytes: Buffer): void {
    if (this.#state === 'lost') return
    try {
      this.#frames.push(...this.#decoder.push(bytes))
      if (!this.#waiting) this.#work()
    } catch (failure) {
      this.#lose('protocol', new JqCrashed(failure))
    }
  }

  /** Handles frames in order; while one has to wait, the pipe does too. */
  #work(): void {
    for (let frame = this.#frames.shift(); frame; frame = this.#frames.shift()) {
      const wait = this.#handle(frame)
      if (!wait) continue
      this.#resumeAfter(wait)
      return
    }
  }

  #resumeAfter(wait: Promise<void>): void {
    this.#waiting = true
    this.#pipe.pause()
    wait.finally(() => {
      this.#waiting = false
      this.#pipe.resume()
      this.#takeBytes(Buffer.alloc(0))
    })
  }

  #handle(frame: Frame): void | Promise<void> {
    if (frame.type === frameTypes.ready && this.#state === 'starting') return this.#becomeIdle()
    const session = this.#session
    if (!session) throw new ProtocolMismatch(`frame ${frame.type} outside a call`)
    if (frame.type !== frameTypes.done && frame.type !== frameTypes.failed) return session.receive(frame)
    if (frame.call !== session.id) throw new ProtocolMismatch('the end of another call')
    this.#finish(session, frame)
  }

  #finish(session: CallSession, frame: Frame): void {
    const report = session.end(frame)
    this.#clearTimers()
    this.#session = undefined
    if (report.warm) this.warm = new Set(report.warm)
    this.rssBytes = report.rssBytes ?? this.rssBytes
    this.#becomeIdle()
  }

  #becomeIdle(): void {
    this.#state = 'idle'
    this.#started.resolve()
    this.#events.idle(this)
  }

  #cancel(session: CallSession, reason: unknown): void {
    if (this.#session !== session) return
    session.cancel(reason)
    this.#timers.push(setTimeout(() => this.#lose('cancelled'), this.#settings.graceMs))
  }

  #lose(end: ChildEnd, error?: PlatformError): void {
    if (this.#state === 'lost') return
    this.#state = 'lost'
    this.#clearTimers()
    this.#started.reject(error ?? new JqCrashed(this.#lastWords))
    if (error) this.#session?.fail(error)
    this.#session = undefined
    this.#process.kill('SIGKILL')
    for (const stream of this.#process.stdio) stream?.destroy()
    this.#events.lost(this, end)
  }

  /** The process has ended without being asked to. */
  #explainEnd(code: number | null, signal: NodeJS.Signals | null): void {
    const end = new JqCrashed(`code ${code}, signal ${signal}: ${this.#lastWords}`)
    // Nobody here sent the SIGKILL: that is how the system ends a process when it runs out of memory.
    const memory = outOfMemory.test(this.#lastWords) || signal === 'SIGABRT' || signal === 'SIGKILL'
    if (this.#state === 'starting') this.#lose('start', end)
    else if (memory) this.#lose('memory', new JqMemory(this.#settings.memoryMb))
    else this.#lose('crashed', end)
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers = []
  }
}

function startProcess({ sandbox, workFolder, child }: JqChildSettings): ChildProcess {
  return spawn(process.execPath, [...sandbox.nodeArguments, sandbox.entry, JSON.stringify(child)], {
    cwd: workFolder,
    env: sandbox.env,
    // 3 is the conversation; 4 carries nothing and ends with this process.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  })
}
