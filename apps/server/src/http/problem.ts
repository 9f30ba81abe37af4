import { type ErrorKind, PlatformError, type Problem, toProblem } from '@super-data/base/errors'
import { MethodNotAllowed } from './errors.ts'

/** What HTTP says for each kind of error. */
export const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  missing: 404,
  conflict: 409,
  limited: 429,
  unavailable: 503,
  cancelled: 499,
  internal: 500,
}

/** Errors for which HTTP has a more exact word than their kind's. */
const statusOfCode: Readonly<Record<string, number>> = {
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  BODY_NOT_JSON: 415,
  CALL_TIMED_OUT: 504,
}

export function statusOf({ code, kind }: Pick<Problem, 'code' | 'kind'>): number {
  return statusOfCode[code] ?? statusOfKind[kind]
}

const titleOfKind: Readonly<Record<ErrorKind, string>> = {
  invalid: 'The request is wrong',
  unauthenticated: 'Who are you?',
  denied: 'Not allowed',
  missing: 'Not found',
  conflict: 'Changed meanwhile',
  limited: 'Too much',
  unavailable: 'Not available now',
  cancelled: 'Cancelled',
  internal: 'Something went wrong',
}

/** Where a problem happened: what its answer must say about it. */
export interface ProblemContext {
  readonly requestId: string
  /** The RFC 9728 document that tells clients how to get a credential. */
  readonly resourceMetadataUrl: string
}

/** The one way an error becomes an HTTP answer: an RFC 9457 problem document. */
export function problemResponse(error: unknown, context: ProblemContext): Response {
  const problem = toProblem(error)
  const status = statusOf(problem)
  const body = {
    type: `urn:super-data:error:${problem.code}`,
    title: titleOfKind[problem.kind],
    status,
    detail: problem.message,
    code: problem.code,
    kind: problem.kind,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    retryable: problem.retryable,
    requestId: context.requestId,
    ...(problem.details === undefined ? {} : { details: problem.details }),
  }
  return new Response(JSON.stringify(body), { status, headers: problemHeaders(error, problem, context) })
}

function problemHeaders(error: unknown, problem: Problem, context: ProblemContext): Record<string, string> {
  const { kind, retryable } = problem
  const headers: Record<string, string> = { 'Content-Type': 'application/problem+json' }
  if (kind === 'unauthenticated')
    headers['WWW-Authenticate'] = `Bearer resource_metadata="${context.resourceMetadataUrl}"`
  if (kind === 'limited' && retryable) headers['Retry-After'] = String(retryAfterSeconds(error))
  if (error instanceof MethodNotAllowed) headers['Allow'] = error.allow.join(', ')
  return headers
}

/** What the error itself says, in whole seconds; one when it says nothing. */
function retryAfterSeconds(error: unknown): number {
  const said = error instanceof PlatformError ? error.details['retryAfterMs'] : undefined
  return typeof said === 'number' && said > 0 ? Math.ceil(said / 1_000) : 1
}
