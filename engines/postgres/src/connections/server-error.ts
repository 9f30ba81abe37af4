import { type ErrorDetails, type ErrorOptions, PlatformError } from '@super-data/base/errors'
import {
  PolicyDenied,
  PostgresBusy,
  PostgresConflict,
  PostgresConstraint,
  PostgresDenied,
  PostgresFailed,
  PostgresPooled,
  PostgresSyntax,
  PostgresTimeout,
  PostgresTransactionFailed,
  PostgresUnavailable,
  PostgresUnknownName,
} from '../errors.ts'
import { locate } from '../sql/location.ts'

/** What the server says of an error; every field may be absent. */
interface ServerError extends Error {
  readonly code?: string
  readonly detail?: string
  readonly hint?: string
  readonly position?: string
  readonly severity?: string
  readonly constraint?: string
  readonly column?: string
  readonly table?: string
  readonly schema?: string
}

type ErrorClass = new (message: string, options?: ErrorOptions) => PlatformError

/** By SQLSTATE, or by its first two characters. */
const classes: Readonly<Record<string, ErrorClass>> = {
  '42601': PostgresSyntax,
  '42501': PostgresDenied,
  '42P01': PostgresUnknownName,
  '42703': PostgresUnknownName,
  '42704': PostgresUnknownName,
  '42883': PostgresUnknownName,
  '3F000': PostgresUnknownName,
  '25006': PolicyDenied,
  '25P02': PostgresTransactionFailed,
  '57014': PostgresTimeout,
  '55P03': PostgresConflict,
  '55006': PostgresConflict,
  '40': PostgresConflict,
  '23': PostgresConstraint,
  '08': PostgresUnavailable,
  '28': PostgresUnavailable,
  '3D': PostgresUnavailable,
  '57': PostgresUnavailable,
  '53300': PostgresBusy,
  '53': PostgresUnavailable,
}

const hints: Readonly<Record<string, string>> = {
  '25006': 'Only reading is allowed here; changes are made by a write.',
  '25P02': 'An earlier statement failed: roll back, or roll back to a savepoint, then go on.',
  '57014': 'Make the question smaller, or ask for its plan with EXPLAIN.',
  '55P03': 'Somebody else holds the lock: try again in a moment.',
  '40001': 'Nothing was stored: repeat the whole transaction.',
  '40P01': 'Nothing was stored: repeat the whole transaction.',
  '28P01': 'The login of this source is refused: its operator has to look at it.',
  '3D000': 'The database of this source is not there: its operator has to look at it.',
}

/** Classes of errors whose messages speak of the server's machine: files, memory, its configuration. */
const ownWords: Readonly<Record<string, string>> = {
  '08': 'the database went away under the statement',
  '28': 'the database refuses the login of this source',
  '3D': 'the database of this source is not there',
  '53': 'the database has no room or memory left',
  '57': 'the database is shutting down, starting, or ended this connection',
  '58': 'the database cannot use a file of its own',
  F0: 'the database has a mistake in its configuration',
  XX: 'the database failed inside',
}

/** Of PgBouncer: about `options` at the start, and transactions in statement mode. */
const speaksAsPooler = /^unsupported startup parameter|^transaction blocks not allowed in statement pooling/

/** Public face of what a server or a socket says. Never an address, a login or a path. */
export function toError(error: Error, text: string): PlatformError {
  if (error instanceof PlatformError) return error
  const said = error as ServerError
  if (said.code === undefined || !/^[0-9A-Z]{5}$/.test(said.code) || said.severity === undefined) return lost(error)
  if (speaksAsPooler.test(said.message))
    return new PostgresPooled('a connection pooler in between does not pass on what safety rests on', { cause: error })
  const state = said.code
  const found = classes[state] ?? classes[state.slice(0, 2)] ?? PostgresFailed
  return new found(messageOf(said), { cause: error, details: detailsOf(said, text), ...hintOf(said) })
}

function lost(cause: Error): PostgresUnavailable {
  return new PostgresUnavailable('the database cannot be reached', { cause, hint: 'Try again in a moment.' })
}

function messageOf({ code = '', message }: ServerError): string {
  const own = code === '57014' ? undefined : ownWords[code.slice(0, 2)]
  return own ?? message
}

function hintOf({ code = '', hint }: ServerError): { readonly hint?: string } {
  const ours = hints[code]
  if (ours !== undefined) return { hint: ours }
  return hint === undefined || ownWords[code.slice(0, 2)] !== undefined ? {} : { hint }
}

function detailsOf(said: ServerError, text: string): ErrorDetails {
  const { code = '', detail, position, constraint, column, table, schema } = said
  const isOurs = ownWords[code.slice(0, 2)] !== undefined && code !== '57014'
  const facts = isOurs ? {} : { detail, constraint, column, table, schema }
  const present = Object.entries(facts).filter(([, value]) => value !== undefined)
  return { sqlstate: code, ...Object.fromEntries(present), ...locate(text, position) }
}
