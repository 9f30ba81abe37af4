import { Cancelled, PlatformError } from '@super-data/base/errors'
import { SqlEngineFailed, SqlFailed, SqlInvalid, SqlMemory, SqlRefused, SqlSyntax } from '../errors.ts'
import { locate } from '../guard/location.ts'

/** What DuckDB says when `errors_as_json` is on. */
export interface DuckError {
  readonly type: string
  readonly message: string
  readonly position: number | undefined
}

/** The engine can no longer be trusted: its process must be replaced. */
export function isFatal(error: unknown): boolean {
  return /^(fatal|internal)$/i.test(readDuckError(error).type)
}

export function readDuckError(error: unknown): DuckError {
  const text = error instanceof Error ? error.message : String(error)
  const json = /\{"exception_type".*\}/s.exec(text)
  if (!json) return { type: /^([\w ]+?) Error: /.exec(text)?.[1] ?? '', message: text, position: undefined }
  const facts = JSON.parse(json[0]) as Record<string, string | undefined>
  return {
    type: facts['exception_type'] ?? '',
    message: facts['exception_message'] ?? '',
    position: facts['position'] === undefined ? undefined : Number(facts['position']),
  }
}

/**
 * The public error of something DuckDB threw.
 *
 * @param scrub removes machine paths from a message.
 * @param offset bytes of the text before the part that DuckDB counted from.
 */
export function toPlatformError(
  error: unknown,
  context: { text: string; scrub: (text: string) => string; offset?: number },
) {
  if (error instanceof PlatformError) return error
  const duck = readDuckError(error)
  const [message, hint] = splitHint(context.scrub(duck.message))
  const at = duck.position === undefined ? undefined : duck.position + (context.offset ?? 0)
  const advice = [textHint(message, context.text), hint].filter(each => each !== undefined).join(' ') || undefined
  const options = { details: { ...locate(context.text, at) }, ...(advice === undefined ? {} : { hint: advice }) }
  switch (duck.type.toLowerCase()) {
    case 'parser':
    case 'syntax':
      return new SqlSyntax(message, options)
    case 'binder':
    case 'catalog':
      return new SqlInvalid(message, options)
    case 'permission':
      return new SqlRefused('the statement reaches outside the data given to it', { details: options.details })
    case 'out of memory':
      return outOfMemory()
    case 'interrupt':
      return new Cancelled()
    case 'fatal':
    case 'internal':
      return new SqlEngineFailed('the SQL engine failed', { cause: error })
    default:
      return duck.type === '' ? unexpected(error) : new SqlFailed(message, options)
  }
}

export function outOfMemory(): SqlMemory {
  return new SqlMemory('the statement needs more memory than it may have', {
    hint: 'Filter earlier, select fewer columns, or aggregate instead of sorting and collecting everything.',
  })
}

/** JavaScript's own limits speak through these: a value too long for a string, a list too long for an array. */
function unexpected(error: unknown): PlatformError {
  if (error instanceof RangeError || /string longer than|Invalid (array|string) length/.test(String(error)))
    return outOfMemory()
  return new SqlEngineFailed('the SQL engine failed', { cause: error })
}

/** In double quotes stands a name; who means a text is helped by nothing but being told. */
function textHint(message: string, text: string): string | undefined {
  const name = /^Referenced column "([^"]+)" not found/.exec(message)?.[1]
  if (name === undefined || !text.includes(`"${name}"`)) return undefined
  return `In double quotes stands the name of a column; a text stands in single ones: '${name}'.`
}

/** DuckDB puts its advice on the following lines. */
function splitHint(message: string): [message: string, hint: string | undefined] {
  const [first = '', ...rest] = message.split('\n').map(line => line.trim())
  const advice = rest.filter(line => line !== '' && !/\bSET \w+\s*=/i.test(line)).join(' ')
  return [first, advice === '' ? undefined : advice.slice(0, 500)]
}
