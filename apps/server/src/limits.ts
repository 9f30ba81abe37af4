/** What a stranger can ask of the doors, bounded. */
export interface ServerLimits {
  /** Largest request body, of operations that declare no limit of their own. */
  readonly bodyBytesMax: number
  /** Deepest nesting of arrays and objects in a body. */
  readonly bodyDepthMax: number
  /** Longest one call may take; engines stop earlier by their own limits. */
  readonly callTimeoutMs: number
  /** Longest a call waits for what the person at the client answers. */
  readonly answerTimeoutMs: number
  /** Longest `close` waits for work in progress. */
  readonly drainTimeoutMs: number
  /** Comment lines keep an idle stream open through proxies. */
  readonly heartbeatMs: number
  /** Open streams (events, MCP notifications) of one caller. */
  readonly streamsPerPrincipalMax: number
  /** Messages that may wait for the reader of a stream. */
  readonly streamQueueMax: number
  /** How long that queue may stay full before the reader is disconnected. */
  readonly streamStallMs: number
  /** How often the holder of an open stream is authenticated again. */
  readonly streamCheckMs: number
  /** MCP sessions (revision 2025-11-25) altogether, and of one caller. */
  readonly sessionsMax: number
  readonly sessionsPerPrincipalMax: number
  /** A session nobody used for this long is closed. */
  readonly sessionIdleMs: number
  /** Changes of the tool list within this time are told once. */
  readonly changeDelayMs: number
  /** Longest one peer may take to be told. */
  readonly notifyTimeoutMs: number
}

export const defaultLimits: ServerLimits = {
  bodyBytesMax: 4 * 1024 * 1024,
  bodyDepthMax: 64,
  callTimeoutMs: 120_000,
  answerTimeoutMs: 5 * 60_000,
  drainTimeoutMs: 10_000,
  heartbeatMs: 15_000,
  streamsPerPrincipalMax: 64,
  streamQueueMax: 256,
  streamStallMs: 10_000,
  streamCheckMs: 30_000,
  sessionsMax: 256,
  sessionsPerPrincipalMax: 64,
  sessionIdleMs: 10 * 60_000,
  changeDelayMs: 100,
  notifyTimeoutMs: 5_000,
}
