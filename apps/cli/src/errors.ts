import { type ErrorKind, PlatformError, toProblem } from '@super-data/base/errors'

/** The command line itself is wrong. */
export class UsageWrong extends PlatformError {
  readonly code = 'CLI_USAGE'
  readonly kind = 'invalid'
}

/** A value should be JSON and is not. */
export class JsonInvalid extends PlatformError {
  readonly code = 'CLI_JSON_INVALID'
  readonly kind = 'invalid'
  constructor(where: string, cause: Error) {
    super(`${where} is not JSON: ${cause.message}`, { cause, hint: 'Give JSON, `@file`, or `-` for standard input.' })
  }
}

/** A file named on the command line cannot be read. */
export class InputUnreadable extends PlatformError {
  readonly code = 'CLI_INPUT_UNREADABLE'
  readonly kind = 'missing'
  constructor(file: string, cause: NodeJS.ErrnoException, hint?: string) {
    const reason = cause.code === undefined ? '' : ` (${cause.code})`
    super(`${file} cannot be read${reason}`, { cause, ...(hint === undefined ? {} : { hint }) })
  }
}

/** The saved connection is not what `join` and `try` write. */
export class ProfileInvalid extends PlatformError {
  readonly code = 'CLI_PROFILE_INVALID'
  readonly kind = 'invalid'
  constructor(file: string, cause: unknown) {
    super(`the saved connection in ${file} cannot be used`, {
      cause,
      hint: '`super-data leave` forgets it; `super-data join LINK` makes a new one.',
    })
  }
}

/** What a home remembers about itself is damaged. */
export class HomeSettingsInvalid extends PlatformError {
  readonly code = 'CLI_HOME_SETTINGS_INVALID'
  readonly kind = 'invalid'
  constructor(file: string, cause: unknown) {
    super(`${file} cannot be used`, { cause, hint: 'Delete it, and say where the data lies with `serve --datasets`.' })
  }
}

/** A command that only looks found nothing to look at; it makes no home by itself. */
export class HomeMissing extends PlatformError {
  readonly code = 'CLI_HOME_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('there is no server and no home here', {
      hint: '`super-data try FOLDER`, `super-data init`, or `super-data join LINK`.',
    })
  }
}

/** A folder given to `try` holds nothing that can be asked. */
export class DataMissing extends PlatformError {
  readonly code = 'CLI_DATA_MISSING'
  readonly kind = 'missing'
  constructor(folder: string) {
    super(`${folder} holds no data that can be asked`, {
      hint: 'Put .json, .ndjson, .csv or .parquet files into it and try again.',
    })
  }
}

/** The server cannot listen where it was told to. */
export class PortTaken extends PlatformError {
  readonly code = 'CLI_PORT_TAKEN'
  readonly kind = 'unavailable'
  constructor(host: string, port: number, cause: unknown) {
    super(`something else listens on ${host}:${port}`, {
      cause,
      hint: 'Choose another with --port, or 0 for any free one.',
    })
  }
}

/** The machine refused to read or write a file that a command needs. */
export class FileRefused extends PlatformError {
  readonly code = 'CLI_FILE_REFUSED'
  readonly kind: ErrorKind
  override readonly retryable = false
  constructor(cause: NodeJS.ErrnoException) {
    super(`${cause.path} cannot be used (${cause.code})`, { cause, hint: 'Check that it is there, and whose it is.' })
    this.kind = ['EACCES', 'EPERM', 'EROFS'].includes(cause.code ?? '') ? 'denied' : 'unavailable'
  }
}

/** A file that a command was to write cannot be. */
export class OutputUnwritable extends PlatformError {
  readonly code = 'CLI_OUTPUT_UNWRITABLE'
  readonly kind = 'invalid'
  constructor(file: string, cause: NodeJS.ErrnoException) {
    super(`${file} cannot be written (${cause.code})`, {
      cause,
      hint: 'Name a file in a folder that is there and yours to write.',
    })
  }
}

/** Errors of the file system in the words of everything else here. */
export function knownError(error: unknown): unknown {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException
  const isFileError = error instanceof Error && typeof code === 'string' && typeof path === 'string'
  return isFileError && !(error instanceof PlatformError) ? new FileRefused(error) : error
}

/** Another error, with a hint that only this side could give. */
export class Hinted extends PlatformError {
  readonly code: string
  readonly kind: ErrorKind
  override readonly retryable: boolean
  constructor(error: PlatformError, hint: string) {
    const { code, kind, retryable } = toProblem(error)
    super(error.message, { cause: error, hint, details: error.details })
    this.code = code
    this.kind = kind
    this.retryable = retryable
  }
}

/** There is no question of the caller's that could become a tool. */
export class NothingToSave extends PlatformError {
  readonly code = 'CLI_NOTHING_TO_SAVE'
  readonly kind = 'missing'
  constructor() {
    super('you have not asked anything that worked lately', {
      hint: 'Ask first, then save; or name a run with --from-run.',
    })
  }
}

/** What is to be imported is not what `export` writes. */
export class NotADocument extends PlatformError {
  readonly code = 'CLI_NOT_A_DOCUMENT'
  readonly kind = 'invalid'
  constructor(file: string, why: 'JSON' | 'a library document') {
    super(`${file} is not ${why}`, { hint: '`super-data export --output FILE` writes what can be imported.' })
  }
}

/** What is to be imported was written by a newer version. */
export class DocumentNewer extends PlatformError {
  readonly code = 'CLI_DOCUMENT_NEWER'
  readonly kind = 'invalid'
  constructor(file: string, version: unknown) {
    super(`${file} is a library document of version ${JSON.stringify(version)}, and this program reads version 1`, {
      hint: 'Upgrade super-data, or export it again where it came from with the version that is used here.',
    })
  }
}

/** A command that asks questions was started where nobody can answer. */
export class NobodyThere extends PlatformError {
  readonly code = 'CLI_NOBODY_THERE'
  readonly kind = 'invalid'
  constructor(open: readonly { readonly kind: 'function' | 'tool'; readonly name: string; readonly hash: string }[]) {
    const names = open.map(({ name }) => name)
    const commands = open.slice(0, 3).map(({ kind, name, hash }) => {
      const area = `super-data ${kind}s`
      return `\`${area} get ${name}\`, then \`${area} vote ${name} approve --hash ${hash.slice(0, 12)}\``
    })
    super(`${names.join(', ')} ${names.length === 1 ? 'waits' : 'wait'} for your vote, and nobody is at the screen`, {
      hint: `Vote with ${commands.join('; ')}.${open.length > 3 ? ' `super-data inbox list` shows the rest.' : ''}`,
      details: { names },
    })
  }
}

/** A command would change files that a running server has open. */
export class ServerRuns extends PlatformError {
  readonly code = 'CLI_SERVER_RUNS'
  readonly kind = 'conflict'
  constructor(url: string) {
    super(`a server serves this home, at ${url}`, { hint: 'Stop it first.' })
  }
}
