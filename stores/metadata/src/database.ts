import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import { Kysely, sql, SqliteDialect, type Transaction } from 'kysely'
import { checksumOf, type Migration } from './migration.ts'

export interface DatabaseOptions {
  readonly file: string
  readonly migrations: readonly Migration[]
  readonly durability: 'full' | 'normal'
  readonly clock: Clock
  readonly backupFolder?: string
  readonly log?: Log
}

export class Database<Schema> implements AsyncDisposable {
  readonly read: Kysely<Schema>
  readonly #writer: Kysely<Schema>
  #last: Promise<unknown> = Promise.resolve()

  private constructor(read: Kysely<Schema>, writer: Kysely<Schema>) {
    this.read = read
    this.#writer = writer
  }

  static async open<Schema>(options: DatabaseOptions): Promise<Database<Schema>> {
    await mkdir(dirname(options.file), { recursive: true })
    const writer = connect<Schema>(options.file, options.durability)
    await migrate(writer as Kysely<never>, options)
    return new Database(connect<Schema>(options.file, options.durability, true), writer)
  }

  write<T>(work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#writer.transaction().execute(work))
    this.#last = turn.catch(() => {})
    return turn
  }

  async close(): Promise<void> {
    await this.#last
    await this.read.destroy()
    await this.#writer.destroy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function connect<Schema>(file: string, durability: 'full' | 'normal', readOnly = false): Kysely<Schema> {
  const database = new DatabaseSync(file)
  database.exec(`pragma journal_mode=wal; pragma foreign_keys=on; pragma busy_timeout=5000; pragma synchronous=${durability}`)
  if (readOnly) database.exec('pragma query_only=on')
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const prepare = (text: string) => {
    const statement = prepared.get(text) ?? database.prepare(text)
    prepared.set(text, statement)
    return {
      reader: statement.columns().length > 0,
      all: (parameters: readonly unknown[]) => statement.all(...(parameters as never[])),
      run: (parameters: readonly unknown[]) => statement.run(...(parameters as never[])),
      iterate: (parameters: readonly unknown[]) => statement.iterate(...(parameters as never[])),
    }
  }
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: { close: () => database.close(), prepare } }) })
}

async function migrate(writer: Kysely<never>, { migrations, clock }: DatabaseOptions): Promise<void> {
  await sql`create table if not exists migrations (name text primary key, checksum text not null, at bigint not null)`.execute(writer)
  const { rows } = await sql<{ name: string }>`select name from migrations`.execute(writer)
  const done = new Set(rows.map(row => row.name))
  for (const step of migrations.filter(each => !done.has(each.name))) {
    await writer.transaction().execute(async transaction => {
      for (const statement of step.up(transaction.schema)) await sql.raw(statement.compile().sql).execute(transaction)
      await sql`insert into migrations values (${step.name}, ${checksumOf(transaction, step)}, ${clock.now()})`.execute(transaction)
    })
  }
}
