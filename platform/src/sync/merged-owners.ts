import type { Merged } from '@super-data/metadata'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'

/** Tables that bear on every function and tool: who may vote, and what projects are called. */
const everywhere: readonly (keyof LibraryTables)[] = ['users', 'projects', 'user_changes', 'member_changes']

/** The functions and tools that merged rows are about; undefined: any may be. */
export async function ownersOf(transaction: LibraryTransaction, merged: Merged): Promise<string[] | undefined> {
  const keys = (table: keyof LibraryTables) => merged.keys[table] ?? []
  const tooMany = Object.values(merged.keys).some(listed => listed === undefined)
  if (tooMany || everywhere.some(table => keys(table).length > 0)) return undefined
  const votes = [...keys('votes'), ...keys('vote_confirmations')]
  const submissions = [
    ...keys('submissions'),
    ...keys('withdrawals'),
    ...(await column(transaction, { table: 'votes', column: 'submission_id', ids: votes })),
  ]
  const versions = [
    ...keys('versions'),
    ...(await column(transaction, { table: 'submissions', column: 'version_id', ids: submissions })),
  ]
  const owners = [
    ...keys('functions'),
    ...keys('tools'),
    ...(await column(transaction, { table: 'disablings', column: 'owner_id', ids: keys('disablings') })),
    ...(await column(transaction, { table: 'versions', column: 'owner_id', ids: versions })),
  ]
  return [...new Set(owners)]
}

type Step =
  | { readonly table: 'votes'; readonly column: 'submission_id' }
  | { readonly table: 'submissions'; readonly column: 'version_id' }
  | { readonly table: 'disablings' | 'versions'; readonly column: 'owner_id' }

async function column(
  transaction: LibraryTransaction,
  { table, column: name, ids }: Step & { readonly ids: readonly string[] },
): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await transaction
    .selectFrom(table as 'versions')
    .select(name as 'owner_id')
    .where('id', 'in', ids)
    .execute()
  return rows.map(row => (row as unknown as Record<string, string>)[name] ?? '')
}
