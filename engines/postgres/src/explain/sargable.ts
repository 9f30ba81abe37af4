import { type Ast, namesIn, nodesBelow, parseStatement } from '../schema/parsed-statement.ts'

/** A comparison that no plain index on the column can serve. */
export interface HiddenColumn {
  readonly column: string
  /** What stands around the column: a function, a cast, arithmetic, a pattern that begins with a wildcard. */
  readonly within: string
}

const comparisons: ReadonlySet<string> = new Set(['=', '<', '>', '<=', '>=', '<>', '~~', '~~*'])
/** Casts between texts change nothing an index sees. */
const harmlessCasts: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name', 'character varying'])

/** Comparisons of a filter, as EXPLAIN shows it, that hide their column. Filters with subplans are not read. */
export async function hiddenColumns(filter: string): Promise<HiddenColumn[]> {
  const parsed = await parseStatement(`SELECT (${filter})`).catch(() => undefined)
  if (!parsed) return []
  const found: HiddenColumn[] = []
  for (const { type, node } of nodesBelow(parsed.node)) {
    const operator = type === 'A_Expr' ? namesIn(node['name']).at(-1) : undefined
    if (operator === undefined || !comparisons.has(operator)) continue
    const hidden = operator.startsWith('~~') ? wildcard(node) : sides(node)
    if (hidden) found.push(hidden)
  }
  return found
}

/** One side computes something from a column, the other has none. */
function sides(node: Ast): HiddenColumn | undefined {
  const [left, right] = [node['lexpr'], node['rexpr']]
  if (columnIn(right) === undefined) return computed(left)
  return columnIn(left) === undefined ? computed(right) : undefined
}

function computed(side: unknown): HiddenColumn | undefined {
  const column = columnIn(side)
  const [type, node] = Object.entries((side ?? {}) as Record<string, Ast>)[0] ?? []
  if (column === undefined || !type || !node) return undefined
  if (type === 'FuncCall') return { column, within: `${namesIn(node['funcname']).at(-1)}()` }
  if (type === 'CoalesceExpr') return { column, within: 'coalesce()' }
  if (type === 'A_Expr') return { column, within: `arithmetic (${namesIn(node['name']).join('')})` }
  if (type !== 'TypeCast') return undefined
  const target = namesIn((node['typeName'] as Ast)['names']).at(-1) ?? ''
  return harmlessCasts.has(target) ? computed(node['arg']) : { column, within: `a cast to ${target}` }
}

function wildcard(node: Ast): HiddenColumn | undefined {
  const column = columnIn(node['lexpr'])
  const pattern = patternOf(node['rexpr'])
  return column !== undefined && /^[%_]/.test(pattern ?? '')
    ? { column, within: 'a pattern that begins with a wildcard' }
    : undefined
}

function patternOf(value: unknown): string | undefined {
  for (const { type, node } of nodesBelow(value)) {
    if (type === 'A_Const') return (node['sval'] as { sval?: string } | undefined)?.sval
  }
  return undefined
}

function columnIn(value: unknown): string | undefined {
  for (const { type, node } of nodesBelow(value)) if (type === 'ColumnRef') return namesIn(node['fields']).at(-1)
  return undefined
}
