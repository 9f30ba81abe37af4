import { rm } from 'node:fs/promises'
import type { Difference, TravellingTable } from '../merge.ts'
import { Connection } from './connection.ts'
import { requireColumns } from './merge-columns.ts'
import { leadRowsStatement, leadStatement, quoted, readableFile, theirs, unchangingFile } from './merge-statements.ts'

const ours = 'ours'

/** Counts what either database has that the other lacks, and puts theirs into a file of its own. */
export async function compare(
  own: string,
  {
    file,
    tables,
    delta,
  }: { readonly file: string; readonly tables: readonly TravellingTable[]; readonly delta: string },
): Promise<Difference> {
  await removeFile(delta)
  const connection = Connection.open(delta, { readOnly: false, busyMs: 5000, foreignKeys: false })
  try {
    connection.settle('journal_mode', 'delete')
    // It is thrown away after a crash: nothing waits for the disk.
    connection.settle('synchronous', 0)
    connection.run('attach ? as ours', [readableFile(own)])
    connection.run('attach ? as theirs', [unchangingFile(file)])
    connection.run('begin')
    await requireColumns(tables, theirs, (sql, parameters) => connection.run(sql, parameters).rows)
    const difference = {
      ours: sum(tables.map(table => countOf(connection, table))),
      theirs: sum(tables.map(table => takeOver(connection, table))),
    }
    connection.run('commit')
    return difference
  } catch (failure) {
    connection.close()
    await removeFile(delta)
    throw failure
  } finally {
    connection.close()
  }
}

function countOf(connection: Connection, table: TravellingTable): number {
  return Number(connection.run(leadStatement(table, [ours, theirs])).rows[0]?.['count'] ?? 0)
}

function takeOver(connection: Connection, table: TravellingTable): number {
  const columns = table.columns.map(quoted).join(', ')
  connection.run(`create table main.${quoted(table.table)} (${columns})`)
  return Number(connection.run(leadRowsStatement(table, [theirs, ours])).changed ?? 0n)
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

async function removeFile(file: string): Promise<void> {
  for (const each of [file, `${file}-journal`]) await rm(each, { force: true })
}
