import { PostgresOutcomeUnknown, PostgresUnavailable, TransactionAborted } from '../errors.ts'
import type { Connection } from './connection.ts'

/** Longest a commit may take: deferred checks run in it. */
const commitMs = 60_000

/**
 * Commits, and believes only what the server says it did.
 *
 * @throws TransactionAborted when the commit became a rollback · PostgresOutcomeUnknown when nobody can say.
 */
export async function commit(connection: Connection): Promise<void> {
  const tags = await connection.fixed('COMMIT', { timeoutMs: commitMs }).catch((error: unknown) => {
    throw error instanceof PostgresUnavailable ? unknown(error) : error
  })
  if (tags[0] === 'COMMIT') return
  throw new TransactionAborted('the transaction had failed, so it was rolled back: nothing was stored', {
    hint: 'Begin again, and repeat what should be stored.',
  })
}

function unknown(cause: unknown): PostgresOutcomeUnknown {
  return new PostgresOutcomeUnknown('the connection was lost during the commit', {
    cause,
    hint: 'Read what is stored before repeating it.',
  })
}
