import { sql, type Transaction } from 'kysely'

/**
 * Runs part of a transaction so that its failure undoes that part alone: the error passes on, and whoever catches it
 * may go on with the transaction. One at a time within a transaction; they may nest.
 */
export async function savepoint<Schema, T>(
  transaction: Transaction<Schema>,
  work: (transaction: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  await sql`savepoint part`.execute(transaction)
  try {
    const result = await work(transaction)
    await sql`release savepoint part`.execute(transaction)
    return result
  } catch (failure) {
    await sql`rollback to savepoint part`.execute(transaction)
    await sql`release savepoint part`.execute(transaction)
    throw failure
  }
}
