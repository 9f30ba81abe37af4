import { InternalError, PlatformError } from '@super-data/base/errors'
import {
  ConstraintViolation,
  DatabaseBusy,
  DatabaseClosed,
  DatabaseCorrupt,
  DatabaseFull,
  DatabaseReadOnly,
  DatabaseUnavailable,
  DatabaseValueInvalid,
  ForeignKeyViolation,
  UniqueViolation,
} from '../errors.ts'

/** What a failure says, in a form that travels between threads. */
export interface FailureFacts {
  readonly message: string
  /** Of Node, e.g. `ERR_SQLITE_ERROR`, `ENOENT`. */
  readonly code?: string | undefined
  /** The extended result code of SQLite. */
  readonly errcode?: number | undefined
}

export function factsOf(failure: unknown): FailureFacts {
  if (!(failure instanceof Error)) return { message: String(failure) }
  const { code, errcode } = failure as Error & { code?: string; errcode?: number }
  return { message: failure.message, code, errcode }
}

/** Runs calls of SQLite; their failures leave as errors of this package. */
export function translating<T>(work: () => T): T {
  try {
    return work()
  } catch (failure) {
    throw toDatabaseError(failure)
  }
}

export function toDatabaseError(failure: unknown): Error {
  if (failure instanceof PlatformError) return failure
  return fromFacts(factsOf(failure), failure)
}

/** @param cause what is kept for the log. */
export function fromFacts(facts: FailureFacts, cause: unknown): Error {
  if (facts.errcode !== undefined) return fromResultCode({ ...facts, errcode: facts.errcode }, cause)
  if (valueCodes.has(facts.code ?? '')) return new DatabaseValueInvalid(cause)
  if (fileCodes.has(facts.code ?? '')) return new DatabaseUnavailable(cause)
  if (facts.code === 'ENOSPC' || facts.code === 'EDQUOT') return new DatabaseFull(cause)
  if (facts.code === 'ERR_INVALID_STATE') return new DatabaseClosed()
  return new InternalError(cause)
}

export function isBusy(failure: unknown): boolean {
  const { errcode } = factsOf(failure)
  return errcode !== undefined && busyCodes.has(errcode & 0xff)
}

const valueCodes = new Set(['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE'])
const fileCodes = new Set([
  'ENOENT',
  'EACCES',
  'EPERM',
  'EISDIR',
  'ENOTDIR',
  'EIO',
  'EROFS',
  'EMFILE',
  'ENFILE',
  'EEXIST',
])

// sqlite.org/rescode.html: the low byte is the primary code, the whole the extended one.
const busyCodes = new Set([5, 6])
const uniqueCodes = new Set([1555, 2067, 2579])
const foreignKeyCode = 787

function fromResultCode(facts: FailureFacts & { errcode: number }, cause: unknown): Error {
  if (uniqueCodes.has(facts.errcode)) return new UniqueViolation(parseUnique(facts.message), cause)
  if (facts.errcode === foreignKeyCode) return new ForeignKeyViolation(cause)
  switch (facts.errcode & 0xff) {
    case 5: // busy
    case 6: // locked
      return new DatabaseBusy(cause)
    case 8:
      return new DatabaseReadOnly(cause)
    case 10: // input or output failed
    case 14: // cannot open
    case 15: // locking protocol
      return new DatabaseUnavailable(cause)
    case 11: // malformed
    case 26: // not a database
      return new DatabaseCorrupt([facts.message], cause)
    case 13:
      return new DatabaseFull(cause)
    case 18: // too big
    case 20: // mismatch
      return new DatabaseValueInvalid(cause)
    case 19:
      return new ConstraintViolation(parseRule(facts.message), cause)
    default:
      return new InternalError(cause)
  }
}

/** From `UNIQUE constraint failed: tools.project_id, tools.name` or `…: index 'users_name'`. */
function parseUnique(message: string): { table: string; columns: string[]; index?: string } {
  const rule = parseRule(message)
  const index = /^index '(.*)'$/.exec(rule)?.[1]
  if (index !== undefined) return { table: '', columns: [], index }
  const names = rule.split(', ').map(name => name.split('.'))
  return { table: names[0]?.[0] ?? '', columns: names.map(([, column]) => column ?? '') }
}

function parseRule(message: string): string {
  return message.replace(/^[A-Z ]+ constraint failed: /, '')
}
