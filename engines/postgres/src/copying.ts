import { commit } from './connections/commit.ts'
import type { Connection } from './connections/connection.ts'
import { CopyIn, CopyOut } from './connections/copy.ts'
import type { Logins } from './connections/logins.ts'
import { PolicyDenied, PostgresParameterInvalid, PostgresResultTooLarge, PostgresUnavailable } from './errors.ts'
import type { PostgresLimits } from './limits.ts'
import type { Gate } from './sql/gate.ts'
import { quoteIdentifier, quoteQualified } from './sql/identifier.ts'
import { bareStatement, parseStatement, type Tree } from './sql/parser.ts'
import { beginReading, beginWriting } from './sql/prologue.ts'

export type CopyFormat = 'csv' | 'text'

export interface CopyProgress {
  readonly bytes: number
}

export interface ExportRequest {
  /** One SELECT, VALUES or TABLE; COPY takes no parameters. */
  readonly text: string
  readonly format?: CopyFormat
  /** A first line with the names of the columns. Default true. */
  readonly header?: boolean
  /** More than this ends the export with an error. */
  readonly bytesMax: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: CopyProgress) => void
  /** Gets blocks of about 64 KiB; the server waits while it does. */
  readonly write: (block: Buffer) => Promise<void> | void
}

export interface ImportRequest {
  readonly schema: string
  readonly table: string
  /** In the order of the data; default: as the table has them. */
  readonly columns?: readonly string[]
  readonly format?: CopyFormat
  /** The first line is the names of the columns, and is left out. Default true. */
  readonly header?: boolean
  readonly bytesMax: number
  readonly dryRun?: boolean
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: CopyProgress) => void
  readonly source: AsyncIterable<Uint8Array>
}

export interface Copied {
  readonly rows: number
  readonly bytes: number
  readonly rolledBack?: boolean
}

/** Framing and headers of the protocol around the bytes that are counted. */
const framingBytes = 1 << 20

/** Bulk data, out by the reader and in by the writer, streamed both ways. */
export class Copying {
  readonly #logins: Logins
  readonly #gates: Readonly<Record<'read' | 'write', Gate>>
  readonly #limits: PostgresLimits

  constructor(parts: {
    readonly logins: Logins
    readonly gates: Readonly<Record<'read' | 'write', Gate>>
    readonly limits: PostgresLimits
  }) {
    this.#logins = parts.logins
    this.#gates = parts.gates
    this.#limits = parts.limits
  }

  async export(request: ExportRequest): Promise<Copied> {
    const text = await this.#exportText(request)
    const counter = new ByteCounter(request.bytesMax, request.onProgress)
    const copy = new CopyOut(text, block => {
      counter.count(block.length)
      return request.write(block)
    })
    const pool = this.#logins.pool('reader')
    const connection = await this.#logins.begin(pool, beginReading(this.#times()), request.signal)
    try {
      const { tag } = await connection.copy(copy, this.#runLimits(request))
      await copy.finish()
      return { rows: rowsOf(tag), bytes: counter.bytes }
    } finally {
      pool.giveBack(connection)
    }
  }

  async import(request: ImportRequest): Promise<Copied> {
    const text = importText(request)
    this.#gates.write.checkTable({ schema: request.schema, name: request.table })
    const pool = this.#logins.pool('writer')
    const connection = await this.#logins.begin(pool, beginWriting(this.#times()), request.signal)
    try {
      return await this.#importInto(connection, text, request)
    } finally {
      pool.giveBack(connection)
    }
  }

  async #importInto(connection: Connection, text: string, request: ImportRequest): Promise<Copied> {
    const counter = new ByteCounter(request.bytesMax, request.onProgress)
    const copy = new CopyIn(text, counted(request.source, counter), request.signal)
    const { tag } = await connection.copy(copy, this.#runLimits(request))
    if (request.dryRun) await connection.fixed('ROLLBACK')
    else await commit(connection)
    return { rows: rowsOf(tag), bytes: counter.bytes, rolledBack: request.dryRun === true }
  }

  /** The statement becomes part of another one, so what came out is parsed again. */
  async #exportText({ text, format = 'csv', header = true }: ExportRequest): Promise<string> {
    const statement = await this.#gates.read.check(text, 'read')
    if (statement.command !== 'SELECT')
      throw new PolicyDenied(`${statement.command} cannot be exported`, { hint: 'Export a SELECT.' })
    if (statement.parameters > 0)
      throw new PostgresParameterInvalid('an export takes no parameters: COPY has none', {
        hint: 'Write the values into the text.',
      })
    const query = await bareStatement(text, this.#limits.textBytesMax)
    const copy = `COPY (${query}\n) TO STDOUT WITH (${optionsText(format, header)}, ENCODING 'UTF8')`
    const tree = (await parseStatement(copy, this.#limits.textBytesMax * 2))['CopyStmt'] as Tree | undefined
    const isPlain = tree?.['query'] !== undefined && !tree['is_from'] && !tree['is_program'] && !tree['filename']
    if (!isPlain) throw new PolicyDenied('the statement cannot be exported', { hint: 'Leave out what follows it.' })
    return copy
  }

  #times() {
    return { timeoutMs: this.#limits.copyTimeoutMs, lockTimeoutMs: this.#limits.lockTimeoutMs }
  }

  #runLimits({ bytesMax, signal }: ExportRequest | ImportRequest) {
    return { signal, timeoutMs: this.#limits.copyTimeoutMs, wireBytesMax: bytesMax * 2 + framingBytes }
  }
}

/** Counts what moves, and stops when it is too much. */
class ByteCounter {
  readonly #max: number
  readonly #onProgress: ((progress: CopyProgress) => void) | undefined
  bytes = 0

  constructor(max: number, onProgress: ((progress: CopyProgress) => void) | undefined) {
    this.#max = max
    this.#onProgress = onProgress
  }

  /** @throws PostgresResultTooLarge */
  count(bytes: number): void {
    this.bytes += bytes
    this.#onProgress?.({ bytes: this.bytes })
    if (this.bytes <= this.#max) return
    throw new PostgresResultTooLarge(`more than ${this.#max} bytes would move`, {
      hint: 'Narrow the data, or move it in parts.',
      details: { bytesMax: this.#max },
    })
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, counter: ByteCounter): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    counter.count(chunk.length)
    yield chunk
  }
}

function importText({ schema, table, columns, format = 'csv', header = true }: ImportRequest): string {
  const list = columns && columns.length > 0 ? ` (${columns.map(quoteIdentifier).join(', ')})` : ''
  const name = quoteQualified({ schema, name: table })
  return `COPY ${name}${list} FROM STDIN WITH (${optionsText(format, header)}, ENCODING 'UTF8')`
}

function optionsText(format: CopyFormat, header: boolean): string {
  return `FORMAT ${format === 'csv' ? 'csv' : 'text'}, HEADER ${header ? 'true' : 'false'}`
}

function rowsOf(tag: string | undefined): number {
  if (tag === undefined) throw new PostgresUnavailable('the copy ended early')
  return Number(/\d+$/.exec(tag)?.[0] ?? 0)
}
