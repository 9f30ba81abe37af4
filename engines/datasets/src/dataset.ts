import type { ObjectReader } from '@super-data/objects'

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

export type DatasetFormat = 'json' | 'ndjson' | 'csv' | 'parquet'

/** What a dataset holds at its top: records one after another, one object, or one plain value. */
export type Shape = 'array' | 'object' | 'scalar'

/** One version of named data. It never changes; a changed file makes a new one. */
export interface Dataset {
  readonly name: string
  readonly format: DatasetFormat
  readonly gzip: boolean
  /** The file, relative to the folder, or the object: `s3://bucket/key`. */
  readonly from: string
  /** Of the file as it lies there. */
  readonly sizeBytes: number
  /** Elements, lines or rows; null for a single JSON value, and while nobody has counted a large table. */
  readonly records: number | null
  /** Changes exactly when the content changes. */
  readonly version: string
  /** Changes only when the structure changes. */
  readonly schemaVersion: number
  /** When the file was last changed, in milliseconds since 1970. */
  readonly updatedAt: number
  /** Why the newest file is not used; this version answers meanwhile. */
  readonly problem: string | null
  /** Since when there is a problem, in milliseconds since 1970. */
  readonly since: number | null
  readonly shape: Shape
  readonly description: string | null
}

/** A file or an object that is no dataset, and why. */
export interface FileProblem {
  /** Relative to the folder; of an object its address. */
  readonly file: string
  /** The dataset it would be. */
  readonly name: string | null
  readonly problem: string
}

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

export interface Field {
  /** As jq writes it, e.g. `.[].address.city`. */
  readonly path: string
  readonly types: JsonType[]
  /** Whether some of the objects that could have it do not. */
  readonly optional: boolean
  /** All values, when they are few short texts. */
  readonly values?: JsonValue[] | undefined
  /** Of numbers, and of texts that are all ISO dates. */
  readonly min?: JsonValue | undefined
  readonly max?: JsonValue | undefined
}

/** Where versions of structures are kept. */
export interface SchemaStore {
  /** The newest version of a dataset's structure. */
  load(dataset: string): Promise<{ readonly version: number; readonly fields: readonly Field[] } | undefined>
  save(dataset: string, version: number, fields: readonly Field[]): Promise<void>
}

/** A file on its way to becoming JSON lines. */
export interface ConversionSource {
  readonly name: string
  readonly file: string
  readonly format: 'csv' | 'parquet'
  readonly gzip: boolean
  readonly version: string
  readonly sizeBytes: number
  /** Of CSV: what separates fields, null in a file of one column. Absent while unknown. */
  readonly separator?: string | null
}

/** Writes a table as newline-delimited JSON, for those who read only JSON. */
export type ToNdjson = (
  source: ConversionSource,
  target: string,
  signal: AbortSignal,
) => Promise<{ readonly rows: number }>

/** Opens a bucket for reading; it is closed with the datasets. */
export type OpenBucket = (bucket: string) => Promise<ObjectReader>

export interface DatasetsSettings {
  /** How often the folder is looked at. 0: only when `refresh` is called. Default 1,000. */
  readonly pollMs?: number
  /** How long a file must have kept still before it is read. Default 200. */
  readonly settleMs?: number
  /** How often an object in a bucket is looked at, once the folder is. Default 30,000. */
  readonly objectPollMs?: number
  /** Longest the bytes of one object may take to arrive. Default 3,600,000. */
  readonly downloadMs?: number
  /** Largest file, packed or unpacked. Default 16 GiB. */
  readonly fileBytesMax?: number
  /** Most files looked at. Default 2,000. */
  readonly filesMax?: number
}
