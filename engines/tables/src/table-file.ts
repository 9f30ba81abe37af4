/** One data file that SQL sees as a table. The file must not change while it is in use. */
export interface TableFile {
  /** The table's name in SQL. */
  readonly name: string
  /** Absolute path, inside the pool's data folder. */
  readonly file: string
  readonly format: 'json' | 'ndjson' | 'csv' | 'parquet'
  /** Changes exactly when the content changes: loaded data is kept under it. */
  readonly version: string
  readonly gzip?: boolean
  readonly sizeBytes: number
  /** What a JSON file holds at its top. Default `array`. */
  readonly shape?: 'array' | 'object' | 'scalar'
  /** Of CSV: what separates fields, null in a file of one column. Absent: the most frequent candidate in the header. */
  readonly separator?: string | null
}

export interface Column {
  readonly name: string
  /** DuckDB's name of the type. */
  readonly type: string
}
