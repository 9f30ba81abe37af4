import { type ErrorKind, PlatformError, type Problem } from '@super-data/base/errors'
import type { Position } from '../errors.ts'

/** Too many calls wait already, or this one waited too long for a free process. */
export class JqBusy extends PlatformError {
  readonly code = 'JQ_BUSY'
  readonly kind = 'limited'
  override readonly retryable = true
  constructor(details: { readonly waiting: number; readonly of: 'caller' | 'pool' | 'wait' }) {
    super('too many jq programs are waiting for their turn', {
      hint: 'Repeat the call later, or run fewer at the same time.',
      details,
    })
  }
}

/** The program did not end within its time. If it did not notice by itself, its process was ended. */
export class JqTimeout extends PlatformError {
  readonly code = 'JQ_TIMEOUT'
  readonly kind = 'limited'
  constructor(timeMs: number, cause?: unknown) {
    super(`the jq program did not end within ${timeMs} ms`, {
      cause,
      hint: 'Ask for less data, or look for a loop or a regular expression that backtracks.',
      details: { timeMs },
    })
  }
}

/** The program, or the document it reads, needed more memory than one process may have. */
export class JqMemory extends PlatformError {
  readonly code = 'JQ_MEMORY'
  readonly kind = 'limited'
  constructor(memoryMb: number) {
    super(`the jq program needed more than ${memoryMb} MB of memory`, {
      hint: 'Read the input record by record, or filter before collecting.',
      details: { memoryMb },
    })
  }
}

/** The process ended for a reason of its own. The call had no effect. */
export class JqCrashed extends PlatformError {
  readonly code = 'JQ_CRASHED'
  readonly kind = 'unavailable'
  constructor(cause: unknown) {
    super('the process that ran the jq program ended unexpectedly', {
      cause,
      hint: 'Repeat the call; another process has taken its place.',
    })
  }
}

/** The pool no longer takes calls. */
export class JqPoolClosed extends PlatformError {
  readonly code = 'JQ_POOL_CLOSED'
  readonly kind = 'unavailable'
  constructor() {
    super('the jq pool is closed', { hint: 'The server is stopping; repeat the call on another one.' })
  }
}

/** The input is larger than may be held in memory at once. */
export class JqInputTooLarge extends PlatformError {
  readonly code = 'JQ_INPUT_TOO_LARGE'
  readonly kind = 'limited'
  constructor(details: { readonly what: 'document' | 'record'; readonly bytesMax: number; readonly record?: number }) {
    super(`the input holds a ${details.what} of more than ${details.bytesMax} bytes`, {
      hint: details.what === 'document' ? 'Read it record by record.' : 'Split the record.',
      details,
    })
  }
}

/** The input is not what it was said to be: not JSON, or cut off. `record` counts from 0. */
export class JqInputInvalid extends PlatformError {
  readonly code = 'JQ_INPUT_INVALID'
  readonly kind = 'invalid'
  constructor(
    reason: string,
    details: { readonly record?: number; readonly byte?: number; readonly position?: Position },
    cause?: unknown,
  ) {
    const where = details.record === undefined ? '' : ` at record ${details.record}`
    super(`the input is not valid JSON${where}: ${reason}`, {
      cause,
      hint: 'Check the data; records are counted from 0.',
      details,
    })
  }
}

/** The bytes of the input could not be read, or are no longer those of the version asked for. */
export class JqInputUnreadable extends PlatformError {
  readonly code = 'JQ_INPUT_UNREADABLE'
  readonly kind = 'unavailable'
  constructor(reason: 'open' | 'read' | 'changed', cause?: unknown) {
    super('the input could not be read to its end', {
      cause,
      hint: 'Check that the dataset is still there and has not been replaced, then repeat the call.',
      details: { reason },
    })
  }
}

/** An error of the language that happened in the child, with everything it said there. */
export class JqFailure extends PlatformError {
  readonly code: string
  readonly kind: ErrorKind
  constructor(problem: Pick<Problem, 'code' | 'kind' | 'message' | 'hint' | 'details'>, cause?: unknown) {
    super(problem.message, {
      cause,
      ...(problem.hint === undefined ? {} : { hint: problem.hint }),
      ...(problem.details === undefined ? {} : { details: problem.details }),
    })
    this.code = problem.code
    this.kind = problem.kind
  }
}
