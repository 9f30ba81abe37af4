import type { Definition, Expression } from '../syntax/ast.ts'
import { childrenOf } from '../syntax/walk.ts'

/** The functions a definition calls that are neither its arguments nor defined inside it, as `name/arity`, in order. */
export function callsOf(definition: Definition): string[] {
  const own = new Set(definition.params.map(param => `${param.name}/0`))
  return freeCalls(definition.body, own)
}

/** @param known what need not be told, as `name/arity`. */
function freeCalls(node: Expression, known: ReadonlySet<string>): string[] {
  if (node.kind === 'define') {
    const key = `${node.definition.name}/${node.definition.params.length}`
    const inside = new Set([...known, key, ...node.definition.params.map(param => `${param.name}/0`)])
    return [...freeCalls(node.definition.body, inside), ...freeCalls(node.body, new Set([...known, key]))]
  }
  const inner = childrenOf(node).flatMap(child => freeCalls(child, known))
  const key = node.kind === 'call' ? `${node.name}/${node.args.length}` : undefined
  return key === undefined || known.has(key) ? inner : [key, ...inner]
}
