import { pathToFileURL } from 'node:url'
import type { TravellingTable } from '../merge.ts'

/** The name that the other file goes by while it is attached. */
export const theirs = 'theirs'

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

/** Inserts what is missing, and lets the rows win that the rule prefers. */
export function mergeStatement(table: TravellingTable): string {
  const columns = list(table.columns)
  const wins = beats(table, 'excluded', `main.${quoted(table.table)}`)
  return `insert into main.${quoted(table.table)} (${columns})
    select ${columns} from ${theirs}.${quoted(table.table)} where true
    on conflict (${list(table.key)}) do update set ${replaced(table)} where ${wins}`
}

/** Counts rows of ours whose place theirs will take. */
export function replacedStatement(table: TravellingTable): string {
  return `select count(*) as count from ${theirs}.${quoted(table.table)} as a join main.${quoted(table.table)} as b
    on ${sameKey(table)} where ${beats(table, 'a', 'b')}`
}

/** Counts rows of one database that the other lacks, or that win over the other's. */
export function leadStatement(table: TravellingTable, between: readonly [from: string, to: string]): string {
  return `select count(*) as count ${leading(table, between)}`
}

/** Copies those rows into the main database. */
export function leadRowsStatement(table: TravellingTable, between: readonly [from: string, to: string]): string {
  const columns = table.columns.map(column => `a.${quoted(column)}`).join(', ')
  return `insert into main.${quoted(table.table)} (${list(table.columns)}) select ${columns} ${leading(table, between)}`
}

/** The first column of the keys of their rows. */
export function keysStatement(table: TravellingTable, limit: number): string {
  return `select ${quoted(table.key[0] ?? '')} as key from ${theirs}.${quoted(table.table)} limit ${limit}`
}

function leading(table: TravellingTable, [from, to]: readonly [from: string, to: string]): string {
  return `from ${from}.${quoted(table.table)} as a
    left join ${to}.${quoted(table.table)} as b on ${sameKey(table)}
    where b.${quoted(table.key[0] ?? '')} is null or ${beats(table, 'a', 'b')}`
}

/** The greatest stamp of a table; null when it is empty. */
export function stampStatement(table: TravellingTable): string {
  return `select max(stamp) as stamp from ${theirs}.${quoted(table.table)}`
}

/** Copies the travelling columns of a table from one attached database into the main one, in the order of the key. */
export function copyStatement(table: TravellingTable, from: string): string {
  const columns = list(table.columns)
  return `insert into main.${quoted(table.table)} (${columns})
    select ${columns} from ${from}.${quoted(table.table)} order by ${list(table.key)}`
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

const list = (names: readonly string[]) => names.map(quoted).join(', ')

function replaced({ columns, key }: TravellingTable): string {
  const rest = columns.filter(column => !key.includes(column))
  return rest.map(column => `${quoted(column)} = excluded.${quoted(column)}`).join(', ')
}

/** Whether one row takes the place of the other. */
function beats(table: TravellingTable, one: string, other: string): string {
  const sign = table.rule === 'fact' ? '<' : '>'
  const tie = `${one}.stamp = ${other}.stamp and ${canonical(table, one)} ${sign} ${canonical(table, other)}`
  return `(${one}.stamp ${sign} ${other}.stamp or (${tie}))`
}

/** A row as text: the same on every machine, different for different rows. */
function canonical({ columns }: TravellingTable, row: string): string {
  return columns
    .toSorted()
    .map(column => `quote(${row}.${quoted(column)})`)
    .join(` || ',' || `)
}

function sameKey({ key }: TravellingTable): string {
  return key.map(column => `a.${quoted(column)} = b.${quoted(column)}`).join(' and ')
}
