import { PlatformError, throwIfAborted } from '@super-data/base/errors'
import type { WriteAnswer } from './answers/answer.ts'
import { commit } from './connections/commit.ts'
import type { Connection } from './connections/connection.ts'
import type { Logins } from './connections/logins.ts'
import { PolicyDenied, PostgresFailed, PostgresOperationFailed, PostgresUnexpectedRows } from './errors.ts'
import type { PostgresLimits } from './limits.ts'
import type { Gate } from './sql/gate.ts'
import { beginWriting, type Isolation } from './sql/prologue.ts'
import type { RunContext, StatementOptions, StatementRunner } from './statement-runner.ts'
import { checkAffected, checkConfirmed, type WriteGuards } from './write-guards.ts'

export interface WriteRequest extends StatementOptions, WriteGuards {
  readonly text: string
  /** Do it, say what it did, and roll back. */
  readonly dryRun?: boolean
}

export interface Operation extends WriteGuards {
  readonly text: string
  readonly params?: readonly unknown[]
  /** Another number of rows rolls everything back. */
  readonly expectRows?: number
}

export interface TransactionRequest {
  readonly operations: readonly Operation[]
  readonly isolation?: Isolation
  readonly dryRun?: boolean
  readonly rowsMax?: number
  /** Of each operation. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

export interface TransactionAnswer {
  readonly results: readonly WriteAnswer[]
  readonly rolledBack: boolean
}

/** Operations of one transaction. */
const operationsMax = 100

/** Changes of rows, each in a transaction of its own on the writer login. */
export class Writing {
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

  async write(request: WriteRequest): Promise<WriteAnswer> {
    const context = await this.prepare(request)
    const { dryRun = false, signal } = request
    return this.#inTransaction({ ...request, dryRun }, async connection => {
      const { answer, affected } = await this.#runner.runWhole(connection, context)
      checkAffected(affected, request)
      throwIfAborted(signal)
      return { ...answer, affected, rolledBack: dryRun }
    })
  }

  /** All of the operations, or none. */
  async transaction(request: TransactionRequest): Promise<TransactionAnswer> {
    const { operations, dryRun = false } = request
    if (operations.length === 0 || operations.length > operationsMax)
      throw new PostgresFailed(`a transaction has 1 to ${operationsMax} operations`)
    const contexts = await Promise.all(
      operations.map((operation, index) => atOperation(index, () => this.#prepareOperation(operation, request))),
    )
    return this.#inTransaction({ ...request, dryRun }, async connection => {
      const results: WriteAnswer[] = []
      for (const [index, context] of contexts.entries())
        results.push(await atOperation(index, () => this.#operate(connection, context, operations[index]!, dryRun)))
      throwIfAborted(request.signal)
      return { results, rolledBack: dryRun }
    })
  }

  /** Judges a change and what its caller confirmed, before anything runs. */
  async prepare(request: WriteRequest): Promise<RunContext> {
    const statement = await this.#gate.check(request.text, 'write')
    if (statement.kind !== 'write') {
      throw new PolicyDenied(`${statement.command} changes nothing`, {
        hint: 'Send it as a read; a write takes INSERT, UPDATE, DELETE and MERGE.',
        details: { construct: statement.command },
      })
    }
    checkConfirmed(statement, request)
    const { types } = await this.#gate.functions()
    return this.#runner.prepare(statement, request, types)
  }

  async #prepareOperation(operation: Operation, { rowsMax, timeoutMs, signal }: TransactionRequest) {
    const statement = await this.#gate.check(operation.text, 'write')
    checkConfirmed(statement, operation)
    const { types } = await this.#gate.functions()
    const options = {
      params: operation.params ?? [],
      ...(rowsMax === undefined ? {} : { rowsMax }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      signal,
    }
    return this.#runner.prepare(statement, options, types)
  }

  async #operate(
    connection: Connection,
    context: RunContext,
    operation: Operation,
    dryRun: boolean,
  ): Promise<WriteAnswer> {
    const reads = context.statement.kind === 'read'
    const ran = reads
      ? await this.#runner.runInBatches(connection, context)
      : await this.#runner.runWhole(connection, context)
    const affected = reads ? ran.answer.rows.length : ran.affected
    checkAffected(affected, operation)
    const { expectRows } = operation
    if (expectRows !== undefined && affected !== expectRows) {
      throw new PostgresUnexpectedRows(`${expectRows} rows were expected, and there were ${affected}`, {
        details: { expected: expectRows, affected },
      })
    }
    return { ...ran.answer, affected: reads ? 0 : affected, rolledBack: dryRun }
  }

  async #inTransaction<T>(
    request: {
      readonly dryRun: boolean
      readonly isolation?: Isolation
      readonly timeoutMs?: number
      readonly signal?: AbortSignal | undefined
    },
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const { writeTimeoutMs, lockTimeoutMs } = this.#limits
    const timeoutMs = Math.min(request.timeoutMs ?? writeTimeoutMs, writeTimeoutMs)
    const pool = this.#logins.pool('writer')
    const prologue = beginWriting({ timeoutMs, lockTimeoutMs }, request.isolation)
    const connection = await this.#logins.begin(pool, prologue, request.signal)
    try {
      const outcome = await work(connection)
      if (request.dryRun) await connection.fixed('ROLLBACK')
      else await commit(connection)
      return outcome
    } catch (error) {
      // Told only once it is true: nothing of a failed change is left.
      if (!connection.broken && connection.transaction !== 'I') await connection.fixed('ROLLBACK').catch(() => {})
      throw error
    } finally {
      pool.giveBack(connection)
    }
  }
}

async function atOperation<T>(index: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PlatformError) || error.kind === 'cancelled') throw error
    throw new PostgresOperationFailed(index, error)
  }
}
