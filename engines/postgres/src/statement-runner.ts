import type { Clock } from '@super-data/base/clock'
import { type ErrorKind, throwIfAborted, toProblem } from '@super-data/base/errors'
import type { PostgresAnswer } from './answers/answer.ts'
import { AnswerBuilder } from './answers/answer-builder.ts'
import type { Completion, Connection, RunLimits } from './connections/connection.ts'
import type { StatementRequest } from './connections/statement.ts'
import { PostgresResultTooLarge } from './errors.ts'
import type { PostgresLimits } from './limits.ts'
import { RowStream, type RowTaker } from './row-stream.ts'
import type { TypeNames } from './sql/function-catalog.ts'
import type { Judged } from './sql/gate.ts'
import { type BoundParameters, bindParameters } from './values/parameters.ts'

export interface StatementOptions {
  readonly params?: readonly unknown[]
  /** Rows of the answer; more are never answered than the limits allow. */
  readonly rowsMax?: number
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** What ran, and how many rows it says it touched. */
export interface Ran {
  readonly answer: PostgresAnswer
  readonly affected: number
}

/** A statement that ran, for whoever counts them: never what it says. */
export interface ObservedStatement {
  readonly kind: 'read' | 'write'
  /** `ok`, or the kind of error. */
  readonly outcome: 'ok' | ErrorKind
  readonly elapsedMs: number
}

/** In a session rows are fetched by and by, and a batch of big ones must not cost the session. */
const batchRows = 50
const batchBytesFactor = 8

/** Runs statements that were judged, on connections whose transaction has begun, and makes answers of them. */
export class StatementRunner {
  readonly #limits: PostgresLimits
  readonly #clock: Clock
  readonly #onStatement: ((seen: ObservedStatement) => void) | undefined

  constructor(limits: PostgresLimits, clock: Clock, onStatement?: (seen: ObservedStatement) => void) {
    this.#limits = limits
    this.#clock = clock
    this.#onStatement = onStatement
  }

