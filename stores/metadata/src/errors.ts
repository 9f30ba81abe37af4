import { PlatformError } from '@super-data/base/errors'

/** Another row has the same values where they must be unique. */
export class UniqueViolation extends PlatformError {
  readonly code = 'DATABASE_UNIQUE'
  readonly kind = 'conflict'
  /** Where the rule stands; empty when the database names only the index. */
  readonly table: string
  readonly columns: readonly string[]
  constructor(rule: { table: string; columns: readonly string[]; index?: string }, cause: unknown) {
    super(`another row has the same ${rule.columns.join(', ') || 'values'}`, {
      cause,
      hint: 'Read the row that is there, or choose other values.',
      details: rule,
    })
    this.table = rule.table
    this.columns = rule.columns
  }
}

/** A row points to one that does not exist, or others still point to it. */
export class ForeignKeyViolation extends PlatformError {
  readonly code = 'DATABASE_FOREIGN_KEY'
  readonly kind = 'conflict'
  constructor(cause: unknown) {
    super('a row refers to one that is not there, or is still referred to', { cause, hint: 'Read both and try again.' })
  }
}

/** A value is missing or breaks a rule of its column. */
export class ConstraintViolation extends PlatformError {
  readonly code = 'DATABASE_CONSTRAINT'
  readonly kind = 'invalid'
  constructor(rule: string, cause: unknown) {
    super(`a value breaks the rule ${rule}`, { cause, details: { rule } })
  }
}

/** A value is of a type, or of a size, that columns do not hold. */
export class DatabaseValueInvalid extends PlatformError {
  readonly code = 'DATABASE_VALUE_INVALID'
  readonly kind = 'invalid'
  constructor(cause: unknown) {
    super('a value cannot be kept in a column', {
      cause,
      hint: 'Columns hold well-formed text, bytes, null and finite numbers (0 and 1 for no and yes), exact up to 2^53.',
    })
  }
}

/** Too many wait for the database, or one waited too long; nothing was written. */
export class DatabaseBusy extends PlatformError {
  readonly code = 'DATABASE_BUSY'
  readonly kind = 'unavailable'
  constructor(cause?: unknown) {
    super('the database is busy', { cause, hint: 'Try again in a moment.' })
  }
}

/** A transaction ran longer than it may and was rolled back. */
export class TransactionTimeout extends PlatformError {
  readonly code = 'DATABASE_TRANSACTION_TIMEOUT'
  readonly kind = 'unavailable'
  constructor(limitMs: number) {
    super(`a transaction took longer than ${limitMs} ms and was rolled back`, { details: { limitMs } })
  }
}

/** A write was asked for inside another one's work: it would wait for itself for ever. */
export class NestedWrite extends PlatformError {
  readonly code = 'DATABASE_NESTED_WRITE'
  readonly kind = 'internal'
  constructor() {
    super('a write was started inside another', { hint: 'Use the transaction at hand, or `savepoint` within it.' })
  }
}

/** There is no room left on the disk; the transaction was rolled back. */
export class DatabaseFull extends PlatformError {
  readonly code = 'DATABASE_FULL'
  readonly kind = 'unavailable'
  constructor(cause: unknown) {
    super('the database has no room left', { cause, hint: 'Free space, then try again.' })
  }
}

/** Something tried to write through a connection that only reads. */
export class DatabaseReadOnly extends PlatformError {
  readonly code = 'DATABASE_READ_ONLY'
  readonly kind = 'internal'
  constructor(cause: unknown) {
    super('this connection only reads', { cause, hint: 'Write inside `write`.' })
  }
}

/** The file cannot be opened, read or written at the moment. */
export class DatabaseUnavailable extends PlatformError {
  readonly code = 'DATABASE_UNAVAILABLE'
  readonly kind = 'unavailable'
  constructor(cause: unknown) {
    super('the database does not answer', { cause, hint: 'Try again; if it persists, look at the disk.' })
  }
}

/** The database was closed before or during the call. */
export class DatabaseClosed extends PlatformError {
  readonly code = 'DATABASE_CLOSED'
  readonly kind = 'unavailable'
  constructor() {
    super('the database is closed')
  }
}

/** The file is damaged or no database at all; it was left alone. */
export class DatabaseCorrupt extends PlatformError {
  readonly code = 'DATABASE_CORRUPT'
  readonly kind = 'internal'
  constructor(findings: readonly string[], cause?: unknown) {
    super('the database file is damaged or is not a database', {
      cause,
      hint: 'Keep the file, and restore a backup in its place.',
      details: { findings },
    })
  }
}

/** The file was written by a newer version; it was left alone. */
export class DatabaseNewer extends PlatformError {
  readonly code = 'DATABASE_NEWER'
  readonly kind = 'invalid'
  constructor(unknown: readonly string[]) {
    super('the database was written by a newer version', {
      hint: 'Start the newer version, or restore a backup made before the upgrade.',
      details: { unknownMigrations: unknown },
    })
  }
}

/** The file is a database of another program; it was left alone. */
export class DatabaseForeign extends PlatformError {
  readonly code = 'DATABASE_FOREIGN'
  readonly kind = 'invalid'
  constructor() {
    super('the database belongs to another program', { hint: 'Choose another file.' })
  }
}

/** A backup was to take the place of the database itself. */
export class BackupTargetInvalid extends PlatformError {
  readonly code = 'DATABASE_BACKUP_TARGET'
  readonly kind = 'invalid'
  constructor() {
    super('a backup cannot replace the database it is made of', { hint: 'Choose another file.' })
  }
}

/** A migration that ran already has changed since, or stands in another place; nothing was done. */
export class MigrationChanged extends PlatformError {
  readonly code = 'DATABASE_MIGRATION_CHANGED'
  readonly kind = 'invalid'
  constructor(name: string) {
    super(`the migration ${name} is not the one that was applied`, {
      hint: 'Applied migrations never change: restore it and add a new one at the end.',
      details: { migration: name },
    })
  }
}

/** A migration failed and was undone; those before it stand. */
export class MigrationFailed extends PlatformError {
  readonly code = 'DATABASE_MIGRATION_FAILED'
  readonly kind = 'internal'
  constructor(name: string, cause: unknown) {
    super(`the migration ${name} failed and was undone`, {
      cause,
      hint: 'The file is as it was before this migration; the log has the cause.',
      details: { migration: name },
    })
  }
}
