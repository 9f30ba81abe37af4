import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import type { Run } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { type Selectable, sql, type Transaction } from 'kysely'
import type { TelemetryTables } from '../state/telemetry.ts'
import { RunMissing } from './errors.ts'

export type RunRow = Selectable<TelemetryTables['runs']>

const batchRows = 256
const batchMs = 50
const queuedMax = 10_000

/** The execution log. Written in batches; a run can be found from the moment it is added. */
export class RunLog {
  readonly #database: Database<TelemetryTables>
  readonly #log: Log
  readonly #queued = new Map<string, RunRow>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  /** Borrows the database. */
  constructor(database: Database<TelemetryTables>, log: Log) {
    this.#database = database
    this.#log = log
  }

  add(row: RunRow): void {
    if (this.#queued.size >= queuedMax) this.#queued.delete(this.#queued.keys().next().value ?? '')
    this.#queued.set(row.id, row)
    if (this.#queued.size >= batchRows) void this.flush()
    else this.#timer ??= setTimeout(() => void this.flush(), batchMs)
  }

  /** Writes what is queued. Telemetry that cannot be written is dropped with a warning: answers do not depend on it. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing = this.#flushing.then(() => this.#writeQueued())
    return this.#flushing
  }

  async #writeQueued(): Promise<void> {
    const rows = [...this.#queued.values()].slice(0, queuedMax)
    if (rows.length === 0) return
    try {
      await this.#database.write(async transaction => {
        for (let start = 0; start < rows.length; start += batchRows) {
          await transaction
            .insertInto('runs')
            .values(rows.slice(start, start + batchRows))
            .execute()
        }
        await countUse(transaction, rows)
      })
    } catch (failure) {
      this.#log.warn({ err: failure, runs: rows.length }, 'the execution log could not be written')
    }
    for (const row of rows) this.#queued.delete(row.id)
  }

  /** @throws RunMissing */
  async get(project: string, id: string): Promise<RunRow> {
    const row =
      this.#queued.get(id) ??
      (await this.#database.read.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst())
    if (row?.project !== project) throw new RunMissing()
    return row
  }

  /** Newest first; `before` is the id the previous page ended with. */
  async list(project: string, options: { limit: number; before?: string; tool?: string }): Promise<RunRow[]> {
    await this.flush()
    let query = this.#database.read.selectFrom('runs').selectAll().where('project', '=', project)
    if (options.tool !== undefined) query = query.where('tool', '=', options.tool)
    if (options.before !== undefined) query = query.where('id', '<', options.before)
    return query.orderBy('id', 'desc').limit(options.limit).execute()
  }

  /** Forgets runs older than `keepMs`, and the oldest of very many. */
  async prune(clock: Clock, keepMs: number, rowsMax = 2_000_000): Promise<void> {
    const tooMany = this.#database.read.selectFrom('runs').select('id').orderBy('id', 'desc').offset(rowsMax).limit(1)
    const last = await tooMany.executeTakeFirst()
    await this.#database.write(async transaction => {
      await transaction
        .deleteFrom('runs')
        .where('at', '<', clock.now() - keepMs)
        .execute()
      if (last) await transaction.deleteFrom('runs').where('id', '<=', last.id).execute()
    })
  }

  async close(): Promise<void> {
    await this.flush()
  }
}

/** Adds to what is known of each tool, whose runs will be forgotten. */
async function countUse(transaction: Transaction<TelemetryTables>, rows: readonly RunRow[]): Promise<void> {
  const uses = new Map<string, TelemetryTables['tool_use']>()
  for (const { project, tool, at } of rows) {
    if (tool === null) continue
    const key = JSON.stringify([project, tool])
    const use = uses.get(key) ?? { project, tool, calls: 0, first_at: at, last_at: at }
    uses.set(key, { ...use, calls: use.calls + 1, last_at: Math.max(use.last_at, at) })
  }
  for (const use of uses.values()) {
    await transaction
      .insertInto('tool_use')
      .values(use)
      .onConflict(conflict =>
        conflict.columns(['project', 'tool']).doUpdateSet({
          calls: sql`calls + ${use.calls}`,
          last_at: sql`max(last_at, ${use.last_at})`,
        }),
      )
      .execute()
  }
}

export function toRun(row: RunRow): Run {
  return {
    id: row.id,
    at: row.at,
    user: row.user_name,
    engine: row.engine,
    source: row.source,
    text: row.text,
    mode: row.mode,
    tool: row.tool,
    outcome: row.outcome,
    code: row.code,
    elapsedMs: row.elapsed_ms,
    count: row.count,
    bytes: row.bytes,
    cached: row.cached === 1,
  }
}
