import { type ErrorOptions, PlatformError } from '@super-data/base/errors'

/** The text is not SQL. `details` has the line and column. */
export class SqlSyntax extends PlatformError {
  readonly code = 'SQL_SYNTAX'
  readonly kind = 'invalid'
}

/** The statement asks for something a question may not do: write, read files, look at settings. */
export class SqlRefused extends PlatformError {
  readonly code = 'SQL_REFUSED'
  readonly kind = 'invalid'
}

/** The statement reads a table that is not among the data given to it. */
export class SqlUnknownTable extends PlatformError {
  readonly code = 'SQL_UNKNOWN_TABLE'
  readonly kind = 'invalid'
}

/** The statement does not fit the data: an unknown column or function, or types that do not go together. */
export class SqlInvalid extends PlatformError {
  readonly code = 'SQL_INVALID'
  readonly kind = 'invalid'
}

/** The statement met a value it could not work with: a cast that failed, a number out of range. */
export class SqlFailed extends PlatformError {
  readonly code = 'SQL_FAILED'
  readonly kind = 'invalid'
}

/** A `$name` without a value, a value without a `$name`, or a value SQL has no type for. */
export class SqlParameterInvalid extends PlatformError {
  readonly code = 'SQL_PARAMETER_INVALID'
  readonly kind = 'invalid'
}

/** A data file cannot be read as a table. */
export class SqlSourceUnreadable extends PlatformError {
  readonly code = 'SQL_SOURCE_UNREADABLE'
  readonly kind = 'invalid'
}

/** The statement ran longer than its time limit and was stopped. */
export class SqlTimeout extends PlatformError {
  readonly code = 'SQL_TIMEOUT'
  readonly kind = 'limited'
}

/** The statement needed more memory than one statement may have. */
export class SqlMemory extends PlatformError {
  readonly code = 'SQL_MEMORY'
  readonly kind = 'limited'
}

/** Too many statements are waiting already. */
export class SqlBusy extends PlatformError {
  readonly code = 'SQL_BUSY'
  readonly kind = 'unavailable'
}

/** The process that ran the statement went away. Reading has no effect, so asking again is safe. */
export class SqlWorkerLost extends PlatformError {
  readonly code = 'SQL_WORKER_LOST'
  readonly kind = 'unavailable'
}

/** The database engine broke inside; its process has been replaced. */
export class SqlEngineFailed extends PlatformError {
  readonly code = 'SQL_ENGINE_FAILED'
  readonly kind = 'internal'
}

const classes = {
  SQL_SYNTAX: SqlSyntax,
  SQL_REFUSED: SqlRefused,
  SQL_UNKNOWN_TABLE: SqlUnknownTable,
  SQL_INVALID: SqlInvalid,
  SQL_FAILED: SqlFailed,
  SQL_PARAMETER_INVALID: SqlParameterInvalid,
  SQL_SOURCE_UNREADABLE: SqlSourceUnreadable,
  SQL_TIMEOUT: SqlTimeout,
  SQL_MEMORY: SqlMemory,
  SQL_BUSY: SqlBusy,
  SQL_WORKER_LOST: SqlWorkerLost,
  SQL_ENGINE_FAILED: SqlEngineFailed,
} as const

/** An error as it travels between processes. */
export interface Failure {
  readonly code: keyof typeof classes
  readonly message: string
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
}

export function toFailure(error: unknown): Failure {
  if (!(error instanceof PlatformError) || !(error.code in classes)) {
    return { code: 'SQL_ENGINE_FAILED', message: 'the SQL engine failed' }
  }
  const { message, hint, details } = error
  return { code: error.code as Failure['code'], message, details, ...(hint === undefined ? {} : { hint }) }
}

export function toError(failure: Failure): PlatformError {
  const options: ErrorOptions = {
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    ...(failure.details === undefined ? {} : { details: failure.details }),
  }
  return new classes[failure.code](failure.message, options)
}
