import { DatabaseCorrupt } from '../errors.ts'
import type { TravellingTable } from '../merge.ts'
import { columnsStatement, type TableColumns } from './merge-statements.ts'

/** Reads rows, through whichever connection is at hand. */
export type ReadRows = (sql: string, parameters: readonly unknown[]) => Promise<readonly unknown[]> | readonly unknown[]

/** The columns that travel, once both databases have the same. @throws DatabaseCorrupt when theirs has others. */
export async function sharedColumns(
  tables: readonly TravellingTable[],
  databases: readonly [ours: string, theirs: string],
  read: ReadRows,
): Promise<TableColumns[]> {
  const result: TableColumns[] = []
  for (const table of tables) {
    const [ours, others] = [await columnsOf(table, databases[0], read), await columnsOf(table, databases[1], read)]
    if (ours.join() !== others.join()) throw new DatabaseCorrupt([`the columns of ${table.name} are not ours`])
    result.push({ ...table, columns: ours })
  }
  return result
}

export async function columnsOf(table: TravellingTable, database: string, read: ReadRows): Promise<string[]> {
  const rows = (await read(columnsStatement, [table.name, database])) as { name: string }[]
  return rows.map(row => row.name).filter(name => !table.derived?.includes(name))
}
