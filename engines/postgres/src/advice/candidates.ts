import type { ColumnUse, NamedTable, StatementUses } from './column-uses.ts'
import type { ColumnFacts, TableFacts } from './table-facts.ts'

/** An index that might help a statement. */
export interface Candidate {
  readonly table: TableFacts
  readonly columns: readonly string[]
  /** Only where an order asks for it. */
  readonly descending: boolean
}

const widthMax = 3
/** Smaller tables are read faster than any index. */
export const candidateRowsMin = 1_000
/** A condition that keeps more of the rows than this is no reason for an index by itself. */
const selectivityMax = 0.2

/** B-trees on compared and ordered columns, at most three wide, that no existing index begins with. */
export function candidates(uses: StatementUses, facts: readonly TableFacts[]): Candidate[] {
  return facts
    .filter(table => table.rows >= candidateRowsMin)
    .flatMap(table => candidatesOf(table, uses).filter(candidate => !exists(candidate)))
}

export const candidateKey = ({ table, columns, descending }: Candidate): string =>
  JSON.stringify([table.id, columns, descending])

function candidatesOf(table: TableFacts, uses: StatementUses): Candidate[] {
  const mine = uses.columns.flatMap(use => {
    const column = columnMeant(use, table, uses.tables)
    return column ? [{ column, use: use.use }] : []
  })
  const equal = bySelectivity(mine.filter(each => each.use !== 'range').map(each => each.column))
  const range = bySelectivity(mine.filter(each => each.use === 'range').map(each => each.column))
  const sets = [
    ...[...equal, ...range].filter(column => isSelective(column, table)).map(column => [column.name]),
    equal.slice(0, widthMax).map(column => column.name),
    ...equal.slice(0, 2).flatMap((one, place) => equal.slice(place + 1, widthMax).map(other => [one.name, other.name])),
    ...range.map(last => [...equal.slice(0, widthMax - 1).map(column => column.name), last.name]),
  ]
  const plain = sets.map(columns => ({ table, columns: [...new Set(columns)], descending: false }))
  return unique([...plain, ...ordered(table, uses, equal)].filter(each => each.columns.length > 0))
}

/** What is compared for equality, then what is sorted by: such an index spares the sort. */
function ordered(table: TableFacts, uses: StatementUses, equal: readonly ColumnFacts[]): Candidate[] {
  return uses.orders.flatMap(({ columns }) => {
    const sorted = columns.map(column => columnMeant(column, table, uses.tables)?.name)
    const descending = columns[0]?.descending ?? false
    const isOne = columns.every(column => column.descending === descending)
    if (!isOne || sorted.some(name => name === undefined)) return []
    const names = sorted as string[]
    const before = equal.map(column => column.name).filter(name => !names.includes(name))
    return [0, 1].map(count => ({
      table,
      columns: [...before.slice(0, count), ...names].slice(0, widthMax),
      descending,
    }))
  })
}

/** The column of this table that a statement means, if it means one of this table. */
export function columnMeant(
  use: Omit<ColumnUse, 'use'>,
  table: TableFacts,
  tables: readonly NamedTable[],
): ColumnFacts | undefined {
  const isMeant = tables.some(
    named =>
      named.name === table.name &&
      (named.schema ?? table.schema) === table.schema &&
      (use.qualifier === null || named.alias === use.qualifier),
  )
  return isMeant ? table.columns.find(column => column.name === use.column && column.indexable) : undefined
}

function bySelectivity(columns: readonly ColumnFacts[]): ColumnFacts[] {
  const once = [...new Map(columns.map(column => [column.name, column])).values()]
  return once.sort((one, other) => (other.distinct ?? 0) - (one.distinct ?? 0))
}

const isSelective = ({ distinct }: ColumnFacts, { rows }: TableFacts): boolean =>
  distinct === null || 1 / Math.max(Math.min(distinct, rows), 1) <= selectivityMax

/** Some index begins with the same columns: it would serve as well. */
function exists({ table, columns }: Candidate): boolean {
  return table.indexes.some(index => columns.every((column, place) => index[place] === column))
}

function unique(list: readonly Candidate[]): Candidate[] {
  return [...new Map(list.map(candidate => [candidateKey(candidate), candidate])).values()]
}
