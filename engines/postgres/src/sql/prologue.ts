export interface TransactionTimes {
  readonly timeoutMs: number
  readonly lockTimeoutMs: number
}

export type Isolation = 'read committed' | 'repeatable read' | 'serializable'

/**
 * Opens a transaction nobody can turn into a writing one: once a statement has run, its mode is fixed.
 */
export function beginReading(times: TransactionTimes, isolation: Isolation = 'read committed'): string {
  return `BEGIN ISOLATION LEVEL ${isolation} READ ONLY; ${local(times)}; SELECT 1`
}

export function beginWriting(times: TransactionTimes, isolation: Isolation = 'read committed'): string {
  return `BEGIN ISOLATION LEVEL ${isolation} READ WRITE; ${local(times)}`
}

/** For statements that refuse a transaction; undone by the reset of the connection. */
export function setTimes({ timeoutMs, lockTimeoutMs }: TransactionTimes): string {
  return `SET statement_timeout = ${whole(timeoutMs)}; SET lock_timeout = ${whole(lockTimeoutMs)}`
}

function local({ timeoutMs, lockTimeoutMs }: TransactionTimes): string {
  return `SET LOCAL statement_timeout = ${whole(timeoutMs)}; SET LOCAL lock_timeout = ${whole(lockTimeoutMs)}`
}

/** To PostgreSQL, 0 means no limit. */
function whole(ms: number): number {
  return Math.max(1, Math.ceil(ms))
}
