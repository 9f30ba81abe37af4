import type { Dispatcher } from 'undici'

/** What one request brought: an answer, the server's no, or nothing. */
export type S3Reply = S3Answer | S3Refusal | S3Silence

export interface S3Answer {
  readonly type: 'answer'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Dispatcher.ResponseData['body']
}

export interface S3Refusal {
  readonly type: 'refusal'
  readonly status: number
  /** The code of the S3 error, or what the status means where an answer has no body. */
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  readonly retryAfterMs: number | undefined
}

export interface S3Silence {
  readonly type: 'silence'
  /** Whether the request may have reached the server. */
  readonly sent: boolean
  readonly cause: unknown
}

const transientStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])
const transientCodes: ReadonlySet<string> = new Set([
  'ConditionalRequestConflict',
  'OperationAborted',
  'ConcurrentModification',
  'RequestTimeout',
  'SlowDown',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
])

/** Whether the same request may be answered in a moment. */
export function isTransient(reply: S3Reply): reply is S3Refusal | S3Silence {
  if (reply.type === 'answer') return false
  return reply.type === 'silence' || transientStatuses.has(reply.status) || transientCodes.has(reply.code)
}

/**
 * Whether a write may have happened although it was not confirmed. `UnknownError` is how a Ceph gateway answers the
 * loser of a race: there it is certain that it did not.
 */
export function mayHaveHappened(reply: S3Reply): boolean {
  if (reply.type === 'answer') return true
  if (reply.type === 'silence') return reply.sent
  return [500, 502, 504].includes(reply.status) && reply.code !== 'UnknownError'
}

const codeOfStatus: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  307: 'TemporaryRedirect',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  409: 'OperationAborted',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
}

export function toRefusal(
  status: number,
  headers: Readonly<Record<string, string>>,
  { text, now }: { readonly text: string; readonly now: number },
): S3Refusal {
  const code = /<Code>([A-Za-z0-9_.]{1,64})<\/Code>/.exec(text)?.[1] ?? codeOfStatus[status] ?? `Status${status}`
  return { type: 'refusal', status, code, headers, retryAfterMs: parseRetryAfter(headers['retry-after'], now) }
}

function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000
  const time = Date.parse(value)
  return Number.isNaN(time) ? undefined : Math.max(0, time - now)
}
