/** Everything a stranger can ask for has a bound here. */
export interface PostgresLimits {
  /** Rows of an answer when its caller does not say. */
  readonly rowsDefault: number
  readonly rowsMax: number
  /** Of an answer, as text. */
  readonly answerBytesMax: number
  /** Of one value; longer ones are cut and marked. */
  readonly cellBytesMax: number
  /** What the server may send for one statement before its connection is closed. */
  readonly wireBytesMax: number
  /** Of one SQL text. */
  readonly textBytesMax: number
  readonly parametersMax: number
  readonly readTimeoutMs: number
  readonly writeTimeoutMs: number
  readonly lockTimeoutMs: number
  /** Of one COPY, in either direction. */
  readonly copyTimeoutMs: number
  readonly connectTimeoutMs: number
  /** Connections of each login, without those of sessions. */
  readonly readersMax: number
  readonly writersMax: number
  /** Callers that may wait for a connection, and how long. */
  readonly waitingMax: number
  readonly waitMs: number
  /** Idle connections are closed after this. */
  readonly idleMs: number
  readonly sessionsMax: number
  readonly sessionsPerOwnerMax: number
  /** Counted from the end of the last statement. */
  readonly sessionIdleMs: number
  readonly sessionLifetimeMs: number
}

export const defaultLimits: PostgresLimits = {
  rowsDefault: 100,
  rowsMax: 10_000,
  answerBytesMax: 1 << 20,
  cellBytesMax: 8 << 10,
  wireBytesMax: 8 << 20,
  textBytesMax: 64 << 10,
  parametersMax: 1000,
  readTimeoutMs: 15_000,
  writeTimeoutMs: 60_000,
  lockTimeoutMs: 5_000,
  copyTimeoutMs: 600_000,
  connectTimeoutMs: 5_000,
  readersMax: 5,
  writersMax: 3,
  waitingMax: 64,
  waitMs: 10_000,
  idleMs: 60_000,
  sessionsMax: 10,
  sessionsPerOwnerMax: 3,
  sessionIdleMs: 30 * 60_000,
  sessionLifetimeMs: 4 * 3_600_000,
}
