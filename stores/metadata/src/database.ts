import { AsyncLocalStorage } from 'node:async_hooks'
import { dirname, join, resolve } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { throwIfAborted } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import { type Compilable, Kysely, sql, type Transaction } from 'kysely'
import { BackupTargetInvalid, DatabaseClosed, NestedWrite, TransactionTimeout } from './errors.ts'
import type { Difference, Examined, Merged, TravellingTable } from './merge.ts'
import type { Migration } from './migration.ts'
import { Slots } from './slots.ts'
import type { Connection } from './sqlite/connection.ts'
import { belongsTo } from './sqlite/database-files.ts'
import { sqliteDialect } from './sqlite/dialect.ts'
import { unchangingFile } from './sqlite/merge-statements.ts'
import { mergeAttached } from './sqlite/merging.ts'
import { type PlannedMigration, planMigrations } from './sqlite/migration-plan.ts'
import { openFile } from './sqlite/open-file.ts'
import { Readers } from './sqlite/readers.ts'
import type { Backup } from './sqlite/snapshot.ts'
import { Thread } from './sqlite/thread.ts'
import { Writer } from './sqlite/writer.ts'

export interface DatabaseOptions<Schema> {
  readonly file: string
  /** All there ever were, in order; applied ones never change. */
  readonly migrations: readonly Migration[]
  /** `full`: what is acknowledged survives a power failure. `normal`: it survives a crash of the process. */
  readonly durability: 'full' | 'normal'
  readonly clock: Clock
  /** For the backup before a migration; default `backups` beside the file. */
  readonly backupFolder?: string | undefined
  readonly log?: Log | undefined
  readonly limits?: Partial<WriteLimits> | undefined
  /** After each commit, before its writer hears of it; the next writer waits. Must not throw: the commit stands. */
  readonly onCommit?: ((read: Kysely<Schema>) => Promise<void>) | undefined
}

export interface WriteLimits {
  /** Writes that wait for their turn; one more is refused. Default 1,000. */
  readonly writesWaitingMax: number
  /** Longest wait for a turn, and for another process to finish. Default 15,000. */
  readonly writeWaitMs: number
  /** Longest one transaction may take. Default 30,000. */
  readonly transactionMs: number
}

const defaultLimits: WriteLimits = { writesWaitingMax: 1000, writeWaitMs: 15_000, transactionMs: 30_000 }

interface Parts<Schema> extends Pick<DatabaseOptions<Schema>, 'onCommit'> {
  readonly file: string
  readonly connection: Connection
  readonly clock: Clock
  readonly limits: WriteLimits
  readonly threads: { readonly queries: Thread; readonly maintenance: Thread }
  readonly planned: readonly PlannedMigration[]
}

/** Rows in tables: many readers, one writer, migrations, backup. */
export class Database<Schema> implements AsyncDisposable {
  /** Sees what is committed; cannot write. Never waits for writers. A transaction on it sees one state throughout. */
  readonly read: Kysely<Schema>
  readonly #readers: Readers
  readonly #writer: Writer
  readonly #writing: Kysely<Schema>
  readonly #limits: WriteLimits
  readonly #turns: Slots
  readonly #file: string
  readonly #threads: Parts<Schema>['threads']
  readonly #planned: Parts<Schema>['planned']
  readonly #onCommit: Parts<Schema>['onCommit']
  readonly #current = new AsyncLocalStorage<{ active: boolean }>()
  #closed: Promise<void> | undefined

