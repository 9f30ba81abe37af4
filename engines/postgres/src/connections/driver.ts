import { createRequire } from 'node:module'
import type pg from 'pg'

const require = createRequire(import.meta.url)

/** The client alone: the package's main file also builds a pool, and a pool of ours is used here. */
export const Client: typeof pg.Client = require('pg/lib/client.js')

/** The protocol without the client on top: enough to ask the server to cancel something. */
export const WireConnection: typeof pg.Connection = require('pg/lib/connection.js')

/** What `pg` keeps of a connection and does not declare. */
export interface ClientInternals {
  readonly processID: number | null
  readonly secretKey: number | null
}

export interface WireInternals {
  connect(portOrPath: number | string, host?: string): void
  requestSsl(): void
  cancel(processId: number, secretKey: number): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
}
