import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Makes a library large: copies of one approved tool, numbered. The server on that home must not run.
 *
 * A tool's hash is of what it asks, so that copies under other names are as valid as the first.
 */
export function copyTool(home: string, name: string, count: number): void {
  using file = new DatabaseSync(join(home, 'database', 'tools.db'))
  const copy = (table: string, changed: Readonly<Record<string, string>>, where: string) => {
    const columns = file
      .prepare(`select name from pragma_table_info(?)`)
      .all(table)
      .map(row => String(row['name']))
    const values = columns.map(column => changed[column] ?? `the.${column}`)
    file.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
      insert into ${table} (${columns.join(', ')}) select ${values.join(', ')} from n, ${table} the where ${where}`)
  }
  const own = (column: string) => `the.${column} || '_' || i`
  const tool = `(select id from tools where name = '${name}')`
  const version = `(select id from versions where owner_id = ${tool})`
  file.exec('begin')
  copy('tools', { id: own('id'), name: own('name') }, `the.id = ${tool}`)
  copy(
    'versions',
    { id: own('id'), owner_id: own('owner_id'), submission_id: own('submission_id') },
    `the.id = ${version}`,
  )
  copy('submissions', { id: own('id'), version_id: own('version_id') }, `the.version_id = ${version}`)
  copy(
    'votes',
    { id: own('id'), submission_id: own('submission_id') },
    `the.submission_id in (select id from submissions where version_id = ${version})`,
  )
  file.exec('commit')
}
