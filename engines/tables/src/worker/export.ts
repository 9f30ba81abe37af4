import type { DuckDBConnection } from '@duckdb/node-api'
import type { TableFile } from '../table-file.ts'
import { identifier, literal } from './quote.ts'
import { openConfined, type SandboxSettings, tryReaders } from './sandbox.ts'

/** Writes a table as newline-delimited JSON, each value as a query would answer it. */
export class Export {
  readonly #connection: DuckDBConnection
  readonly #close: () => void

  private constructor(connection: DuckDBConnection, close: () => void) {
    this.#connection = connection
    this.#close = close
  }

  static async open(table: TableFile, target: string, settings: SandboxSettings): Promise<Export> {
    const instance = await openConfined([table.file, target], settings)
    const connection = await instance.connect()
    return new Export(connection, () => {
      connection.closeSync()
      instance.closeSync()
    })
  }

  interrupt(): void {
    this.#connection.interrupt()
  }

  run(table: TableFile, target: string): Promise<{ rows: number }> {
    const whole = table.sizeBytes < 256 * 1024 * 1024
    return tryReaders(this.#connection, table, whole, async reader => {
      const selection = await this.#selection(reader)
      const result = await this.#connection.run(
        `COPY (SELECT ${selection} FROM ${reader}) TO ${literal(target)} (FORMAT json, USE_TMP_FILE false)`,
      )
      return { rows: Number((await result.getRows())[0]![0]) }
    })
  }

  close(): void {
    this.#close()
  }

  async #selection(reader: string): Promise<string> {
    const described = await this.#connection.runAndReadAll(`DESCRIBE FROM ${reader}`)
    return described
      .getRows()
      .map(row => column(identifier(String(row[0])), String(row[1])))
      .join(', ')
  }
}

/** JSON has no type for these; they take the form a query's answer gives them. */
function column(name: string, type: string): string {
  if (type === 'FLOAT' || type === 'DOUBLE') return `CASE WHEN isfinite(${name}) THEN ${name} END AS ${name}`
  if (type === 'BLOB') return `base64(${name}) AS ${name}`
  if (type === 'TIMESTAMP WITH TIME ZONE') return `replace(replace(${name}::VARCHAR, ' ', 'T'), '+00', 'Z') AS ${name}`
  if (type.startsWith('TIMESTAMP')) return `replace(${name}::VARCHAR, ' ', 'T') AS ${name}`
  return name
}
