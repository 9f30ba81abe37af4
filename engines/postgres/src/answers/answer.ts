/** A value as it is answered: numbers that JavaScript keeps exactly, booleans, and text for everything else. */
export type Cell = string | number | boolean | null

export interface AnswerColumn {
  readonly name: string
  /** As PostgreSQL writes it: `bigint`, `timestamp with time zone`. */
  readonly type: string
}

/** A value that was longer than a value may be. Its row has the beginning of it. */
export interface CutCell {
  readonly row: number
  readonly column: number
  /** Of the whole value. */
  readonly sizeBytes: number
}

export interface PostgresAnswer {
  /** What the statement was: SELECT, INSERT … */
  readonly command: string
  readonly columns: readonly AnswerColumn[]
  /** In the order of the columns; two columns may have one name. */
  readonly rows: readonly (readonly Cell[])[]
  /** False, or the limit that was met while at least one more row was there. */
  readonly truncated: false | { readonly by: 'rows' | 'bytes'; readonly hint: string }
  readonly cut: readonly CutCell[]
  readonly elapsedMs: number
}

export interface WriteAnswer extends PostgresAnswer {
  /** Rows inserted, changed or deleted. */
  readonly affected: number
  /** True for a dry run: nothing was stored. Sequences stay advanced all the same. */
  readonly rolledBack: boolean
}
