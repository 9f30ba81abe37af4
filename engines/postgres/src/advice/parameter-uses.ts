import { type Ast, namesIn, nodesBelow, type ParsedStatement } from '../schema/parsed-statement.ts'
import { columnOf } from './column-uses.ts'

/** How a statement compares a column with one of its parameters. */
export type Comparison = 'equal' | 'any' | 'like' | 'above' | 'below' | 'from' | 'to'

export interface ComparedParameter {
  readonly number: number
  readonly how: Comparison
  readonly qualifier: string | null
  readonly column: string
}

/** What a statement does with one of its parameters, as far as that says which values it is given. */
export type ParameterUse = ComparedParameter | { readonly number: number; readonly how: 'limit' | 'offset' }

/** The parameters that are compared with a column, or limit the rows; of others nothing is known. */
export function parameterUses({ type, node }: ParsedStatement): ParameterUse[] {
  const found: ParameterUse[] = []
  for (const { type: kind, node: each } of nodesBelow({ [type]: node })) {
    if (kind === 'A_Expr') found.push(...comparedIn(each))
    const [limit, offset] = [numberOf(each['limitCount']), numberOf(each['limitOffset'])]
    if (limit !== undefined) found.push({ number: limit, how: 'limit' })
    if (offset !== undefined) found.push({ number: offset, how: 'offset' })
  }
  return found
}

const comparisons: Readonly<Record<string, readonly [usual: Comparison, flipped: Comparison]>> = {
  '=': ['equal', 'equal'],
  '<>': ['equal', 'equal'],
  '>': ['above', 'below'],
  '>=': ['above', 'below'],
  '<': ['below', 'above'],
  '<=': ['below', 'above'],
  '~~': ['like', 'like'],
  '~~*': ['like', 'like'],
}

function comparedIn(node: Ast): ComparedParameter[] {
  const { lexpr, rexpr } = node
  const kind = String(node['kind'])
  const column = columnOf(lexpr)
  const known = comparisons[namesIn(node['name']).at(-1) ?? '']
  if (kind.startsWith('AEXPR_BETWEEN')) {
    const [from, to] = itemsOf(rexpr).map(numberOf)
    return column ? [...use(from, 'from', column), ...use(to, 'to', column)] : []
  }
  if (!known) return []
  if (kind === 'AEXPR_OP_ANY') return column ? use(numberOf(rexpr), 'any', column) : []
  if (kind === 'AEXPR_IN') return column ? itemsOf(rexpr).flatMap(item => use(numberOf(item), 'equal', column)) : []
  if (column) return use(numberOf(rexpr), known[0], column)
  const flipped = columnOf(rexpr)
  return flipped ? use(numberOf(lexpr), known[1], flipped) : []
}

function use(number: number | undefined, how: Comparison, column: NonNullable<ReturnType<typeof columnOf>>) {
  return number === undefined ? [] : [{ number, how, ...column }]
}

const itemsOf = (value: unknown): unknown[] => {
  const items = (value as { List?: Ast } | undefined)?.List?.['items']
  return Array.isArray(items) ? items : []
}

/** `$n`, or `$n::type`. */
function numberOf(value: unknown): number | undefined {
  const { ParamRef: parameter, TypeCast: cast } = (value ?? {}) as { ParamRef?: Ast; TypeCast?: Ast }
  if (cast) return numberOf(cast['arg'])
  return typeof parameter?.['number'] === 'number' ? parameter['number'] : undefined
}
