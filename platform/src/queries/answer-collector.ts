import type { Answer, Column, JsonValue } from '@super-data/contract'
import { parseExactJson } from '../exact-json.ts'
import type { ResultShape, ResultSink } from './engine.ts'
import type { ResultStore, ResultWriter } from './result-store.ts'

export interface CollectorLimits {
  readonly maxRows: number
  readonly maxBytes: number
}

/** Keeps what fits into an answer; from the first item that does not fit, stores the whole result to read on. */
export class AnswerCollector implements ResultSink {
  readonly #limits: CollectorLimits
  readonly #openWriter: () => ResultWriter
  readonly #kept: string[] = []
  #keptBytes = 0
  #columns: readonly Column[] | undefined
  #writer: ResultWriter | undefined
  #truncatedBy: 'rows' | 'bytes' | undefined

  constructor(limits: CollectorLimits, results: ResultStore, result: { project: string; handle: string }) {
    this.#limits = limits
    this.#openWriter = () => results.write(result)
  }

  columns(columns: readonly Column[]): void {
    this.#columns = columns
  }

  async items(_shape: ResultShape, lines: readonly string[]): Promise<boolean> {
    const rest = this.#writer ? lines : this.#keep(lines)
    if (rest.length === 0) return true
    if (!this.#writer) {
      this.#writer = this.#openWriter()
      await this.#writer.lines(this.#kept)
    }
    return this.#writer.lines(rest)
  }

  /** Takes what fits. @returns the lines that did not. */
  #keep(lines: readonly string[]): readonly string[] {
    for (const [index, line] of lines.entries()) {
      this.#truncatedBy = this.#exceeds(line)
      if (this.#truncatedBy) return lines.slice(index)
      this.#kept.push(line)
      this.#keptBytes += Buffer.byteLength(line) + 1
    }
    return []
  }

  #exceeds(line: string): 'rows' | 'bytes' | undefined {
    if (this.#kept.length >= this.#limits.maxRows) return 'rows'
    if (this.#keptBytes + Buffer.byteLength(line) + 1 > this.#limits.maxBytes) return 'bytes'
    return undefined
  }

  /** Bytes of the answer, and of the stored result where there is one. */
  get bytes(): number {
    return this.#writer?.bytes ?? this.#keptBytes
  }

  /** Drops what was stored: the run failed. */
  async abandon(): Promise<void> {
    await this.#writer?.abandon()
  }

  /** The answer's part that depends on the result. */
  async finish(
    shape: ResultShape,
    handle: string,
  ): Promise<Pick<Answer, 'columns' | 'rows' | 'value' | 'count' | 'truncated'>> {
    await this.#writer?.finish(this.#kept)
    const items = this.#kept.map(parseExactJson)
    const truncated = this.#truncatedBy ? ({ by: this.#truncatedBy, handle } as const) : (false as const)
    if (shape === 'rows') {
      return { columns: [...(this.#columns ?? [])], rows: items as JsonValue[][], count: items.length, truncated }
    }
    const value = shape === 'value' || (shape === 'outputs' && items.length === 1 && !truncated) ? items[0] : items
    return { ...(value === undefined ? {} : { value }), count: items.length, truncated }
  }
}
