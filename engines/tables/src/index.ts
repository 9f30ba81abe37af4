export {
  SqlBusy,
  SqlEngineFailed,
  SqlFailed,
  SqlInvalid,
  SqlMemory,
  SqlParameterInvalid,
  SqlRefused,
  SqlSourceUnreadable,
  SqlSyntax,
  SqlTimeout,
  SqlUnknownTable,
  SqlWorkerLost,
} from './errors.ts'
export type { Parsed, RunResult } from './protocol.ts'
export { type RunOptions, type RunRequest, SqlPool, type SqlPoolOptions, type SqlPoolSettings } from './sql-pool.ts'
export type { Column, TableFile } from './table-file.ts'
export type { TakeRows } from './worker-process.ts'
