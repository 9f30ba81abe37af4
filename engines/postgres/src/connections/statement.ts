import type { FieldDef, Submittable, Connection as Wire } from 'pg'
import type { WireInternals } from './driver.ts'

/** A value as it travels: text, bytes, or null. */
export type WireValue = string | Buffer | null

/** What the server sends of one row. */
export type WireRow = readonly (string | null)[]

/** Lets the server wait: what it has sent already still arrives. */
export interface Flow {
  pause(): void
  resume(): void
}

export interface StatementRequest {
  /** One statement: sent by the extended protocol, which takes no more. */
  readonly text: string
  readonly values?: readonly WireValue[]
  /** Type oids of the values, 0 where the server decides. */
  readonly types?: readonly number[]
  /** Called before anything arrives. */
  readonly onFlow?: (flow: Flow) => void
  readonly onColumns?: (columns: readonly FieldDef[]) => void
  /** @returns false when no more rows are wanted. */
  readonly onRow?: (row: WireRow) => boolean
  /**
   * Rows asked for at a time. Without it all are sent at once, which keeps parallel plans, and stopping takes a cancel
   * that fails the transaction; with it stopping leaves the transaction as it was.
   */
  readonly batch?: number
}

/** One statement on the wire, as `pg` submits it. */
export class Statement implements Submittable {
  readonly #request: StatementRequest
  /** Called once, when the rest of the rows is not wanted and only a cancel can stop them. */
  readonly #onEnough: () => void
  #enough = false
  /** The command tag: `SELECT 3`, `INSERT 0 1`. Absent when the statement was stopped or failed. */
  tag: string | undefined
  error: Error | undefined

  constructor(request: StatementRequest, onEnough: () => void) {
    this.#request = request
    this.#onEnough = onEnough
  }

  submit(wire: Wire): void {
    const { text, values = [], types = [], onFlow } = this.#request
    onFlow?.({ pause: () => wire.stream.pause(), resume: () => wire.stream.resume() })
    wire.stream.cork()
    try {
      wire.parse({ name: '', text, types: types as unknown as string[] }, true)
      wire.bind({ values: [...values] }, true)
      wire.describe({ type: 'P', name: '' }, true)
      this.#execute(wire)
    } finally {
      wire.stream.uncork()
    }
  }

  #execute(wire: Wire): void {
    const { batch } = this.#request
    wire.execute(batch === undefined ? {} : { rows: batch as unknown as string }, true)
    if (batch === undefined) wire.sync()
    else wire.flush()
  }

  handleRowDescription(message: { readonly fields: readonly FieldDef[] }): void {
    this.#request.onColumns?.(message.fields)
  }

  handleDataRow(message: { readonly fields: WireRow }): void {
    if (this.#enough || this.error) return
    try {
      this.#enough = this.#request.onRow?.(message.fields) === false
    } catch (error) {
      this.error = error as Error
    }
    if ((this.#enough || this.error) && this.#request.batch === undefined) this.#onEnough()
  }

  handlePortalSuspended(wire: Wire): void {
    if (!this.#enough && !this.error) {
      this.#execute(wire)
      return
    }
    wire.close({ type: 'P', name: '' }, true)
    wire.sync()
  }

  handleCommandComplete(message: { readonly text: string }, wire: Wire): void {
    this.tag = message.text
    if (this.#request.batch !== undefined) wire.sync()
  }

  handleEmptyQuery(wire: Wire): void {
    if (this.#request.batch !== undefined) wire.sync()
  }

  handleError(error: Error, wire: Wire): void {
    this.error ??= error
    if (this.#request.batch !== undefined) wire.sync()
  }

  handleCopyInResponse(wire: Wire & WireInternals): void {
    wire.sendCopyFail('COPY is not answered here')
  }

  handleCopyData(): void {}
  handleReadyForQuery(): void {}
}

/** Fixed statements of ours, several in one message. Never anything a caller sent. */
export class FixedText implements Submittable {
  readonly #text: string
  readonly tags: string[] = []
  error: Error | undefined

  constructor(text: string) {
    this.#text = text
  }

  submit(wire: Wire): void {
    wire.query(this.#text)
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}

  handleCommandComplete(message: { readonly text: string }): void {
    this.tags.push(message.text)
  }

  handleEmptyQuery(): void {}

  handleError(error: Error): void {
    this.error ??= error
  }

  handleCopyInResponse(wire: Wire & WireInternals): void {
    wire.sendCopyFail('COPY is not answered here')
  }

  handleCopyData(): void {}
  handleReadyForQuery(): void {}
}
