export type { AnswerColumn, Cell, CutCell, PostgresAnswer, WriteAnswer } from './answers/answer.ts'
export type {
  Catalog,
  CatalogSource,
  CheckedStatement,
  Defined,
  Definition,
  Maintenance,
  Notice,
  QualifiedName,
  TimeOptions,
} from './catalog.ts'
export type { PoolCounts } from './connections/logins.ts'
export type { Copied, CopyFormat, CopyProgress, ExportRequest, ImportRequest } from './copying.ts'
export {
  PolicyDenied,
  PostgresBusy,
  PostgresConfirmationNeeded,
  PostgresConflict,
  PostgresConstraint,
  PostgresDenied,
  PostgresFailed,
  PostgresNameInvalid,
  PostgresNotOneStatement,
  PostgresOperationFailed,
  PostgresOutcomeUnknown,
  PostgresParameterInvalid,
  PostgresResultTooLarge,
  PostgresRoleTooPowerful,
  PostgresSessionBusy,
  PostgresSessionLost,
  PostgresSessionMissing,
  PostgresSessionsFull,
  PostgresSyntax,
  PostgresTextTooLong,
  PostgresTimeout,
  PostgresTooManyRows,
  PostgresTransactionFailed,
  PostgresUnavailable,
  PostgresUnexpectedRows,
  PostgresUnknownName,
  TransactionAborted,
} from './errors.ts'
export { defaultLimits, type PostgresLimits } from './limits.ts'
export type { Login, LoginRole } from './login.ts'
export type { PostgresPolicy } from './policy.ts'
export type { ReadRequest, StreamRequest } from './reading.ts'
export type { RoleFinding } from './role-audit.ts'
export type { RowTaker } from './row-stream.ts'
export type { SessionMode, SessionOwner, SessionState } from './sessions/session.ts'
export type { BeginRequest, SessionAnswer, SessionRequest, Sessions } from './sessions/sessions.ts'
export { type RolesSetup, setupRolesSql } from './setup-roles.ts'
export { PostgresSource, type PostgresSourceOptions } from './source.ts'
export { quoteIdentifier, quoteLiteral, quoteQualified } from './sql/identifier.ts'
export { fingerprint } from './sql/parser.ts'
export type { Isolation } from './sql/prologue.ts'
export type { ObservedStatement, StatementOptions } from './statement-runner.ts'
export type { TypedParameter } from './values/encode.ts'
export type { WriteGuards } from './write-guards.ts'
export type { Operation, TransactionAnswer, TransactionRequest, WriteRequest } from './writing.ts'
