import { CompiledQuery, type Transaction } from 'kysely'
import { DatabaseCorrupt } from '../errors.ts'
import type { Merged, TravellingTable } from '../merge.ts'
import { type ReadRows, requireColumns } from './merge-columns.ts'
import {
  activeObjects,
  keysStatement,
  mergeStatement,
  replacedStatement,
  stampStatement,
  theirs,
} from './merge-statements.ts'

/** Merges the rows of the attached file, within the transaction that writes. */
export async function mergeAttached<Schema>(
  transaction: Transaction<Schema>,
  tables: readonly TravellingTable[],
): Promise<Merged> {
  const read: ReadRows = async (text, parameters) => (await execute(transaction, text, parameters)).rows
  await refuseStrangers(read)
  await requireColumns(tables, theirs, read)
  // Rows refer to each other in whatever order; at the end every reference holds.
  await execute(transaction, 'pragma defer_foreign_keys = 1')
  const merged = { rows: {}, keys: {}, contradictions: 0, stamp: '' }
  for (const table of tables) await mergeTable(transaction, table, { read, merged })
  return merged
}

async function mergeTable<Schema>(
  transaction: Transaction<Schema>,
  table: TravellingTable,
  { read, merged }: { read: ReadRows; merged: Writable<Merged> },
): Promise<void> {
  const keys = (await read(keysStatement(table, keysMax + 1), [])) as { key: string }[]
  merged.keys[table.table] = keys.length > keysMax ? undefined : keys.map(({ key }) => key)
  if (keys.length === 0) return
  if (table.rule === 'fact') merged.contradictions += await countOf(read, replacedStatement(table))
  const { numAffectedRows } = await execute(transaction, mergeStatement(table))
  if (numAffectedRows) merged.rows[table.table] = Number(numAffectedRows)
  const [greatest] = (await read(stampStatement(table), [])) as { stamp: string | null }[]
  if ((greatest?.stamp ?? '') > merged.stamp) merged.stamp = greatest?.stamp ?? ''
}

/** Keys of one table that a merge lists. */
const keysMax = 500

type Writable<T> = { -readonly [Name in keyof T]: T[Name] extends object ? Writable<T[Name]> : T[Name] }

/** A file that came from elsewhere runs nothing here but what ours has too. */
async function refuseStrangers(read: ReadRows): Promise<void> {
  const name = (object: unknown) => JSON.stringify(object)
  const known = new Set((await read(activeObjects('main'), [])).map(name))
  const strange = (await read(activeObjects(theirs), [])).filter(object => !known.has(name(object)))
  if (strange.length > 0) throw new DatabaseCorrupt(['the file holds triggers or views that are not ours'])
}

async function countOf(read: ReadRows, text: string): Promise<number> {
  const [row] = (await read(text, [])) as { count: number }[]
  return row?.count ?? 0
}

function execute<Schema>(transaction: Transaction<Schema>, text: string, parameters: readonly unknown[] = []) {
  return transaction.executeQuery(CompiledQuery.raw(text, [...parameters]))
}
