import { setImmediate as nextTurn } from 'node:timers/promises'
import { PlatformError } from '@super-data/base/errors'
import type { EngineName, JsonValue } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { sql } from 'kysely'
import type { RunLog } from '../queries/run-log.ts'
import type { TelemetryTables } from '../state/telemetry.ts'
import { jqShape } from './jq-shape.ts'
import type { QuestionShape } from './question-shape.ts'
import { sqlShape } from './sql-shape.ts'

/** What is asked, whatever the values. */
export interface QuestionKind {
  readonly engine: EngineName
  readonly source: string | null
  readonly mode: 'document' | 'records'
  readonly shape: QuestionShape
}

/** A question that people have asked, in the words of the one who asked last. */
export interface AskedQuestion extends QuestionKind {
  readonly asked: number
  readonly users: number
  readonly firstAt: number
  readonly lastAt: number
  readonly lastRun: string
  /** Of each hole, the different values that stood in the texts; the latest first. */
  readonly values: readonly (readonly JsonValue[])[]
  /** Of each hole, whether somebody has put a parameter there. */
  readonly parameters: readonly (string | undefined)[]
  /** The texts as they were written. */
  readonly texts: readonly string[]
}

interface TextRow {
  readonly engine: string
  readonly source: string | null
  readonly mode: 'document' | 'records'
  readonly text: string
  readonly asked: number
  readonly users: string
  readonly firstAt: number
  readonly lastAt: number
  readonly lastRun: string
}

const limits = {
  /** Different texts looked at; the latest count. */
  texts: 2_000,
  textChars: 20_000,
  shapes: 5_000,
  /** Values of a hole that are told apart. */
  values: 20,
}

/** The ad-hoc questions of a project that were answered, by what they ask. */
export class AskedQuestions {
  readonly #telemetry: Database<TelemetryTables>
  readonly #runs: RunLog
  readonly #shapes = new Map<string, QuestionShape | undefined>()

  /** Borrows both. */
  constructor(telemetry: Database<TelemetryTables>, runs: RunLog) {
    this.#telemetry = telemetry
    this.#runs = runs
  }

  async since(project: string, since: number, signal: AbortSignal): Promise<AskedQuestion[]> {
    const groups = new Map<string, { row: TextRow; shape: QuestionShape }[]>()
    for (const [place, row] of (await this.#texts(project, since, signal)).entries()) {
      // Parsing thousands of texts is no reason to let others wait.
      if (place % 50 === 49) await nextTurn()
      const shape = this.shapeOf(row.engine, row.text)
      if (!shape) continue
      const key = keyOf({ ...row, shape })
      groups.set(key, [...(groups.get(key) ?? []), { row, shape }])
    }
    return [...groups.values()].map(together)
  }

  /** @returns undefined for what no engine here can read any more */
  shapeOf(engine: string, text: string): QuestionShape | undefined {
    const key = `${engine} ${text}`
    if (this.#shapes.has(key)) return this.#shapes.get(key)
    if (this.#shapes.size >= limits.shapes) this.#shapes.clear()
    const shape = text.length > limits.textChars ? undefined : readShape(engine, text)
    this.#shapes.set(key, shape)
    return shape
  }

  /** The parameters that one person gave with any of these texts: theirs alone to be shown. */
  async parametersOf(
    project: string,
    userId: string,
    texts: readonly string[],
  ): Promise<Readonly<Record<string, JsonValue>>[]> {
    const rows = await this.#telemetry.read
      .selectFrom('runs')
      .select('params')
      .distinct()
      .where('project', '=', project)
      .where('user_id', '=', userId)
      .where('tool', 'is', null)
      .where('text', 'in', texts.slice(0, limits.values))
      .where('params', 'is not', null)
      .limit(limits.values)
      .execute()
    return rows.map(row => JSON.parse(row.params!) as Record<string, JsonValue>)
  }

  async #texts(project: string, since: number, signal: AbortSignal): Promise<TextRow[]> {
    await this.#runs.flush()
    const query = sql<TextRow>`
      select engine, source, mode, text, count(*) as asked, json_group_array(distinct user_id) as users,
        min(at) as "firstAt", max(at) as "lastAt",
        max(id) as "lastRun"
      from runs where project = ${project} and at >= ${since} and tool is null and outcome = 'ok'
      group by engine, source, mode, text order by "lastAt" desc limit ${sql.lit(limits.texts)}`
    return this.#telemetry.query<TextRow>({ compile: () => query.compile(this.#telemetry.read) }, { signal })
  }
}

function readShape(engine: string, text: string): QuestionShape | undefined {
  try {
    if (engine === 'jq') return jqShape(text)
    return engine === 'sql' || engine === 'postgres' ? sqlShape(text) : undefined
  } catch (failure) {
    if (failure instanceof PlatformError) return undefined
    throw failure
  }
}

/** Equal for questions that differ in values only. SQL over datasets names its data in the text. */
export function keyOf(kind: { engine: string; source: string | null; mode: string; shape: QuestionShape }): string {
  const { engine, source, mode, shape } = kind
  return JSON.stringify(engine === 'sql' ? [engine, shape.text] : [engine, source, mode, shape.text])
}

/** @param rows the latest first */
function together(rows: readonly { row: TextRow; shape: QuestionShape }[]): AskedQuestion {
  const [{ row, shape }] = rows as [(typeof rows)[number]]
  const places = shape.holes.map((_, place) => rows.map(each => each.shape.holes[place]!))
  return {
    engine: row.engine as QuestionKind['engine'],
    source: row.source,
    mode: row.mode,
    shape,
    asked: rows.reduce((sum, each) => sum + each.row.asked, 0),
    users: new Set(rows.flatMap(each => JSON.parse(each.row.users) as string[])).size,
    firstAt: Math.min(...rows.map(each => each.row.firstAt)),
    lastAt: Math.max(...rows.map(each => each.row.lastAt)),
    lastRun: row.lastRun,
    values: places.map(holes => different(holes.flatMap(hole => (hole.value === undefined ? [] : [hole.value])))),
    parameters: places.map(holes => holes.find(hole => hole.parameter !== undefined)?.parameter),
    texts: rows.map(each => each.row.text),
  }
}

function different(values: readonly JsonValue[]): JsonValue[] {
  const texts = [...new Set(values.map(value => JSON.stringify(value)))].slice(0, limits.values)
  return texts.map(text => JSON.parse(text) as JsonValue)
}
