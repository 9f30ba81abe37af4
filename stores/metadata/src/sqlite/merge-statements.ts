import { pathToFileURL } from 'node:url'
import type { TravellingTable } from '../merge.ts'

/** The name that the other file goes by while it is attached. */
export const theirs = 'theirs'

/** A travelling table with the columns that travel, in the order of their names. */
export interface TableColumns extends TravellingTable {
  readonly columns: readonly string[]
}

/** A file that nobody writes, as `attach` takes it: it is neither changed nor does anything appear beside it. */
export function unchangingFile(file: string): string {
  return `${pathToFileURL(file).href}?mode=ro&immutable=1`
}

/** A file that others may write, opened for reading. */
export function readableFile(file: string): string {
  return `${pathToFileURL(file).href}?mode=ro`
}

/** Lists a table's columns; one parameter for the table, one for the database it is in. */
export const columnsStatement = 'select name from pragma_table_info(?, ?) order by name'

/** What a file brings that runs by itself or stands in for a table. */
export const activeObjects = (database: string) =>
  `select type, name, sql from ${database}.sqlite_schema where type in ('trigger', 'view')`

/** Inserts what is missing and, in a register, lets greater rows win. */
export function mergeStatement(table: TableColumns): string {
  const columns = list(table.columns)
  const conflict = table.rule === 'fact' ? 'do nothing' : `do update set ${replaced(table)} where ${wins(table)}`
  return `insert into main.${quoted(table.name)} (${columns})
    select ${columns} from ${theirs}.${quoted(table.name)} where true
    on conflict (${list(table.key)}) ${conflict}`
}

/** Counts facts that differ under one key. */
export function contradictionStatement(table: TableColumns): string {
  return `select count(*) as count from main.${quoted(table.name)} as a join ${theirs}.${quoted(table.name)} as b
    on ${sameKey(table)} where ${canonical(table, 'a')} is not ${canonical(table, 'b')}`
}

/** Counts rows of one database that the other lacks or has an older one of. */
export function leadStatement(table: TableColumns, [from, to]: readonly [from: string, to: string]): string {
  const newer = `b.stamp < a.stamp or (b.stamp = a.stamp and ${canonical(table, 'b')} < ${canonical(table, 'a')})`
  return `select count(*) as count from ${from}.${quoted(table.name)} as a
    left join ${to}.${quoted(table.name)} as b on ${sameKey(table)}
    where b.${quoted(table.key[0] ?? '')} is null ${table.rule === 'fact' ? '' : `or ${newer}`}`
}

/** Copies the travelling columns of a table from one attached database into the main one, in the order of the key. */
export function copyStatement(table: TableColumns, from: string): string {
  const columns = list(table.columns)
  return `insert into main.${quoted(table.name)} (${columns})
    select ${columns} from ${from}.${quoted(table.name)} order by ${list(table.key)}`
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

const list = (names: readonly string[]) => names.map(quoted).join(', ')

function replaced({ columns, key }: TableColumns): string {
  const rest = columns.filter(column => !key.includes(column))
  return rest.map(column => `${quoted(column)} = excluded.${quoted(column)}`).join(', ')
}

function wins(table: TableColumns): string {
  const own = `main.${quoted(table.name)}`
  const tie = `excluded.stamp = ${own}.stamp and ${canonical(table, 'excluded')} > ${canonical(table, own)}`
  return `excluded.stamp > ${own}.stamp or (${tie})`
}

/** A row as text: the same on every machine, different for different rows. */
function canonical({ columns }: TableColumns, row: string): string {
  return columns.map(column => `quote(${row}.${quoted(column)})`).join(` || ',' || `)
}

function sameKey({ key }: TableColumns): string {
  return key.map(column => `a.${quoted(column)} = b.${quoted(column)}`).join(' and ')
}
