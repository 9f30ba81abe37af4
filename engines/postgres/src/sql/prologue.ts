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
  return `SET statement_timeout = ${Math.ceil(timeoutMs)}; SET lock_timeout = ${Math.ceil(lockTimeoutMs)}`
}

function local({ timeoutMs, lockTimeoutMs }: TransactionTimes): string {
  return `SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)}; SET LOCAL lock_timeout = ${Math.ceil(lockTimeoutMs)}`
}
