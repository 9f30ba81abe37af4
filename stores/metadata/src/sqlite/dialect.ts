import { InternalError } from '@super-data/base/errors'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  DummyDriver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Connection } from './connection.ts'
import { translating } from './failure.ts'

/** Where a driver takes its connections from. */
export interface ConnectionSource {
  take(): Promise<Connection> | Connection
  giveBack(connection: Connection): void
  begin(connection: Connection): Promise<void> | void
}

/** Kysely over connections; without a source it only compiles. */
export function sqliteDialect(source?: ConnectionSource): Dialect {
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => (source ? new SqliteDriver(source) : new DummyDriver()),
    createIntrospector: database => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

class Adapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #source: ConnectionSource

  constructor(source: ConnectionSource) {
    this.#source = source
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new Lease(await this.#source.take())
  }

  async beginTransaction(lease: DatabaseConnection): Promise<void> {
    await this.#source.begin(connectionOf(lease))
  }

  async commitTransaction(lease: DatabaseConnection): Promise<void> {
    connectionOf(lease).run('commit')
  }

  async rollbackTransaction(lease: DatabaseConnection): Promise<void> {
    const connection = connectionOf(lease)
    // A full disk, for one, makes SQLite roll back by itself.
    if (connection.inTransaction) connection.run('rollback')
  }

  async releaseConnection(lease: DatabaseConnection): Promise<void> {
    this.#source.giveBack((lease as Lease).end())
  }

  /** The connections belong to whoever made their source. */
  async destroy(): Promise<void> {}
}

/** A connection for as long as one query or one transaction has it. */
class Lease implements DatabaseConnection {
  readonly #connection: Connection
  #ended = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get connection(): Connection {
    if (this.#ended) throw new InternalError(new Error('a statement outlived its transaction'))
    return this.#connection
  }

  end(): Connection {
    this.#ended = true
    return this.#connection
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changed } = this.connection.run(sql, parameters)
    return changed === undefined ? { rows: rows as R[] } : { rows: rows as R[], numAffectedRows: changed }
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery, chunkRows: number): AsyncGenerator<QueryResult<R>> {
    let rows: R[] = []
    for (const row of this.connection.iterate(sql, parameters)) {
      if (this.#ended) throw new InternalError(new Error('a stream outlived its transaction'))
      rows.push(row as R)
      if (rows.length < chunkRows) continue
      yield { rows }
      rows = []
    }
    if (rows.length > 0) yield { rows }
  }
}

function connectionOf(lease: DatabaseConnection): Connection {
  return translating(() => (lease as Lease).connection)
}
