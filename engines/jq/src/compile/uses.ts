import type { Expression } from '../syntax/ast.ts'
import { childrenOf } from '../syntax/walk.ts'

/** Whether a body calls `name` without arguments somewhere; shadowing is not looked at, a yes too many does no harm. */
export function callsAsFunction(body: Expression, name: string): boolean {
  if (body.kind === 'call' && body.name === name && body.args.length === 0) return true
  return childrenOf(body).some(child => callsAsFunction(child, name))
}
