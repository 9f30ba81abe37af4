export { backUpFile } from './backup-file.ts'
export { Database, type DatabaseOptions, type WriteLimits } from './database.ts'
export {
  BackupTargetInvalid,
  ConstraintViolation,
  DatabaseBusy,
  DatabaseClosed,
  DatabaseCorrupt,
  DatabaseForeign,
  DatabaseFull,
  DatabaseNewer,
  DatabaseReadOnly,
  DatabaseUnavailable,
  DatabaseValueInvalid,
  ForeignKeyViolation,
  MigrationChanged,
  MigrationFailed,
  NestedWrite,
  TransactionTimeout,
  UniqueViolation,
} from './errors.ts'
export { examineFile } from './examine-file.ts'
export type { Difference, Examined, Merged, TravellingTable } from './merge.ts'
export { type Migration, type MigrationSteps, migration, type SqlStep } from './migration.ts'
export { queryFile } from './query-file.ts'
export { savepoint } from './savepoint.ts'
export type { Backup } from './sqlite/snapshot.ts'
