import { negate } from '../value/arithmetic.ts'
import { numberFromLiteral } from '../value/big-literal.ts'
import { type JqObject, setOwn, type Value } from '../value/value.ts'
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

/** The value of an expression that `isConstant`. */
export function constantValue(expression: Expression): Value {
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'number':
      return numberFromLiteral(expression.text)
    case 'string':
      return expression.parts.join('')
    case 'negate':
      return negate(constantValue(expression.operand))
    case 'array':
      return expression.body ? constantItems(expression.body) : []
    case 'object':
      return constantObject(expression)
    default:
      return null
  }
}

function constantItems(expression: Expression): Value[] {
  if (expression.kind !== 'comma') return [constantValue(expression)]
  return [...constantItems(expression.left), ...constantItems(expression.right)]
}

function constantObject({ entries }: Extract<Expression, { kind: 'object' }>): JqObject {
  const object: JqObject = {}
  for (const { key, value } of entries) {
    const name = key.kind === 'string' ? key.parts.join('') : key.kind === 'name' ? key.name : ''
    setOwn(object, name, value ? constantValue(value) : null)
  }
  return object
}