  /** Everything that can be wrong with a request, before a connection is taken. @throws PostgresParameterInvalid */
  prepare(statement: Judged, options: StatementOptions, types: TypeNames): RunContext {
    const bounds = { expected: statement.parameters, max: this.#limits.parametersMax, types }
    return { statement, options, types, bound: bindParameters(options.params ?? [], bounds) }
  }

  /**
   * Streams rows and stops the server as soon as there are enough: the answer is there at once, and `settled` when the
   * connection is free. Its transaction is worth nothing afterwards.
   */
  runFreely(connection: Connection, context: RunContext, settle: () => void): Promise<PostgresAnswer> {
    return this.#observed(context, () => this.#runFreely(connection, context, settle))
  }

  async #runFreely(connection: Connection, context: RunContext, settle: () => void): Promise<PostgresAnswer> {
    const { statement, options, types } = context
    const started = this.#clock.elapsed()
    const builder = this.#builder(options)
    const enough = Promise.withResolvers<void>()
    const onRow = (row: Parameters<typeof builder.takeRow>[0]) => {
      const goesOn = builder.takeRow(row)
      if (!goesOn) enough.resolve()
      return goesOn
    }
    const request = { ...requestOf(context), onColumns: builder.takeColumns, onRow }
    const running = connection.run(request, this.#runLimits(options, this.#limits.readTimeoutMs)).finally(settle)
    const finished = running.catch(error => keepWhatCame(error, builder))
    finished.catch(() => {})
    await Promise.race([finished, enough.promise])
    return builder.answer(statement.command, this.#clock.elapsed() - started, oid => types.nameOf(oid))
  }

  /**
   * Hands every row on, whole, while the server waits for whoever takes them.
   *
   * @returns whether all were wanted; then `settled` comes later, as above.
   */
  stream(connection: Connection, context: RunContext, streaming: Streaming): Promise<{ readonly complete: boolean }> {
    return this.#observed(context, () => this.#stream(connection, context, streaming))
  }

  async #stream(connection: Connection, context: RunContext, { taker, settle }: Streaming) {
    const { options, types } = context
    const { signal } = options
    const rows = new RowStream(taker, oid => types.nameOf(oid))
    const request = { ...requestOf(context), onFlow: rows.takeFlow, onColumns: rows.takeColumns, onRow: rows.takeRow }
    const limits = { ...this.#runLimits(options, this.#limits.readTimeoutMs), bytesOfRow: true }
    const onAbort = () => rows.stop()
    signal?.addEventListener('abort', onAbort, { once: true })
    const running = connection.run(request, limits).finally(() => {
      signal?.removeEventListener('abort', onAbort)
      rows.release()
      settle()
    })
    const finished = running.then(() => rows.finish())
    finished.catch(() => {})
    await Promise.race([finished, rows.enough]).catch(async failure => {
      rows.stop()
      await rows.settle().catch(() => {})
      throw failure
    })
    await rows.settle()
    throwIfAborted(signal)
    return { complete: !rows.stopped }
  }

  /** Fetches rows by and by, so that stopping leaves the transaction as it was. */
  async runInBatches(connection: Connection, context: RunContext): Promise<Ran> {
    const limits = this.#runLimits(context.options, this.#limits.readTimeoutMs)
    const wireBytesMax = limits.wireBytesMax * batchBytesFactor
    const batched = { ...context, batch: batchRows, limits: { ...limits, wireBytesMax } }
    return this.#observed(context, () => this.#run(connection, batched))
  }

  /** Runs to the end, however many rows come back; only the first ones are answered. */
  async runWhole(connection: Connection, context: RunContext): Promise<Ran> {
    const limits = this.#runLimits(context.options, this.#limits.writeTimeoutMs)
    return this.#observed(context, () => this.#run(connection, { ...context, limits }))
  }

  async #run(
    connection: Connection,
    context: RunContext & { readonly batch?: number; readonly limits: RunLimits },
  ): Promise<Ran> {
    const { statement, options, types, batch, limits } = context
    const started = this.#clock.elapsed()
    const builder = this.#builder(options)
    const onRow = (row: Parameters<typeof builder.takeRow>[0]) => builder.takeRow(row) || batch === undefined
    const request = {
      ...requestOf(context),
      ...(batch === undefined ? {} : { batch }),
      onColumns: builder.takeColumns,
      onRow,
    }
    const completion = await connection.run(request, limits)
    const elapsedMs = this.#clock.elapsed() - started
    const answer = builder.answer(statement.command, elapsedMs, oid => types.nameOf(oid))
    return { answer, affected: affectedBy(completion) }
  }

  async #observed<T>({ statement: { kind } }: RunContext, work: () => Promise<T>): Promise<T> {
    const started = this.#clock.elapsed()
    const tell = (outcome: ObservedStatement['outcome']) =>
      this.#onStatement?.({ kind, outcome, elapsedMs: this.#clock.elapsed() - started })
    try {
      const done = await work()
      tell('ok')
      return done
    } catch (failure) {
      tell(toProblem(failure).kind)
      throw failure
    }
  }

  #builder({ rowsMax }: StatementOptions): AnswerBuilder {
    const { rowsDefault, answerBytesMax, cellBytesMax } = this.#limits
    const rows = Math.max(0, Math.min(rowsMax ?? rowsDefault, this.#limits.rowsMax))
    return new AnswerBuilder({ rowsMax: rows, bytesMax: answerBytesMax, cellBytesMax })
  }

  #runLimits({ timeoutMs, signal }: StatementOptions, timeoutMsMax: number): RunLimits {
    return {
      signal,
      timeoutMs: Math.min(timeoutMs ?? timeoutMsMax, timeoutMsMax),
      wireBytesMax: this.#limits.wireBytesMax,
    }
  }
}

interface Streaming {
  readonly taker: RowTaker
  readonly settle: () => void
}

/** A statement that is ready to run. */
export interface RunContext {
  readonly statement: Judged
  readonly bound: BoundParameters
  readonly options: StatementOptions
  readonly types: TypeNames
}

function requestOf({ statement, bound }: RunContext): StatementRequest {
  return { text: statement.text, ...bound }
}

/** The bytes that did not fit any more prove that there was more. */
function keepWhatCame(error: unknown, builder: AnswerBuilder): void {
  if (!(error instanceof PostgresResultTooLarge) || builder.count === 0) throw error
  builder.stopBy('bytes')
}

/** `INSERT 0 3` is 3. */
function affectedBy({ tag = '' }: Completion): number {
  return Number(/\d+$/.exec(tag)?.[0] ?? 0)
}
