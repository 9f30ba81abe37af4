import type { Catalog } from '../catalog.ts'

/**
 * Work that may fail without taking the transaction along. Needs to be in one.
 *
 * @throws what the work throws; by then the transaction is as it was before.
 */
export async function attempt<T>(catalog: Catalog, work: () => Promise<T>): Promise<T> {
  await catalog.rows('SAVEPOINT attempt')
  try {
    const answer = await work()
    await catalog.rows('RELEASE SAVEPOINT attempt')
    return answer
  } catch (failure) {
    // On a connection that is gone this fails too: the first failure is the one to tell.
    await catalog.rows('ROLLBACK TO SAVEPOINT attempt').catch(() => {})
    throw failure
  }
}
