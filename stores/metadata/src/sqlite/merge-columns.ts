import { DatabaseCorrupt } from '../errors.ts'
import type { TravellingTable } from '../merge.ts'
import { columnsStatement } from './merge-statements.ts'

/** Reads rows, through whichever connection is at hand. */
export type ReadRows = (sql: string, parameters: readonly unknown[]) => Promise<readonly unknown[]> | readonly unknown[]

/** @throws DatabaseCorrupt when an attached database lacks what travels */
export async function requireColumns(
  tables: readonly TravellingTable[],
  database: string,
  read: ReadRows,
): Promise<void> {
  for (const { table, columns } of tables) {
    const rows = (await read(columnsStatement, [table, database])) as { name: string }[]
    const present = new Set(rows.map(row => row.name))
    const missing = columns.filter(column => !present.has(column))
    if (missing.length > 0) throw new DatabaseCorrupt([`${table} has no ${missing.join(', ')}`])
  }
}
