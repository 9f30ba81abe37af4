import { nodesOf } from './nodes.ts'
import type { Tree } from './parser.ts'

/** Deeper conditions are taken as they look: the parser nests as deep as a text is long. */
const depthMax = 50

/** Whether a condition can tell rows apart: `true`, `id = id` and anything `or true` cannot. */
export function dependsOnRow(condition: unknown, depth = 0): boolean {
  if (typeof condition !== 'object' || condition === null) return false
  const { BoolExpr: joined, A_Expr: compared } = condition as { readonly BoolExpr?: Tree; readonly A_Expr?: Tree }
  const parts = joined?.['args'] as readonly unknown[] | undefined
  const partDepends = (part: unknown) => dependsOnRow(part, depth + 1)
  if (parts && depth < depthMax)
    return joined?.['boolop'] === 'OR_EXPR' ? parts.every(partDepends) : parts.some(partDepends)
  const left = columnOf(compared?.['lexpr'])
  if (left !== undefined && left === columnOf(compared?.['rexpr'])) return false
  for (const [key] of nodesOf(condition as Tree)) if (key === 'ColumnRef' || key === 'CurrentOfExpr') return true
  return false
}

/** Of an expression that is a column, its name with all qualifiers. */
function columnOf(expression: unknown): string | undefined {
  const column = (expression as { readonly ColumnRef?: Tree } | undefined)?.ColumnRef
  return column && JSON.stringify(column['fields'])
}
