import { PlatformError } from '@super-data/base/errors'

/** The programs of PostgreSQL, which only the demonstration needs, are not installed. */
export class PostgresNotInstalled extends PlatformError {
  readonly code = 'CLI_POSTGRES_NOT_INSTALLED'
  readonly kind = 'missing'
  constructor(installation: string) {
    super('the programs of PostgreSQL are not installed here', {
      hint: `Run \`${installation}\` in this folder, then try again. Your own server needs no programs here, only a postgres.yml.`,
    })
  }
}

/** There is a file of sources already, and somebody wrote it. */
export class PostgresFileExists extends PlatformError {
  readonly code = 'CLI_POSTGRES_FILE_EXISTS'
  readonly kind = 'conflict'
  constructor(file: string) {
    super(`${file} is there already and is not overwritten`, {
      hint: 'Use another home for the demonstration: --home FOLDER.',
    })
  }
}

/** The demonstration's PostgreSQL does not do what it should. */
export class PostgresNotStarted extends PlatformError {
  readonly code = 'CLI_POSTGRES_NOT_STARTED'
  readonly kind = 'unavailable'
  constructor(what: string, said: string, hint: string) {
    super(`PostgreSQL ${what}${said === '' ? '' : `: ${said}`}`, { hint })
  }
}
