import type { FieldDef } from 'pg'
import type { WireRow } from '../connections/statement.ts'
import { toCell } from '../values/decode.ts'
import type { AnswerColumn, Cell, CutCell, PostgresAnswer } from './answer.ts'

export interface AnswerLimits {
  readonly rowsMax: number
  readonly bytesMax: number
  readonly cellBytesMax: number
}

const hints = {
  rows: 'Ask for more rows, narrow the question, or export the whole answer.',
  bytes: 'Ask for fewer or shorter columns, or export the whole answer.',
} as const

/** Collects rows up to the limits, and knows whether there were more. */
export class AnswerBuilder {
  readonly #limits: AnswerLimits
  readonly #rows: Cell[][] = []
  readonly #cut: CutCell[] = []
  #fields: readonly FieldDef[] = []
  #bytes = 0
  #truncated: 'rows' | 'bytes' | undefined

  constructor(limits: AnswerLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#rows.length
  }

  readonly takeColumns = (fields: readonly FieldDef[]): void => {
    this.#fields = fields
  }

  /** @returns false when no more rows are wanted: this one is proof that there are more. */
  readonly takeRow = (row: WireRow): boolean => {
    if (this.#truncated !== undefined) return false
    if (this.#rows.length >= this.#limits.rowsMax) return this.stopBy('rows')
    const cells: Cell[] = []
    const cut: CutCell[] = []
    let bytes = 2
    for (const [column, text] of row.entries()) {
      const shown = this.#shorten(text, column, cut)
      bytes += (shown?.length ?? 4) + 1
      cells.push(toCell(shown, this.#fields[column]!.dataTypeID))
    }
    if (this.#bytes + bytes > this.#limits.bytesMax) return this.stopBy('bytes')
    this.#bytes += bytes
    this.#rows.push(cells)
    this.#cut.push(...cut)
    return true
  }

  stopBy(limit: 'rows' | 'bytes'): false {
    this.#truncated ??= limit
    return false
  }

  answer(command: string, elapsedMs: number, typeName: (oid: number) => string | undefined): PostgresAnswer {
    return {
      command,
      columns: this.#fields.map(field => toColumn(field, typeName)),
      rows: this.#rows,
      truncated: this.#truncated === undefined ? false : { by: this.#truncated, hint: hints[this.#truncated] },
      cut: this.#cut,
      elapsedMs,
    }
  }

  /** At most so many bytes, whole characters, and a note of how long it was. */
  #shorten(text: string | null, column: number, cut: CutCell[]): string | null {
    const { cellBytesMax } = this.#limits
    if (text === null || text.length * 3 <= cellBytesMax) return text
    const sizeBytes = Buffer.byteLength(text)
    if (sizeBytes <= cellBytesMax) return text
    cut.push({ row: this.#rows.length, column, sizeBytes })
    return firstBytes(text, cellBytesMax)
  }
}

/** Characters are not cut in half, so it may be up to three bytes shorter. */
function firstBytes(text: string, bytesMax: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax))
  return text.slice(0, read)
}

function toColumn({ name, dataTypeID }: FieldDef, typeName: (oid: number) => string | undefined): AnswerColumn {
  return { name, type: typeName(dataTypeID) ?? `type ${dataTypeID}` }
}
