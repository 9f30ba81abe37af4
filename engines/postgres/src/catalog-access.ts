import { throwIfAborted } from '@super-data/base/errors'
import type { Catalog, Defined, Definition, Maintenance, Notice, TimeOptions } from './catalog.ts'
import type { Connection, RunLimits } from './connections/connection.ts'
import type { Logins } from './connections/logins.ts'
import type { Pool } from './connections/pool.ts'
import type { PostgresLimits } from './limits.ts'
import { LiveCatalog } from './live-catalog.ts'
import { beginReading, beginWriting, setTimes, type TransactionTimes } from './sql/prologue.ts'

/** What catalogue queries of ours may bring back. */
export const catalogBytesMax = 64 << 20

/** SQL of ours on connections of a source: looking around, rehearsing, maintaining, defining. */
export class CatalogAccess {
  readonly #logins: Logins
  readonly #limits: PostgresLimits

  constructor(logins: Logins, limits: PostgresLimits) {
    this.#logins = logins
    this.#limits = limits
  }

  inspect<T>(
    signal: AbortSignal | undefined,
    work: (catalog: Catalog) => Promise<T>,
    options: TimeOptions,
  ): Promise<T> {
    const times = this.#times(options, this.#limits.readTimeoutMs)
    return this.#hold(this.#logins.pool('reader'), beginReading(times), { times, signal, work })
  }

  rehearse<T>(
    signal: AbortSignal | undefined,
    work: (catalog: Catalog) => Promise<T>,
    options: TimeOptions,
  ): Promise<T> {
    const times = this.#times(options, this.#limits.writeTimeoutMs)
    return this.#hold(this.#logins.pool('writer'), beginWriting(times), { times, signal, work })
  }

  maintain<T>(
    signal: AbortSignal | undefined,
    work: (maintenance: Maintenance) => Promise<T>,
    options: TimeOptions,
  ): Promise<T> {
    const times = this.#times(options, this.#limits.copyTimeoutMs)
    return this.#hold(this.#changing(), setTimes(times), { times, signal, work })
  }

  define(signal: AbortSignal | undefined, definition: Definition): Promise<Defined> {
    const times = this.#times(definition, this.#limits.writeTimeoutMs)
    const prologue = definition.alone ? setTimes(times) : beginWriting(times)
    const work = (_: Catalog, connection: Connection, limits: RunLimits) => execute(connection, definition, limits)
    return this.#hold(this.#changing(), prologue, { times, signal, work })
  }

  async #hold<T>(
    pool: Pool,
    prologue: string,
    task: {
      readonly times: TransactionTimes
      readonly signal: AbortSignal | undefined
      readonly work: (catalog: LiveCatalog, connection: Connection, limits: RunLimits) => Promise<T>
    },
  ): Promise<T> {
    const connection = await this.#logins.begin(pool, prologue, task.signal)
    try {
      const limits = { signal: task.signal, timeoutMs: task.times.timeoutMs, wireBytesMax: catalogBytesMax }
      return await task.work(new LiveCatalog(connection, limits), connection, limits)
    } finally {
      pool.giveBack(connection)
    }
  }

  /** Settings of the connection last longer than a transaction there, so that its backend must be its own. */
  #changing(): Pool {
    return this.#logins.has('admin') ? this.#logins.pool('admin') : this.#logins.sessionPool('writer')
  }

  #times({ timeoutMs, lockTimeoutMs }: TimeOptions, otherwiseMs: number): TransactionTimes {
    return { timeoutMs: timeoutMs ?? otherwiseMs, lockTimeoutMs: lockTimeoutMs ?? this.#limits.lockTimeoutMs }
  }
}

async function execute(connection: Connection, definition: Definition, limits: RunLimits): Promise<Defined> {
  const done = await runDefinition(connection, definition, limits)
  if (!definition.alone) await connection.fixed(definition.dryRun ? 'ROLLBACK' : 'COMMIT')
  return { ...done, rolledBack: definition.dryRun === true && !definition.alone }
}

/** Runs it where a transaction is open, or none is needed, and leaves that as it is. */
export async function runDefinition(
  connection: Connection,
  { statements, look }: Pick<Definition, 'statements' | 'look'>,
  limits: RunLimits,
): Promise<Pick<Defined, 'tags' | 'notices'>> {
  const tags: string[] = []
  const notices: Notice[] = []
  connection.onNotice = notice => notices.push(notice)
  try {
    for (const text of statements) tags.push((await connection.run({ text }, limits)).tag ?? '')
    await look?.(new LiveCatalog(connection, limits))
    throwIfAborted(limits.signal)
    return { tags, notices }
  } finally {
    connection.onNotice = undefined
  }
}
