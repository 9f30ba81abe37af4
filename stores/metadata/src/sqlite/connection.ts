import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { InternalError } from '@super-data/base/errors'
import { DatabaseValueInvalid } from '../errors.ts'
import { translating } from './failure.ts'

export type Row = Record<string, unknown>

export interface ConnectionOptions {
  readonly readOnly: boolean
  /** How long a statement may block this thread while another process holds the file. */
  readonly busyMs: number
  /** Migrations rebuild tables, which foreign keys would hinder; everybody else has them on. */
  readonly foreignKeys: boolean
}

interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** As many texts as an application has, with room for those that vary by the number of their parameters. */
const preparedMax = 256

/** One connection with settings that were read back, and its prepared statements. */
export class Connection {
  readonly #database: DatabaseSync
  /** In the order of use, the oldest first. */
  readonly #prepared = new Map<string, Prepared>()

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** @throws DatabaseUnavailable · DatabaseCorrupt · DatabaseBusy */
  static open(file: string, options: ConnectionOptions): Connection {
    return translating(() => {
      const database = new DatabaseSync(file, databaseOptions(options))
      const connection = new Connection(database)
      try {
        connection.#settle(options)
      } catch (failure) {
        database.close()
        throw failure
      }
      return connection
    })
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  get preparedCount(): number {
    return this.#prepared.size
  }

  /** Rows are plain objects; `changed` counts what a statement without rows did. */
  run(sql: string, parameters: readonly unknown[] = []): { rows: Row[]; changed?: bigint } {
    return translating(() => {
      const { statement, returnsRows } = this.#prepare(sql)
      const values = parameters.map(toColumnValue)
      if (returnsRows) return { rows: statement.all(...values).map(plain) }
      return { rows: [], changed: BigInt(statement.run(...values).changes) }
    })
  }

  /** Row by row. Its statement is its own: running the same text meanwhile would start it over. */
  *iterate(sql: string, parameters: readonly unknown[]): Generator<Row> {
    const statement = translating(() => this.#database.prepare(sql))
    const rows = translating(() => statement.iterate(...parameters.map(toColumnValue)))
    for (;;) {
      const { done, value } = translating(() => rows.next())
      if (done) return
      yield plain(value)
    }
  }

  /** Sets a pragma and makes sure that it took. */
  settle(pragma: string, value: number | string): void {
    translating(() => {
      this.#database.exec(`pragma ${pragma} = ${value}`)
      const found = Object.values(this.#database.prepare(`pragma ${pragma}`).get() ?? {})[0]
      if (found !== value) throw new InternalError(new Error(`pragma ${pragma} is ${found}, not ${value}`))
    })
  }

  close(): void {
    this.#prepared.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  #settle(options: ConnectionOptions): void {
    this.settle('busy_timeout', options.busyMs)
    this.settle('foreign_keys', options.foreignKeys ? 1 : 0)
    this.settle('trusted_schema', 0)
    this.settle('cell_size_check', 1)
    if (options.readOnly) this.settle('query_only', 1)
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known) {
      this.#prepared.delete(sql)
      this.#prepared.set(sql, known)
      return known
    }
    const statement = this.#database.prepare(sql)
    if (statement.sourceSQL.length < sql.trimEnd().length) {
      throw new InternalError(new Error('one statement at a time: the rest would silently not run'))
    }
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    this.#prepared.set(sql, prepared)
    if (this.#prepared.size > preparedMax) this.#prepared.delete(this.#prepared.keys().next().value!)
    return prepared
  }
}

function databaseOptions(options: ConnectionOptions) {
  return {
    readOnly: options.readOnly,
    timeout: options.busyMs,
    enableForeignKeyConstraints: options.foreignKeys,
    // No statement can write into the schema or the tables behind a full-text index.
    defensive: true,
  }
}

/**
 * Refuses what would come back as something else: booleans as numbers, NaN as null, broken text as replacement
 * characters; and objects, which Node takes for named parameters.
 */
function toColumnValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'bigint' || value instanceof Uint8Array) return value
  if (typeof value === 'string' && value.isWellFormed()) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new DatabaseValueInvalid(new TypeError(`a parameter is ${typeof value}`))
}

/** SQLite's rows have no prototype, which surprises everything that compares or inspects them. */
function plain(row: object): Row {
  return { ...row }
}
