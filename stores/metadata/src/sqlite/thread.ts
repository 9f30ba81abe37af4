import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Cancelled, throwIfAborted } from '@super-data/base/errors'
import { DatabaseClosed, DatabaseCorrupt, DatabaseUnavailable } from '../errors.ts'
import { Slots } from '../slots.ts'
import { fromFacts } from './failure.ts'
import type { Job, JobResults, Reply } from './thread-jobs.ts'

const limits = { slots: 1, waitingMax: 1000, waitMs: 120_000 }

/** The same file from sources and from what is built from them. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './thread-entry.ts' : './thread-entry.js', import.meta.url)

/** A thread for work that takes long; started with the first job, one job at a time. */
export class Thread {
  readonly #file: string
  readonly #turns = new Slots(limits)
  readonly #ending = new Set<Promise<unknown>>()
  #worker: Worker | undefined
  #closed = false

  constructor(file: string) {
    this.#file = file
  }

  /** @param signal ends the thread together with its job. */
  async run<Kind extends Job['kind']>(job: Job & { kind: Kind }, signal?: AbortSignal): Promise<JobResults[Kind]> {
    throwIfAborted(signal)
    await this.#turns.acquire(signal)
    try {
      return (await this.#runNow(job, signal)) as JobResults[Kind]
    } finally {
      this.#turns.release()
    }
  }

  /** What waits for its turn is refused. */
  async close(): Promise<void> {
    this.#closed = true
    this.#end()
    await Promise.all(this.#ending)
  }

  async #runNow(job: Job, signal: AbortSignal | undefined): Promise<JobResults[keyof JobResults]> {
    throwIfAborted(signal)
    if (this.#closed) throw new DatabaseClosed()
    this.#worker ??= new Worker(entry, { workerData: { file: this.#file } })
    const worker = this.#worker
    worker.ref()
    try {
      worker.postMessage(job)
      return resultOf(await replyOf(worker, signal))
    } finally {
      // An idle thread does not keep the process alive.
      if (worker === this.#worker) worker.unref()
      if (signal?.aborted || worker.threadId === -1) this.#end()
    }
  }

  /** A statement under way cannot be interrupted: the thread ends when it is done, and nobody waits but `close`. */
  #end(): void {
    if (this.#worker === undefined) return
    const ending: Promise<unknown> = this.#worker.terminate().finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
    this.#worker = undefined
  }
}

async function replyOf(worker: Worker, signal: AbortSignal | undefined): Promise<Reply> {
  const settled = new AbortController()
  const options = { signal: settled.signal }
  const reply = once(worker, 'message', options).then(
    ([message]) => message as Reply,
    failure => {
      throw new DatabaseUnavailable(failure)
    },
  )
  const exit = once(worker, 'exit', options).then(() => {
    throw new DatabaseUnavailable(new Error('the thread ended'))
  })
  const abort =
    signal &&
    once(signal, 'abort', options).then(() => {
      throw new Cancelled(signal.reason)
    })
  try {
    return await Promise.race(abort ? [reply, exit, abort] : [reply, exit])
  } finally {
    settled.abort()
    // The losers end with the abort above, unheard.
    for (const loser of [reply, exit, abort]) loser?.catch(() => {})
  }
}

function resultOf(reply: Reply): JobResults[keyof JobResults] {
  if ('result' in reply) return reply.result
  const cause = new Error(reply.failure.message)
  throw reply.findings ? new DatabaseCorrupt(reply.findings, cause) : fromFacts(reply.failure, cause)
}
