import type { Usage } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { type RawBuilder, sql } from 'kysely'
import type { RunLog } from '../queries/run-log.ts'
import type { TelemetryTables } from '../state/telemetry.ts'

/** Runs of one project since some time; of one tool when it is named. */
export interface RunSelection {
  readonly project: string
  readonly since: number
  readonly tool?: string | undefined
}

/** Error codes told of each tool. */
const codesMax = 20

interface UsageRow extends Omit<Usage, 'errors'> {
  readonly tool: string | null
  readonly lastAt: number
}

interface ErrorRow {
  readonly tool: string | null
  readonly code: string
  readonly count: number
}

/** Answers from the execution log, in a thread of its own: nobody waits for somebody else's statistics. */
export class RunStatistics {
  readonly #telemetry: Database<TelemetryTables>
  readonly #runs: RunLog

  /** Borrows both. */
  constructor(telemetry: Database<TelemetryTables>, runs: RunLog) {
    this.#telemetry = telemetry
    this.#runs = runs
  }

  /** All runs together. */
  async overall(selection: RunSelection, signal: AbortSignal): Promise<Usage> {
    const [row] = await this.#rows<UsageRow>(usageQuery(selection, 'together'), signal)
    if (!row) return emptyUsage
    return toUsage(row, await this.#rows<ErrorRow>(errorQuery(selection, 'together'), signal))
  }

  /** Each tool that was called; most called first. */
  async byTool(selection: RunSelection, signal: AbortSignal): Promise<(Usage & { tool: string; lastAt: number })[]> {
    const rows = await this.#rows<UsageRow>(usageQuery(selection, 'by tool'), signal)
    const errors = Map.groupBy(await this.#rows<ErrorRow>(errorQuery(selection, 'by tool'), signal), row => row.tool)
    return rows.flatMap(row => {
      const { tool, lastAt } = row
      return tool === null ? [] : [{ tool, lastAt, ...toUsage(row, errors.get(tool) ?? []) }]
    })
  }

  /** How often the most frequent parameters were given. */
  async sameParameters(selection: RunSelection, signal: AbortSignal): Promise<number> {
    const most = sql<{ count: number }>`
      select count(*) as count ${selected(selection)} and params is not null group by params order by count desc limit 1`
    const [row] = await this.#rows(most, signal)
    return row?.count ?? 0
  }

  /** When each tool was last called, however long ago. */
  async lastUse(project: string): Promise<ReadonlyMap<string, number>> {
    await this.#runs.flush()
    const rows = await this.#telemetry.read
      .selectFrom('tool_use')
      .select(['tool', 'last_at'])
      .where('project', '=', project)
      .execute()
    return new Map(rows.map(row => [row.tool, row.last_at]))
  }

  /** Since when there is a log at all: what came before is not known. */
  async since(): Promise<number | undefined> {
    const { read } = this.#telemetry
    const run = await read.selectFrom('runs').select('at').orderBy('at').limit(1).executeTakeFirst()
    const use = await read.selectFrom('tool_use').select('first_at').orderBy('first_at').limit(1).executeTakeFirst()
    const times = [run?.at, use?.first_at].filter(at => at !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  async #rows<Row>(query: RawBuilder<Row>, signal: AbortSignal): Promise<Row[]> {
    await this.#runs.flush()
    return this.#telemetry.query<Row>({ compile: () => query.compile(this.#telemetry.read) }, { signal })
  }
}

const emptyUsage: Usage = {
  ...{ calls: 0, users: 0, failed: 0, cancelled: 0, cached: 0 },
  ...{ p50Ms: null, p95Ms: null, p99Ms: null, rows: 0, bytes: 0, errors: [] },
}

function toUsage({ tool: _, lastAt: __, ...usage }: UsageRow, errors: readonly ErrorRow[]): Usage {
  return { ...usage, errors: errors.slice(0, codesMax).map(({ code, count }) => ({ code, count })) }
}

type Grouping = 'together' | 'by tool'

const groupOf = (grouping: Grouping) => (grouping === 'by tool' ? sql`tool` : sql`null`)

function selected({ project, since, tool }: RunSelection) {
  const ofTool = tool === undefined ? sql`` : sql`and tool = ${tool}`
  return sql`from runs where project = ${project} and at >= ${since} ${ofTool}`
}

/** The smallest time that so many per cent of the calls did not exceed. */
function percentile(percent: number) {
  const place = sql.lit(percent)
  return sql`min(case when outcome <> 'cancelled' and place * 100 >= timed * ${place} then elapsed_ms end)`
}

function usageQuery(selection: RunSelection, grouping: Grouping) {
  const group = groupOf(grouping)
  return sql<UsageRow>`
    with ranked as (
      select ${group} as tool, at, user_id, outcome, elapsed_ms, count, bytes, cached,
        row_number() over (partition by ${group}, outcome = 'cancelled' order by elapsed_ms) as place,
        count(*) over (partition by ${group}, outcome = 'cancelled') as timed
      ${selected(selection)}
    )
    select tool, max(at) as "lastAt", count(*) as calls, count(distinct user_id) as users,
      sum(outcome = 'failed') as failed, sum(outcome = 'cancelled') as cancelled, sum(cached) as cached,
      ${percentile(50)} as "p50Ms", ${percentile(95)} as "p95Ms", ${percentile(99)} as "p99Ms",
      coalesce(sum(count), 0) as rows, coalesce(sum(bytes), 0) as bytes
    from ranked group by tool order by calls desc, tool`
}

function errorQuery(selection: RunSelection, grouping: Grouping) {
  return sql<ErrorRow>`
    select ${groupOf(grouping)} as tool, code, count(*) as count
    ${selected(selection)} and outcome = 'failed' and code is not null
    group by 1, 2 order by count desc, code`
}
