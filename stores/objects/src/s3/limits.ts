/** Bounds of what the S3 store does; times in milliseconds. */
export interface S3Limits {
  /** One call with all its repetitions; of a large body each part counts as a call. */
  readonly callMs: number
  /** Until a connection stands. */
  readonly connectMs: number
  /** Silence of the server, before its answer and between pieces of a body. */
  readonly answerMs: number
  /** How long the answer to a write is awaited once its caller gave up. */
  readonly abandonMs: number
  readonly attemptsMax: number
  readonly connections: number
  /** Bodies larger than this go up in parts of this size; the memory one write takes. At least 5 MiB on most servers. */
  readonly partBytes: number
  /** A conditional write of a stream on a server that cannot complete parts conditionally is held in memory up to this. */
  readonly heldBytesMax: number
}

export const defaultS3Limits: S3Limits = {
  callMs: 60_000,
  connectMs: 5_000,
  answerMs: 20_000,
  abandonMs: 2_000,
  attemptsMax: 10,
  connections: 64,
  partBytes: 8 * 1024 * 1024,
  heldBytesMax: 256 * 1024 * 1024,
}
