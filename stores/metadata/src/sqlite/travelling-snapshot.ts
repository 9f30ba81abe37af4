import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseCorrupt } from '../errors.ts'
import type { TravellingTable } from '../merge.ts'
import { Connection } from './connection.ts'
import { migrationTable } from './inspection.ts'
import { copyStatement, readableFile } from './merge-statements.ts'
import { type Backup, checkWhole, putInPlace } from './snapshot.ts'

const source = 'source'

/** What says which version of the schema the file has. */
const migrations: TravellingTable = {
  table: migrationTable,
  key: ['position'],
  rule: 'fact',
  columns: ['position', 'name', 'checksum', 'applied_at'],
}

/**
 * Copies one consistent state of the travelling tables into a new file that has all tables of the source, the others
 * without rows. Nothing is deleted on the way: what does not travel was never in the file, also not in free pages.
 */
export async function takeTravellingSnapshot(
  file: string,
  { target, tables }: { readonly target: string; readonly tables: readonly TravellingTable[] },
): Promise<Backup> {
  const draft = `${target}.partial`
  await mkdir(dirname(target), { recursive: true })
  await removeDraft(draft)
  try {
    fill(draft, file, [migrations, ...tables])
    return await putInPlace(draft, target)
  } catch (failure) {
    await removeDraft(draft)
    throw failure
  }
}

function fill(draft: string, file: string, tables: readonly TravellingTable[]): void {
  const connection = Connection.open(draft, { readOnly: false, busyMs: 5000, foreignKeys: false })
  try {
    connection.settle('journal_mode', 'delete')
    connection.run('attach ? as source', [readableFile(file)])
    connection.run('begin')
    createObjects(connection, ['table'])
    for (const table of tables) connection.run(copyStatement(table, source))
    createObjects(connection, ['index', 'view', 'trigger'])
    connection.run('commit')
    connection.run('detach source')
    const findings = checkWhole(connection)
    if (findings.length > 0) throw new DatabaseCorrupt(findings)
  } finally {
    connection.close()
  }
}

/** Triggers come after the rows: they are about changes, and these are none. */
function createObjects(connection: Connection, types: readonly string[]): void {
  for (const type of types) {
    const { rows } = connection.run(
      `select sql from ${source}.sqlite_schema
       where type = ? and sql is not null and name not like 'sqlite\\_%' escape '\\' order by rowid`,
      [type],
    )
    for (const row of rows) connection.run(String(row['sql']))
  }
}

async function removeDraft(draft: string): Promise<void> {
  for (const file of [draft, `${draft}-journal`]) await rm(file, { force: true })
}
