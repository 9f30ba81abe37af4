import { type ErrorKind, PlatformError, toProblem } from '@super-data/base/errors'

/** The text is not SQL as PostgreSQL reads it. `details` has the line and column. */
export class PostgresSyntax extends PlatformError {
  readonly code = 'POSTGRES_SYNTAX'
  readonly kind = 'invalid'
}

/** The text is empty, or holds several statements where one is taken. */
export class PostgresNotOneStatement extends PlatformError {
  readonly code = 'POSTGRES_NOT_ONE_STATEMENT'
  readonly kind = 'invalid'
}

/** The SQL text is longer than one statement may be, or too deeply nested to be read. */
export class PostgresTextTooLong extends PlatformError {
  readonly code = 'POSTGRES_TEXT_TOO_LONG'
  readonly kind = 'invalid'
}

/** The statement does, or calls, something its caller may not. The message names the construct. */
export class PolicyDenied extends PlatformError {
  readonly code = 'POLICY_DENIED'
  readonly kind = 'denied'
}

/** A name PostgreSQL cannot have: empty, over 63 bytes, or with a NUL. */
export class PostgresNameInvalid extends PlatformError {
  readonly code = 'POSTGRES_NAME_INVALID'
  readonly kind = 'invalid'
}

/** A parameter PostgreSQL cannot be given, too many of them, or not as many as the statement names. */
export class PostgresParameterInvalid extends PlatformError {
  readonly code = 'POSTGRES_PARAMETER_INVALID'
  readonly kind = 'invalid'
}

/** PostgreSQL refused the statement. `details.sqlstate` says why. */
export class PostgresFailed extends PlatformError {
  readonly code = 'POSTGRES_FAILED'
  readonly kind = 'invalid'
}

/** The login may not do this in the database. */
export class PostgresDenied extends PlatformError {
  readonly code = 'POSTGRES_DENIED'
  readonly kind = 'denied'
}

/** The statement names a table, column, function or schema that is not there. */
export class PostgresUnknownName extends PlatformError {
  readonly code = 'POSTGRES_UNKNOWN_NAME'
  readonly kind = 'invalid'
}

/** The statement ran longer than it may, and was stopped. */
export class PostgresTimeout extends PlatformError {
  readonly code = 'POSTGRES_TIMEOUT'
  readonly kind = 'limited'
}

/** Another transaction was in the way: a lock, a deadlock, a serialization failure. Nothing was stored. */
export class PostgresConflict extends PlatformError {
  readonly code = 'POSTGRES_CONFLICT'
  readonly kind = 'conflict'
  override readonly retryable = true
}

/** The answer has more bytes than the server may send for one statement. */
export class PostgresResultTooLarge extends PlatformError {
  readonly code = 'POSTGRES_RESULT_TOO_LARGE'
  readonly kind = 'limited'
}

/** The database cannot be reached, or went away under the statement. */
export class PostgresUnavailable extends PlatformError {
  readonly code = 'POSTGRES_UNAVAILABLE'
  readonly kind = 'unavailable'
}

/** A connection pooler stands in between, and shares connections or drops settings that safety rests on. */
export class PostgresPooled extends PlatformError {
  readonly code = 'POSTGRES_POOLED'
  readonly kind = 'unavailable'
  override readonly retryable = false
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, {
      ...options,
      hint: 'The operator of this source has to connect it to PostgreSQL itself, or to a pooler in session mode.',
    })
  }
}

/** All connections are in use. */
export class PostgresBusy extends PlatformError {
  readonly code = 'POSTGRES_BUSY'
  readonly kind = 'unavailable'
}

/** A value breaks a rule of its table: unique, foreign key, check, not null. */
export class PostgresConstraint extends PlatformError {
  readonly code = 'POSTGRES_CONSTRAINT'
  readonly kind = 'invalid'
}

/** The transaction failed at an earlier statement and takes nothing but a rollback. */
export class PostgresTransactionFailed extends PlatformError {
  readonly code = 'POSTGRES_TRANSACTION_FAILED'
  readonly kind = 'invalid'
}

/** UPDATE or DELETE without a condition: it has to be confirmed. */
export class PostgresConfirmationNeeded extends PlatformError {
  readonly code = 'POSTGRES_CONFIRMATION_NEEDED'
  readonly kind = 'invalid'
}

/** The statement changed more rows than it was allowed to. It was rolled back. */
export class PostgresTooManyRows extends PlatformError {
  readonly code = 'POSTGRES_TOO_MANY_ROWS'
  readonly kind = 'limited'
}

/** An operation of a transaction changed another number of rows than expected. Everything was rolled back. */
export class PostgresUnexpectedRows extends PlatformError {
  readonly code = 'POSTGRES_UNEXPECTED_ROWS'
  readonly kind = 'conflict'
}

/** An operation of a transaction failed; everything was rolled back. `details` has its index and what happened. */
export class PostgresOperationFailed extends PlatformError {
  readonly code = 'POSTGRES_OPERATION_FAILED'
  readonly kind: ErrorKind
  override readonly retryable: boolean
  constructor(index: number, cause: PlatformError) {
    const { kind, retryable, code, details } = toProblem(cause)
    super(`operation ${index} failed, and nothing was stored: ${cause.message}`, {
      cause,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      details: { ...details, index, code, rolledBack: true },
    })
    this.kind = kind
    this.retryable = retryable
  }
}

/** The transaction had failed, so its commit became a rollback: nothing was stored. */
export class TransactionAborted extends PlatformError {
  readonly code = 'TX_ABORTED'
  readonly kind = 'conflict'
}

/** The connection went away during a commit: what was written may be stored, or may not. */
export class PostgresOutcomeUnknown extends PlatformError {
  readonly code = 'POSTGRES_OUTCOME_UNKNOWN'
  readonly kind = 'unavailable'
  override readonly retryable = false
}

/** There is no such transaction session, or it is somebody else's. */
export class PostgresSessionMissing extends PlatformError {
  readonly code = 'POSTGRES_SESSION_MISSING'
  readonly kind = 'missing'
}

/** The transaction session ended by itself: its time was up, or its connection was lost. It was rolled back. */
export class PostgresSessionLost extends PlatformError {
  readonly code = 'POSTGRES_SESSION_LOST'
  readonly kind = 'conflict'
}

/** The transaction session is running a statement already. */
export class PostgresSessionBusy extends PlatformError {
  readonly code = 'POSTGRES_SESSION_BUSY'
  readonly kind = 'conflict'
  override readonly retryable = true
}

/** There are as many transaction sessions as there may be. */
export class PostgresSessionsFull extends PlatformError {
  readonly code = 'POSTGRES_SESSIONS_FULL'
  readonly kind = 'limited'
  override readonly retryable = true
}

/** A login of the source may do more than the source can be trusted with. */
export class PostgresRoleTooPowerful extends PlatformError {
  readonly code = 'POSTGRES_ROLE_TOO_POWERFUL'
  readonly kind = 'invalid'
}
