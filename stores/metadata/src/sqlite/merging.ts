import { CompiledQuery, type Transaction } from 'kysely'
import { DatabaseCorrupt } from '../errors.ts'
import type { Merged, TravellingTable } from '../merge.ts'
import { type ReadRows, requireColumns } from './merge-columns.ts'
import { activeObjects, contradictionStatement, mergeStatement, stampStatement, theirs } from './merge-statements.ts'

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
  const rows: Record<string, number> = {}
  let contradictions = 0
  let stamp = ''
  for (const table of tables) {
    if (table.rule === 'fact') contradictions += await countOf(read, contradictionStatement(table))
    const { numAffectedRows } = await execute(transaction, mergeStatement(table))
    if (numAffectedRows) rows[table.table] = Number(numAffectedRows)
    const [greatest] = (await read(stampStatement(table), [])) as { stamp: string | null }[]
    if ((greatest?.stamp ?? '') > stamp) stamp = greatest?.stamp ?? ''
  }
  return { rows, contradictions, stamp }
}

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
