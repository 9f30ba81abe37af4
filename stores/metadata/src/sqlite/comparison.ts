import type { Difference, TravellingTable } from '../merge.ts'
import type { Connection } from './connection.ts'
import { requireColumns } from './merge-columns.ts'
import { leadStatement, theirs, unchangingFile } from './merge-statements.ts'

/** Counts what either database has that the other lacks. */
export async function compare(
  connection: Connection,
  { file, tables }: { readonly file: string; readonly tables: readonly TravellingTable[] },
): Promise<Difference> {
  connection.run('attach ? as theirs', [unchangingFile(file)])
  try {
    const read = (sql: string, parameters: readonly unknown[]) => connection.run(sql, parameters).rows
    await requireColumns(tables, theirs, read)
    const count = (between: readonly [string, string]) =>
      tables.reduce((sum, table) => sum + Number(connection.run(leadStatement(table, between)).rows[0]?.['count']), 0)
    return { ours: count(['main', theirs]), theirs: count([theirs, 'main']) }
  } finally {
    connection.run('detach theirs')
  }
}
