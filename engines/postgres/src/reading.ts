import type { PostgresAnswer } from './answers/answer.ts'
import type { Logins } from './connections/logins.ts'
import type { PostgresLimits } from './limits.ts'
import type { RowTaker } from './row-stream.ts'
import type { Gate } from './sql/gate.ts'
import { beginReading } from './sql/prologue.ts'
import type { StatementOptions, StatementRunner } from './statement-runner.ts'

export interface ReadRequest extends StatementOptions {
  readonly text: string
}

/** Rows that are handed on instead of collected: as many as their taker wants. */
export interface StreamRequest extends Omit<ReadRequest, 'rowsMax'>, RowTaker {}

/** One statement in a read-only transaction of the reader login, rolled back whatever it did. */
export class Reading {
  readonly #logins: Logins
  readonly #gate: Gate
  readonly #runner: StatementRunner
  readonly #limits: PostgresLimits

  constructor(parts: {
    readonly logins: Logins
    readonly gate: Gate
    readonly runner: StatementRunner
    readonly limits: PostgresLimits
  }) {
    this.#logins = parts.logins
    this.#gate = parts.gate
    this.#runner = parts.runner
    this.#limits = parts.limits
  }

  async read(request: ReadRequest): Promise<PostgresAnswer> {
    const { context, connection, settle } = await this.#begin(request)
    return this.#runner.runFreely(connection, context, settle)
  }

  async stream(request: StreamRequest): Promise<{ readonly complete: boolean }> {
    const { context, connection, settle } = await this.#begin(request)
    return this.#runner.stream(connection, context, { taker: request, settle })
  }

  async #begin(request: ReadRequest) {
    const statement = await this.#gate.check(request.text, 'read')
    const { types } = await this.#gate.functions()
    const context = this.#runner.prepare(statement, request, types)
    const { readTimeoutMs, lockTimeoutMs } = this.#limits
    const timeoutMs = Math.min(request.timeoutMs ?? readTimeoutMs, readTimeoutMs)
    const pool = this.#logins.pool('reader')
    const connection = await this.#logins.begin(pool, beginReading({ timeoutMs, lockTimeoutMs }), request.signal)
    return { context, connection, settle: () => pool.giveBack(connection) }
  }
}
