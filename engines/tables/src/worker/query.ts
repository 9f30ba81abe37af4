import { type DuckDBConnection, type DuckDBPreparedStatement, type DuckDBResult, StatementType } from '@duckdb/node-api'
import { SqlRefused } from '../errors.ts'
import type { Parsed, RunJob, RunResult } from '../protocol.ts'
import type { Column } from '../table-file.ts'
import { bindParameters, checkNames } from './bind.ts'
import { RowWriter, typeName } from './row-writer.ts'

/** Text sent at once. */
const frameBytes = 64 * 1024

/** Where rows go. `rows` waits until there is room, and says whether more is wanted. */
export interface Receiver {
  columns(columns: readonly Column[]): void
  rows(lines: string[]): Promise<boolean>
}

const runnable: ReadonlySet<StatementType> = new Set([StatementType.SELECT, StatementType.EXPLAIN])

/** The columns of a statement, as far as they are known without running it. */
export async function describeColumns(
  connection: DuckDBConnection,
  text: string,
  parameters: readonly string[],
): Promise<Pick<Parsed, 'columns'>> {
  const statement = await prepare(connection, text)
  try {
    if (parameters.length > 0) return {}
    const places = Array.from({ length: statement.columnCount }, (_, place) => place)
    return {
      columns: places.map(place => ({
        name: statement.columnName(place),
        type: typeName(statement.columnType(place)),
      })),
    }
  } finally {
    statement.destroySync()
  }
}

/** Runs a statement that has been found harmless and hands on its rows until a limit is met. */
export async function runQuery(
  connection: DuckDBConnection,
  job: RunJob,
  context: { parameters: readonly string[]; scrub: (text: string) => string; receiver: Receiver },
): Promise<RunResult> {
  checkNames(context.parameters, job.parameters)
  const statement = await prepare(connection, job.text)
  try {
    bindParameters(statement, context.parameters, job.parameters)
    const explains = statement.statementType === StatementType.EXPLAIN
    const result = await statement.stream()
    const columns = columnsOf(result)
    context.receiver.columns(columns)
    const outcome = await sendRows(result, job, context.receiver, explains ? context.scrub : line => line)
    return { ...outcome, columns }
  } finally {
    statement.destroySync()
  }
}

async function prepare(connection: DuckDBConnection, text: string): Promise<DuckDBPreparedStatement> {
  const statement = await connection.prepare(text)
  if (runnable.has(statement.statementType)) return statement
  statement.destroySync()
  throw new SqlRefused('only SELECT and its like may run')
}

function columnsOf(result: DuckDBResult): Column[] {
  const types = result.columnTypes()
  return result.columnNames().map((name, place) => ({ name, type: typeName(types[place]!) }))
}

async function sendRows(
  result: DuckDBResult,
  limits: Pick<RunJob, 'rowsMax' | 'bytesMax'>,
  receiver: Receiver,
  mend: (line: string) => string,
): Promise<Omit<RunResult, 'columns'>> {
  const frame = new Frame(receiver)
  for await (const line of linesOf(result, mend)) {
    const size = Buffer.byteLength(line) + 1
    if (frame.rows === limits.rowsMax) return frame.end('rows')
    if (frame.bytes + size > limits.bytesMax) return frame.end('bytes')
    if (!(await frame.add(line, size))) break
  }
  return frame.end(false)
}

async function* linesOf(result: DuckDBResult, mend: (line: string) => string): AsyncGenerator<string> {
  const writer = new RowWriter(result.columnTypes())
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return
    for (const line of writer.lines(chunk)) yield mend(line)
  }
}

/** Rows on their way out, counted. */
class Frame {
  rows = 0
  bytes = 0
  #lines: string[] = []
  #held = 0
  readonly #receiver: Receiver

  constructor(receiver: Receiver) {
    this.#receiver = receiver
  }

  async add(line: string, size: number): Promise<boolean> {
    this.#lines.push(line)
    this.rows++
    this.bytes += size
    this.#held += size
    return this.#held < frameBytes || (await this.#send())
  }

  async end(truncated: RunResult['truncated']): Promise<Omit<RunResult, 'columns'>> {
    if (this.#lines.length > 0) await this.#send()
    return { rows: this.rows, truncated }
  }

  #send(): Promise<boolean> {
    const lines = this.#lines
    this.#lines = []
    this.#held = 0
    return this.#receiver.rows(lines)
  }
}
