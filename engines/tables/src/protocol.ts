import type { Failure } from './errors.ts'
import type { Column, TableFile } from './table-file.ts'

/** What a worker process is told when it starts; travels as its one argument. */
export interface WorkerSettings {
  readonly memoryLimitMb: number
  readonly threads: number
  readonly dataFolder: string
  readonly cacheFolder: string
}

export interface ParseJob {
  readonly kind: 'parse'
  readonly text: string
  readonly tables: readonly TableFile[]
}

export interface RunJob {
  readonly kind: 'run'
  readonly text: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly tables: readonly TableFile[]
  readonly rowsMax: number | null
  readonly bytesMax: number
}

export interface ExportJob {
  readonly kind: 'export'
  readonly table: TableFile
  readonly target: string
}

export type Job = ParseJob | RunJob | ExportJob

export interface Parsed {
  /** Names of the tables it reads. */
  readonly tables: readonly string[]
  /** Parameter names without the `$`. */
  readonly parameters: readonly string[]
  /** Known ahead of a run only when the statement has no parameters. */
  readonly columns?: readonly Column[]
}

export interface RunResult {
  readonly rows: number
  readonly columns: readonly Column[]
  /** Proven: at least one more row exists. */
  readonly truncated: false | 'rows' | 'bytes'
}

export interface Results {
  readonly parse: Parsed
  readonly run: RunResult
  readonly export: { readonly rows: number }
}

export type ToWorker =
  | { readonly type: 'job'; readonly id: number; readonly job: Job }
  | { readonly type: 'received'; readonly id: number }
  | { readonly type: 'stop'; readonly id: number }

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'columns'; readonly id: number; readonly columns: readonly Column[] }
  | { readonly type: 'rows'; readonly id: number; readonly lines: string[] }
  | { readonly type: 'done'; readonly id: number; readonly result: Results[keyof Results] }
  | { readonly type: 'stopped'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure; readonly broken: boolean }
