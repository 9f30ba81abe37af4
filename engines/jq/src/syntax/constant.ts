import type { Expression } from './ast.ts'

/** Whether an expression is a literal all the way down. */
export function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case 'constant':
    case 'number':
      return true
    case 'string':
      return expression.parts.every(part => typeof part === 'string')
    case 'negate':
      return expression.operand.kind === 'number'
    case 'array':
      return expression.body === undefined || isConstantList(expression.body)
    case 'object':
      return expression.entries.every(({ key, value }) => {
        const constantKey = key.kind === 'name' || (key.kind === 'string' && key.parts.every(isText))
        return constantKey && value !== undefined && isConstant(value)
      })
    default:
      return false
  }
}

function isConstantList(expression: Expression): boolean {
  if (expression.kind !== 'comma') return isConstant(expression)
  return isConstantList(expression.left) && isConstant(expression.right)
}

function isText(part: unknown): boolean {
  return typeof part === 'string'
}
