import type { DuckDBConnection } from '@duckdb/node-api'
import { Cancelled } from '@super-data/base/errors'
import { toFailure } from '../errors.ts'
import type { FromWorker, Job, Results, RunJob, ToWorker, WorkerSettings } from '../protocol.ts'
import type { TableFile } from '../table-file.ts'
import { isFatal, toPlatformError } from './duck-error.ts'
import { Export } from './export.ts'
import { Grammar } from './grammar.ts'
import { describeColumns, type Receiver, runQuery } from './query.ts'
import type { Sandbox } from './sandbox.ts'
import { Sandboxes } from './sandboxes.ts'

/** Frames on their way to the parent that it has not taken yet. */
const framesMax = 4

/** Runs one job at a time for the process that started it. */
class Worker {
  readonly #settings: WorkerSettings
  readonly #grammar: Grammar
  readonly #sandboxes: Sandboxes
  #job: RunningJob | undefined

  private constructor(settings: WorkerSettings, grammar: Grammar) {
    this.#settings = settings
    this.#grammar = grammar
    this.#sandboxes = new Sandboxes(settings)
  }

  static async open(settings: WorkerSettings): Promise<Worker> {
    return new Worker(settings, await Grammar.open(settings))
  }

  hear(message: ToWorker): void {
    if (message.type === 'job') void this.#answer(message.id, message.job)
    else if (message.id !== this.#job?.id) return
    else if (message.type === 'received') this.#job.received()
    else this.#job.stop()
  }

  async #answer(id: number, job: Job): Promise<void> {
    const running = new RunningJob(id)
    this.#job = running
    try {
      send({ type: 'done', id, result: await this.#perform(job, running) })
    } catch (error) {
      const text = 'text' in job ? job.text : ''
      const known = toPlatformError(error, { text, scrub: this.#scrubber('tables' in job ? job.tables : [job.table]) })
      if (known instanceof Cancelled || running.stopped) send({ type: 'stopped', id })
      else send({ type: 'failed', id, failure: toFailure(known), broken: isFatal(error) })
    } finally {
      this.#job = undefined
    }
  }

  #perform(job: Job, running: RunningJob): Promise<Results[keyof Results]> {
    if (job.kind === 'export') return this.#export(job.table, job.target, running)
    return this.#withSandbox(job, running, async (connection, inspected) => {
      if (job.kind === 'run') return this.#run(connection, job, inspected.parameters, running)
      return { ...inspected, ...(await describeColumns(connection, job.text, inspected.parameters)) }
    })
  }

  async #withSandbox<T>(
    job: Exclude<Job, { kind: 'export' }>,
    running: RunningJob,
    use: (
      connection: DuckDBConnection,
      inspected: { tables: readonly string[]; parameters: readonly string[] },
    ) => Promise<T>,
  ): Promise<T> {
    const inspected = await this.#grammar.inspect(job.text, job.tables)
    const read = job.tables.filter(table => inspected.tables.includes(table.name.toLowerCase()))
    const sandbox: Sandbox = await this.#sandboxes.get(read)
    const connection = await sandbox.connect()
    running.onStop(() => connection.interrupt())
    try {
      return await use(connection, { tables: read.map(table => table.name), parameters: inspected.parameters })
    } finally {
      connection.closeSync()
    }
  }

  #run(connection: DuckDBConnection, job: RunJob, parameters: readonly string[], running: RunningJob) {
    return runQuery(connection, job, { parameters, scrub: this.#scrubber(job.tables), receiver: running })
  }

  async #export(table: TableFile, target: string, running: RunningJob): Promise<{ rows: number }> {
    const task = await Export.open(table, target, this.#settings)
    running.onStop(() => task.interrupt())
    try {
      return await task.run(table, target)
    } finally {
      task.close()
    }
  }

  /** Leaves nothing of the machine in a text: files are called by their table's name. */
  #scrubber(tables: readonly TableFile[]): (text: string) => string {
    const folders = [this.#settings.dataFolder, this.#settings.cacheFolder]
    return text => {
      const named = tables.reduce((rest, table) => rest.replaceAll(table.file, table.name), text)
      return folders.reduce((rest, folder) => rest.replaceAll(folder, '…'), named)
    }
  }
}

/** The job at hand: what stops it, and how its rows flow out. */
class RunningJob implements Receiver {
  readonly id: number
  stopped = false
  #interrupt: (() => void) | undefined
  #waiting: (() => void) | undefined
  #onTheWay = 0

  constructor(id: number) {
    this.id = id
  }

  /** @throws Cancelled when it was stopped already. */
  onStop(interrupt: () => void): void {
    if (this.stopped) throw new Cancelled()
    this.#interrupt = interrupt
  }

  stop(): void {
    this.stopped = true
    this.#interrupt?.()
    this.#waiting?.()
  }

  received(): void {
    this.#onTheWay--
    this.#waiting?.()
  }

  columns: Receiver['columns'] = columns => send({ type: 'columns', id: this.id, columns })

  async rows(lines: string[]): Promise<boolean> {
    while (this.#onTheWay >= framesMax && !this.stopped) {
      await new Promise<void>(resolve => {
        this.#waiting = resolve
      })
    }
    if (this.stopped) throw new Cancelled()
    this.#onTheWay++
    send({ type: 'rows', id: this.id, lines })
    return true
  }
}

function send(message: FromWorker): void {
  process.send!(message)
}

const worker = await Worker.open(JSON.parse(process.argv[2]!) as WorkerSettings)
process.on('message', message => worker.hear(message as ToWorker))
// The parent is gone: nobody will read an answer.
process.on('disconnect', () => process.exit(0))
send({ type: 'ready' })
