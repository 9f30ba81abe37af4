import { type Ast, namesIn, nodesBelow, type ParsedStatement } from '../schema/parsed-statement.ts'

/** A table a statement names. */
export interface NamedTable {
  readonly schema: string | null
  readonly name: string
  /** What columns are qualified with. */
  readonly alias: string
}

/** A column as a statement writes it, and what it is used for. */
export interface ColumnUse {
  readonly qualifier: string | null
  readonly column: string
  readonly use: 'equal' | 'range' | 'join'
}

export interface OrderedBy {
  readonly columns: readonly {
    readonly qualifier: string | null
    readonly column: string
    readonly descending: boolean
  }[]
}

export interface StatementUses {
  readonly tables: readonly NamedTable[]
  readonly columns: readonly ColumnUse[]
  readonly orders: readonly OrderedBy[]
}

/** Which columns of which tables a statement compares and sorts by: what an index could serve. */
export function columnUses({ type, node }: ParsedStatement): StatementUses {
  const tables: NamedTable[] = []
  const columns: ColumnUse[] = []
  const orders: OrderedBy[] = []
  const within = new Set<string>()
  for (const each of nodesBelow({ [type]: node })) {
    if (each.type === 'CommonTableExpr') within.add(String(each.node['ctename']))
    if (each.type === 'RangeVar') tables.push(tableOf(each.node))
    if (each.type === 'A_Expr') columns.push(...compared(each.node))
    if (Array.isArray(each.node['sortClause'])) orders.push(...orderOf(each.node['sortClause']))
  }
  return { tables: tables.filter(table => table.schema !== null || !within.has(table.name)), columns, orders }
}

function tableOf(node: Ast): NamedTable {
  const alias = (node['alias'] as { aliasname?: string } | undefined)?.aliasname
  const name = String(node['relname'])
  return { schema: (node['schemaname'] as string | undefined) ?? null, name, alias: alias ?? name }
}

const ranges: ReadonlySet<string> = new Set(['<', '>', '<=', '>=', '~~'])

function compared(node: Ast): ColumnUse[] {
  const kind = String(node['kind'])
  const operator = namesIn(node['name']).at(-1) ?? ''
  const [left, right] = [columnOf(node['lexpr']), columnOf(node['rexpr'])]
  if (left && right) return operator === '=' ? [use(left, 'join'), use(right, 'join')] : []
  const only = left ?? right
  if (!only) return []
  if (kind.startsWith('AEXPR_BETWEEN')) return [use(only, 'range')]
  if (operator === '=' && ['AEXPR_OP', 'AEXPR_IN', 'AEXPR_OP_ANY'].includes(kind)) return [use(only, 'equal')]
  return ranges.has(operator) ? [use(only, 'range')] : []
}

type Column = Omit<ColumnUse, 'use'>

const use = (column: Column, how: ColumnUse['use']): ColumnUse => ({ ...column, use: how })

/** A bare column; one inside a function or a cast is of no use to a plain index. */
export function columnOf(value: unknown): Column | undefined {
  const reference = (value as { ColumnRef?: Ast } | undefined)?.ColumnRef
  const names = reference ? namesIn(reference['fields']) : []
  const column = names.at(-1)
  return column === undefined ? undefined : { qualifier: names.at(-2) ?? null, column }
}

/** One order, as far as it consists of bare columns from its beginning. */
function orderOf(clause: readonly unknown[]): OrderedBy[] {
  const columns: OrderedBy['columns'][number][] = []
  for (const item of clause) {
    const sort = (item as { SortBy?: Ast }).SortBy
    const column = columnOf(sort?.['node'])
    if (!column) break
    columns.push({ ...column, descending: sort?.['sortby_dir'] === 'SORTBY_DESC' })
  }
  return columns.length > 0 ? [{ columns }] : []
}
