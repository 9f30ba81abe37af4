import type { ConnectionOptions } from 'node:tls'

/** How to reach a database as one role. Never leaves the engine: no error and no answer repeats any of it. */
export interface Login {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string
  readonly database: string
  readonly ssl?: boolean | ConnectionOptions
}

/** What a login is used for. */
export type LoginRole = 'reader' | 'writer' | 'admin'
