import type { DatasetFormat, Field, JsonValue, Shape } from '../dataset.ts'

/** What was learned from reading a file whole. */
export interface Facts {
  /** What it turned out to be: a `.json` file may hold lines. */
  readonly format: DatasetFormat
  readonly shape: Shape
  readonly records: number | null
  /** Null for a large table that nobody has read as JSON yet. */
  readonly structure: Structure | null
  /** Of CSV: what separates fields, null in a file of one column. */
  readonly separator?: string | null
}

export interface Structure {
  readonly fields: readonly Field[]
  readonly sample: readonly JsonValue[]
}
