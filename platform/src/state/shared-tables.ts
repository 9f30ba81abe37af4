import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import type { Kysely, Transaction } from 'kysely'

/** What opening a file of state takes. */
export interface StateParts {
  /** Where a copy goes before a migration changes a file. */
  readonly backupFolder: string
  readonly clock: Clock
  readonly log: Log
}

/** Tables that each governed file carries itself, because a transaction touches one file. */
export interface GovernedTables {
  audit: {
    /** Ascending with time. */
    id: string
    at: number
    user_id: string | null
    user_name: string | null
    operation: string
    project: string | null
    target: string | null
    outcome: 'ok' | 'refused' | 'failed'
    code: string | null
    request_id: string
    door: 'http' | 'mcp' | 'cli'
    /** 1, 2, 3… in the order of commits; null for lines from before there were places. */
    position: number | null
    /** SHA-256 over the line before's and this line, hexadecimal. */
    chain: string | null
  }
  outbox: {
    /** Ascending in the order of commits, over both governed files of a process. */
    id: string
    at: number
    type: string
    project: string
    subject: string
    by_user: string | null
    /** The same on every installation that finds out the same thing; each tells of it once. */
    key: string | null
  }
  idempotency: {
    principal: string
    key: string
    operation: string
    /** SHA-256 of the canonical input: the same key with another input is refused. */
    input_hash: string
    /** JSON; null when the output showed a secret. */
    output: string | null
    created_at: number
  }
}

export type GovernedTransaction = Transaction<GovernedTables>

/** The governed tables of either file, through whichever transaction or connection is at hand. */
export function governed<Tables extends GovernedTables>(transaction: Transaction<Tables>): GovernedTransaction
export function governed<Tables extends GovernedTables>(database: Kysely<Tables>): Kysely<GovernedTables>
export function governed(source: unknown): unknown {
  return source
}
