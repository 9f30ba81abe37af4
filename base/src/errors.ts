/** What the caller should do next. Coarse on purpose: a new kind means a new reaction. */
export type ErrorKind =
  | 'invalid' // fix the request
  | 'unauthenticated' // present a credential
  | 'denied' // ask for access
  | 'missing' // the thing is not there, or not yours to see
  | 'conflict' // read again, then ask anew
  | 'limited' // ask for less, or later
  | 'unavailable' // retry with backoff
  | 'cancelled' // nothing: the caller gave up
  | 'internal' // report a bug

/** Facts about an error that help its reader: positions, names, limits. Never secrets, never paths of the machine. */
export type ErrorDetails = Readonly<Record<string, unknown>>

export interface ErrorOptions {
  readonly cause?: unknown
  /** One sentence that says how to go on; for people and for models. */
  readonly hint?: string
  readonly details?: ErrorDetails
}

/** Base of every error that leaves a package. `code` is stable API; `message` is not. */
export abstract class PlatformError extends Error {
  abstract readonly code: string
  abstract readonly kind: ErrorKind
  /** Whether the same request may work later by itself. When absent, only what is `unavailable` may. */
  readonly retryable?: boolean
  readonly hint: string | undefined
  readonly details: ErrorDetails

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = new.target.name
    this.hint = options.hint
    this.details = options.details ?? {}
  }
}

/** What an error looks like outside: the same facts on every door. */
export interface Problem {
  readonly code: string
  readonly kind: ErrorKind
  readonly message: string
  readonly hint?: string
  readonly retryable: boolean
  readonly details?: ErrorDetails
}

/** The public face of any thrown value. Only a `PlatformError` speaks; everything else is `INTERNAL`. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof PlatformError)) return toProblem(new InternalError(error))
  return {
    code: error.code,
    kind: error.kind,
    message: error.message,
    retryable: error.retryable ?? error.kind === 'unavailable',
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
  }
}

/** A bug of ours. The cause stays in the log; outside only this sentence is said. */
export class InternalError extends PlatformError {
  readonly code = 'INTERNAL'
  readonly kind = 'internal'
  constructor(cause: unknown) {
    super('something went wrong inside the server', {
      cause,
      hint: 'Report it with the request id; the log has the cause.',
    })
  }
}

/** The caller went away or asked to stop. */
export class Cancelled extends PlatformError {
  readonly code = 'CANCELLED'
  readonly kind = 'cancelled'
  constructor(cause?: unknown) {
    super('the call was cancelled', { cause })
  }
}

/** Throws `Cancelled` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Cancelled(signal.reason)
}

/** The value, or a bug: use it where the type cannot know what the code does. */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new InternalError(new Error(`expected ${what}`))
  return value
}
