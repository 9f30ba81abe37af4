import { PlatformError } from '@super-data/base/errors'

/** What is refused before PostgreSQL sees it, besides what is denied: it is kept in the audit as attacks are. */
export const refusedStatements: ReadonlySet<string> = new Set([
  ...['POSTGRES_NOT_ONE_STATEMENT', 'POSTGRES_TEXT_TOO_LONG', 'POSTGRES_SESSION_MISSING'],
])

/** The project has no PostgreSQL source of that name, or none at all. */
export class SourceMissing extends PlatformError {
  readonly code = 'POSTGRES_SOURCE_MISSING'
  readonly kind = 'missing'
  constructor(known: readonly string[]) {
    super(known.length === 0 ? 'this project has no PostgreSQL source' : 'there is no such PostgreSQL source here', {
      hint:
        known.length === 0
          ? 'The operator writes sources down in postgres.yml; `super-data postgres demo` starts one to try.'
          : `There is ${known.join(', ')}.`,
      details: { sources: known },
    })
  }
}

/** There are several sources, and the call names none. */
export class SourceAmbiguous extends PlatformError {
  readonly code = 'POSTGRES_SOURCE_AMBIGUOUS'
  readonly kind = 'invalid'
  constructor(known: readonly string[]) {
    super('which PostgreSQL source?', {
      hint: `Name one as \`source\`: ${known.join(', ')}.`,
      details: { sources: known },
    })
  }
}

/** The project may use the source, but not like this. */
export class SourceRightMissing extends PlatformError {
  readonly code = 'POSTGRES_SOURCE_RIGHT'
  readonly kind = 'denied'
  constructor(source: string, right: string) {
    super(`this project has no ${right} right on ${source}`, {
      hint: 'The operator grants rights by project in postgres.yml; a write needs a writer login there.',
      details: { source, right },
    })
  }
}

/** A write without saying how it ends. */
export class WriteNotAsked extends PlatformError {
  readonly code = 'POSTGRES_WRITE_NOT_ASKED'
  readonly kind = 'denied'
  constructor() {
    super('a write needs a session, or autocommit', {
      hint: 'Begin a session with `postgres begin` (pg_tx over MCP) and pass `session`, or pass `autocommit: true` to commit at once.',
    })
  }
}

/** A write that says twice how it ends. */
export class WriteUnclear extends PlatformError {
  readonly code = 'POSTGRES_WRITE_UNCLEAR'
  readonly kind = 'invalid'
  constructor() {
    super('a write in a session is neither committed at once nor tried alone', {
      hint: 'In a session: set a savepoint, write, look, and roll back to it. Otherwise leave `session` out.',
    })
  }
}

/** Something that cannot be undone was not confirmed. */
export class NotConfirmed extends PlatformError {
  readonly code = 'POSTGRES_NOT_CONFIRMED'
  readonly kind = 'invalid'
  constructor(what: string) {
    super(`${what} has to be confirmed`, { hint: 'Look at it with `dryRun: true`, then pass `confirm: true`.' })
  }
}

/** A change of the schema is neither SQL nor one of the changes that are known. */
export class ChangeInvalid extends PlatformError {
  readonly code = 'POSTGRES_CHANGE_INVALID'
  readonly kind = 'invalid'
  constructor(message: string) {
    super(message, { hint: 'Give `sql`, the whole statement, or `change`, e.g. { "do": "drop column", … }.' })
  }
}

/** An export would replace data that is there. */
export class DatasetExists extends PlatformError {
  readonly code = 'DATASET_EXISTS'
  readonly kind = 'conflict'
  constructor(name: string) {
    super(`there is a dataset ${name} already`, { hint: 'Choose another name.', details: { name } })
  }
}