  private constructor({ file, connection, clock, limits, threads, planned, onCommit }: Parts<Schema>) {
    this.#file = file
    this.#onCommit = onCommit
    this.#limits = limits
    this.#threads = threads
    this.#planned = planned
    this.#turns = new Slots({ slots: 1, waitingMax: limits.writesWaitingMax, waitMs: limits.writeWaitMs })
    this.#readers = new Readers(file)
    this.read = new Kysely<Schema>({ dialect: sqliteDialect(this.#readers) })
    this.#writer = new Writer(connection, { clock, waitMs: limits.writeWaitMs })
    this.#writing = new Kysely<Schema>({ dialect: sqliteDialect(this.#writer) })
  }

  /**
   * Opens or makes the file, and brings its schema up to date; a file that holds data is backed up first.
   *
   * @throws DatabaseCorrupt · DatabaseNewer · DatabaseForeign · MigrationChanged: the file is as it was.
   *   MigrationFailed: the migrations before the failed one stand.
   */
  static async open<Schema>(options: DatabaseOptions<Schema>): Promise<Database<Schema>> {
    const file = resolve(options.file)
    const threads = { queries: new Thread(file), maintenance: new Thread(file) }
    const backupFolder = options.backupFolder ?? join(dirname(file), 'backups')
    try {
      const connection = await openFile({ ...options, file, backupFolder }, threads.maintenance)
      const limits = { ...defaultLimits, ...options.limits }
      const planned = planMigrations(options.migrations)
      const { clock, onCommit } = options
      return new Database<Schema>({ file, connection, clock, limits, threads, planned, onCommit })
    } catch (failure) {
      await threads.maintenance.close()
      throw failure
    }
  }

  /**
   * Runs `work` in the one transaction that writes, and commits when it resolves. Turns come in the order of the calls.
   *
   * @param work awaits all it starts; it does no slow thing but its statements, as the others wait.
   * @returns what `work` returned, once it is committed and every later read sees it.
   * @throws DatabaseBusy (nothing was begun) · TransactionTimeout · NestedWrite · UniqueViolation ·
   *   ForeignKeyViolation · ConstraintViolation · DatabaseFull. Errors of `work` pass through. All roll back.
   */
  write<T>(
    work: (transaction: Transaction<Schema>) => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    return this.#inTurn(() => this.#transact(work), options.signal)
  }

  /**
   * Merges the rows of another file into this one, and commits when `work`, which sees them, resolves: all of it, or
   * nothing. In whatever order files are merged, and however often, the same rows come out.
   *
   * @param file examined before, as sound, or made by `compare`; it stays as it is, and nobody changes it meanwhile.
   * @throws as `write` does · DatabaseCorrupt when the file is not of this schema after all.
   */
  merge<T>(
    file: string,
    tables: readonly TravellingTable[],
    work: (transaction: Transaction<Schema>, merged: Merged) => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const merging = async (transaction: Transaction<Schema>) =>
      work(transaction, await mergeAttached(transaction, tables))
    return this.#inTurn(() => this.#attached(file, () => this.#transact(merging)), options.signal)
  }

  /** Runs a query that takes long in a thread of its own. The result must fit in memory, twice. */
  async query<T>(query: Compilable<T>, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<T[]> {
    if (this.#closed) throw new DatabaseClosed()
    const { sql, parameters } = query.compile()
    return (await this.#threads.queries.run({ kind: 'query', sql, parameters }, options.signal)) as T[]
  }

  /**
   * Copies one consistent state into one file while others read and write, and verifies the copy. The file appears
   * whole, in place of one that was there.
   *
   * @throws BackupTargetInvalid · DatabaseFull · DatabaseUnavailable · DatabaseCorrupt when the copy does not pass, as
   *   the database is damaged.
   */
  async backup(file: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Backup> {
    if (this.#closed) throw new DatabaseClosed()
    const target = resolve(file)
    if (await belongsTo(target, this.#file)) throw new BackupTargetInvalid()
    return this.#threads.maintenance.run({ kind: 'backup', target }, options.signal)
  }

  /**
   * Copies one consistent state of these tables into one file, which has all the others too, but empty: nothing else
   * of this database was ever in it. Verified, and whole when it appears.
   *
   * @throws as `backup` does.
   */
  async snapshot(
    file: string,
    tables: readonly TravellingTable[],
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Backup> {
    if (this.#closed) throw new DatabaseClosed()
    const target = resolve(file)
    if (await belongsTo(target, this.#file)) throw new BackupTargetInvalid()
    return this.#threads.maintenance.run({ kind: 'snapshot', target, tables }, options.signal)
  }

  /**
   * Looks a file over that came from elsewhere: structure, references, schema. One of an older version is brought up to
   * date in place. In a thread of its own; nobody else may have the file open.
   */
  async examine(file: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Examined> {
    if (this.#closed) throw new DatabaseClosed()
    const job = { kind: 'examine', file: resolve(file), planned: this.#planned } as const
    return this.#threads.maintenance.run(job, options.signal)
  }

  /**
   * Counts what this database and an examined file have that the other lacks, in a thread of its own.
   *
   * @param options.delta where what they have and we lack is put: merging it does as much as merging the whole file,
   *   and takes as long as what is in it. The caller removes it.
   */
  async compare(
    file: string,
    tables: readonly TravellingTable[],
    options: { readonly delta: string; readonly signal?: AbortSignal | undefined },
  ): Promise<Difference> {
    if (this.#closed) throw new DatabaseClosed()
    const job = { kind: 'compare', file: resolve(file), tables, delta: resolve(options.delta) } as const
    return this.#threads.maintenance.run(job, options.signal)
  }

  /** Looks for damage and dangling references, in a thread of its own. Empty when all is well. */
  async check(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly string[]> {
    if (this.#closed) throw new DatabaseClosed()
    return this.#threads.maintenance.run({ kind: 'check' }, options.signal)
  }

  /** Waits for the writes that were accepted. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#turns.drain()
    await Promise.all([this.#threads.queries.close(), this.#threads.maintenance.close()])
    // The writer is the last to leave: only it can fold the log into the file.
    this.#readers.close()
    this.#writer.close()
  }

  async #inTurn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#closed) throw new DatabaseClosed()
    throwIfAborted(signal)
    if (this.#current.getStore()?.active) throw new NestedWrite()
    await this.#turns.acquire(signal)
    const write = { active: true }
    try {
      return await this.#current.run(write, work)
    } finally {
      write.active = false
      this.#turns.release()
    }
  }

  /** Files can only be attached outside of transactions. */
  async #attached<T>(file: string, work: () => Promise<T>): Promise<T> {
    await sql`attach ${unchangingFile(resolve(file))} as theirs`.execute(this.#writing)
    try {
      return await work()
    } finally {
      await sql`detach theirs`.execute(this.#writing)
    }
  }

  async #transact<T>(work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
    const transacting = (transaction: Transaction<Schema>) => inTime(work(transaction), this.#limits.transactionMs)
    const value = await this.#writing.transaction().execute(transacting)
    await this.#onCommit?.(this.read)
    return value
  }
}

async function inTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TransactionTimeout(limitMs)), limitMs)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
