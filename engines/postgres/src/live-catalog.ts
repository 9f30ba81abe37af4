import type { Catalog, Maintenance, Notice } from './catalog.ts'
import type { Connection, RunLimits } from './connections/connection.ts'
import type { WireRow } from './connections/statement.ts'
import { toJavaScript } from './values/decode.ts'
import { toWire } from './values/encode.ts'

/** The catalogue through one connection, for as long as the caller holds it. */
export class LiveCatalog implements Catalog, Maintenance {
  readonly #connection: Connection
  readonly #limits: RunLimits

  constructor(connection: Connection, limits: RunLimits) {
    this.#connection = connection
    this.#limits = limits
  }

  get serverVersion(): number {
    return this.#connection.serverVersion
  }

  get backendPid(): number {
    return this.#connection.backendPid
  }

  async rows<Row extends object>(text: string, params: readonly unknown[] = []): Promise<Row[]> {
    const rows: WireRow[] = []
    let columns: readonly { readonly name: string; readonly dataTypeID: number }[] = []
    const request = {
      text,
      values: params.map(toWire),
      onColumns: (fields: typeof columns) => {
        columns = fields
      },
      onRow: (row: WireRow) => rows.push(row) > 0,
    }
    await this.#connection.run(request, this.#limits)
    return rows.map(row => toObject(row, columns) as Row)
  }

  async run(text: string, options: { readonly onNotice?: (notice: Notice) => void } = {}): Promise<string> {
    this.#connection.onNotice = options.onNotice
    try {
      return (await this.#connection.run({ text }, this.#limits)).tag ?? ''
    } finally {
      this.#connection.onNotice = undefined
    }
  }
}

function toObject(
  row: WireRow,
  columns: readonly { readonly name: string; readonly dataTypeID: number }[],
): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name, dataTypeID }, place) => [name, toJavaScript(row[place]!, dataTypeID)]))
}
