import type { FieldDef } from 'pg'
import type { AnswerColumn, Cell } from './answers/answer.ts'
import type { Flow, WireRow } from './connections/statement.ts'
import { toCell } from './values/decode.ts'

/** Where the rows of one statement go. */
export interface RowTaker {
  readonly onColumns: (columns: readonly AnswerColumn[]) => void
  /** The server waits while rows are taken. @returns false when no more are wanted. */
  readonly onRows: (rows: readonly (readonly Cell[])[]) => Promise<boolean>
}

/** Characters collected before they are handed on: the server sends row by row. */
const batchChars = 64 << 10

/** Hands rows on as they come, whole, and never holds more than a few batches of them. */
export class RowStream {
  readonly #taker: RowTaker
  readonly #typeName: (oid: number) => string | undefined
  readonly #enough = Promise.withResolvers<void>()
  #fields: readonly FieldDef[] = []
  #rows: Cell[][] = []
  #chars = 0
  #stopped = false
  #failure: unknown
  #flow: Flow | undefined
  #taking: Promise<void> = Promise.resolve()

  constructor(taker: RowTaker, typeName: (oid: number) => string | undefined) {
    this.#taker = taker
    this.#typeName = typeName
  }

  /** Whether rows were left that nobody wanted. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** Resolves when no more rows are wanted, before the server has heard of it. */
  get enough(): Promise<void> {
    return this.#enough.promise
  }

  readonly takeFlow = (flow: Flow): void => {
    this.#flow = flow
  }

  readonly takeColumns = (fields: readonly FieldDef[]): void => {
    this.#fields = fields
    this.#taker.onColumns(
      fields.map(({ name, dataTypeID: type }) => ({ name, type: this.#typeName(type) ?? `type ${type}` })),
    )
  }

  /** @returns false when no more rows are wanted. */
  readonly takeRow = (row: WireRow): boolean => {
    if (this.#stopped) return false
    this.#rows.push(row.map((text, column) => toCell(text, this.#fields[column]!.dataTypeID)))
    for (const text of row) this.#chars += (text?.length ?? 4) + 1
    if (this.#chars >= batchChars) this.#handOn()
    return true
  }

  /** Ends early: what comes from now on is dropped. */
  stop(): void {
    this.#stopped = true
    this.#flow?.resume()
    this.#enough.resolve()
  }

  /** Lets go of the connection, which may be somebody else's in a moment. */
  release(): void {
    this.#flow?.resume()
    this.#flow = undefined
  }

  /** Hands on what is left once the server has finished. */
  async finish(): Promise<void> {
    this.#handOn()
    await this.settle()
  }

  /** Waits until nothing is being taken any more. @throws what the taker threw */
  async settle(): Promise<void> {
    await this.#taking
    if (this.#failure !== undefined) throw this.#failure
  }

  #handOn(): void {
    const rows = this.#rows
    this.#rows = []
    this.#chars = 0
    if (rows.length === 0 || this.#stopped) return
    this.#flow?.pause()
    this.#taking = this.#taking
      .then(() => (this.#stopped ? false : this.#taker.onRows(rows)))
      .then(goesOn => (goesOn ? undefined : this.stop()))
      .catch((failure: unknown) => {
        this.#failure = failure
        this.stop()
      })
      .finally(() => this.#flow?.resume())
  }
}
