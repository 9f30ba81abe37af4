import type { Answer, Column, JsonValue } from '@super-data/contract'
import { parseExactJson } from '../exact-json.ts'
import type { ResultSink, RunOutcome } from './engine.ts'
import type { ResultName, ResultStore } from './result-store.ts'
import type { ResultWriter } from './result-writer.ts'

export interface CollectorLimits {
  readonly maxRows: number
  readonly maxBytes: number
}

type Collected = Pick<Answer, 'columns' | 'rows' | 'value' | 'count' | 'outputs' | 'truncated'>

/** Keeps what fits into an answer; from the first item that does not fit, stores the whole result to read on. */
export class AnswerCollector implements ResultSink {
  readonly #limits: CollectorLimits
  readonly #results: ResultStore
  readonly #result: ResultName
  readonly #kept: string[] = []
  #keptBytes = 0
  #columns: readonly Column[] = []
  #writer: ResultWriter | undefined
  #truncatedBy: 'rows' | 'bytes' | undefined

  constructor(limits: CollectorLimits, results: ResultStore, result: ResultName) {
    this.#limits = limits
    this.#results = results
    this.#result = result
  }

  columns(columns: readonly Column[]): void {
    this.#columns = columns
  }

  async items(lines: readonly string[]): Promise<boolean> {
    const rest = this.#writer ? lines : this.#keep(lines)
    if (rest.length === 0) return true
    const writer = await this.#stored()
    return writer.lines(rest)
  }

  /** Bytes of the answer, or of the stored result where there is one. */
  get bytes(): number {
    return this.#writer?.bytes ?? this.#keptBytes
  }

  /** Drops what was stored: the run failed. */
  async abandon(): Promise<void> {
    await this.#writer?.abandon()
  }

  /** The answer's part that depends on the result. What the engine left out is as good as stored: it is told. */
  async finish(outcome: RunOutcome): Promise<Collected> {
    if (!outcome.complete) {
      this.#truncatedBy ??= 'bytes'
      await this.#stored()
    }
    const columns = outcome.shape === 'rows' ? { columns: [...this.#columns] } : {}
    await this.#writer?.finish({ keptBytes: this.#keptBytes, complete: outcome.complete, ...columns })
    const items = this.#kept.map(parseExactJson)
    return {
      ...(outcome.shape === 'rows' ? { ...columns, rows: items as JsonValue[][] } : this.#value(outcome, items)),
      count: items.length,
      truncated: this.#truncatedBy ? { by: this.#truncatedBy, handle: this.#result.handle } : false,
    }
  }

  #value({ shape, outputs, complete }: RunOutcome, items: JsonValue[]): Pick<Answer, 'value' | 'outputs'> {
    const single = shape === 'value' || (shape === 'outputs' && items.length === 1 && !this.#truncatedBy)
    const value = single ? items[0] : items
    return {
      ...(value === undefined ? {} : { value }),
      ...(outputs === undefined || !complete ? {} : { outputs }),
    }
  }

  /** The whole result as it is stored, which starts with what the answer keeps. */
  async #stored(): Promise<ResultWriter> {
    if (this.#writer) return this.#writer
    this.#writer = await this.#results.write(this.#result)
    await this.#writer.begin(this.#kept)
    return this.#writer
  }

  /** Takes what fits. @returns the lines that did not. */
  #keep(lines: readonly string[]): readonly string[] {
    for (const [index, line] of lines.entries()) {
      const bytes = Buffer.byteLength(line) + 1
      this.#truncatedBy = this.#exceededBy(bytes)
      if (this.#truncatedBy) return lines.slice(index)
      this.#kept.push(line)
      this.#keptBytes += bytes
    }
    return []
  }

  #exceededBy(bytes: number): 'rows' | 'bytes' | undefined {
    if (this.#kept.length >= this.#limits.maxRows) return 'rows'
    return this.#keptBytes + bytes > this.#limits.maxBytes ? 'bytes' : undefined
  }
}
