import type { Ast, Expression } from '../syntax/ast.ts'
import { constantValue, isConstant } from '../syntax/constant.ts'
import { format } from '../syntax/format.ts'
import { childrenOf } from '../syntax/walk.ts'
import { compactJson } from '../value/json-print.ts'
import { isTruthy } from '../value/value.ts'
import type { IssueList } from './issue.ts'

/** Parts that never run, and conditions that always come out the same. */
export function lintFlow(ast: Ast, issues: IssueList): void {
  const visit = (node: Expression): void => {
    checkReach(node, issues)
    checkComparison(node, issues)
    checkCondition(node, issues)
    for (const child of childrenOf(node)) visit(child)
  }
  for (const definition of ast.definitions) visit(definition.body)
  if (ast.body) visit(ast.body)
}

const silent: ReadonlySet<string> = new Set(['empty/0', 'error/0', 'error/1', 'halt/0', 'halt_error/0', 'halt_error/1'])

/** Whether it never has an output, as long as nobody gave these names another meaning. */
function neverOutputs(node: Expression): boolean {
  switch (node.kind) {
    case 'call':
      return silent.has(`${node.name}/${node.args.length}`)
    case 'break':
      return true
    case 'comma':
      return neverOutputs(node.left) && neverOutputs(node.right)
    case 'pipe':
      return neverOutputs(node.left) || neverOutputs(node.right)
    case 'if':
      return node.otherwise !== undefined && neverOutputs(node.then) && neverOutputs(node.otherwise)
    default:
      return false
  }
}

function checkReach(node: Expression, issues: IssueList): void {
  if (node.kind !== 'pipe' || !neverOutputs(node.left)) return
  // Of a chain of pipes only the first place is told: what is left of it has been found silent already.
  const end = format(lastOf(node.left))
  issues.add({ rule: 'unreachable', message: `nothing comes after ${end}`, severity: 'warning' }, node.right)
}

function lastOf(node: Expression): Expression {
  return node.kind === 'pipe' ? lastOf(node.right) : node
}

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])
const kinds: readonly string[] = ['null', 'boolean', 'number', 'string', 'array', 'object']

function checkComparison(node: Expression, issues: IssueList): void {
  if (node.kind !== 'binary' || !comparisons.has(node.operator)) return
  const { left, right } = node
  if (isConstant(left) && isConstant(right)) reportSame(node, 'both sides are constants', issues)
  else if (isPath(left) && format(left) === format(right)) reportSame(node, 'both sides are the same', issues)
  checkType(left, right, issues)
  checkType(right, left, issues)
}

function reportSame(node: Expression, why: string, issues: IssueList): void {
  const message = `${format(node)} always comes out the same: ${why}`
  issues.add({ rule: 'constant-comparison', message, severity: 'warning' }, node)
}

/** A place in the input, or a variable: the same whenever it is looked at. */
function isPath(node: Expression): boolean {
  if (node.kind === 'identity' || node.kind === 'variable') return true
  return node.kind === 'index' && isConstant(node.index) && isPath(node.target)
}

/** `type == "list"` */
function checkType(value: Expression, type: Expression, issues: IssueList): void {
  const last = lastOf(value)
  const asksType = last.kind === 'call' && last.name === 'type' && last.args.length === 0
  if (!asksType || type.kind !== 'string' || !isConstant(type)) return
  const name = constantValue(type)
  if (typeof name !== 'string' || kinds.includes(name)) return
  const message = `no value is of the type ${compactJson(name)}`
  const suggestion = meant[name.toLowerCase()] ?? kinds.join(', ')
  issues.add({ rule: 'unknown-type', message, severity: 'warning', suggestion }, type)
}

const meant: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int: 'number',
  integer: 'number',
  float: 'number',
  str: 'string',
  text: 'string',
  list: 'array',
  map: 'object',
  dict: 'object',
  none: 'null',
  nil: 'null',
  undefined: 'null',
}

function checkCondition(node: Expression, issues: IssueList): void {
  const isSelect = node.kind === 'call' && node.name === 'select' && node.args.length === 1
  const condition = node.kind === 'if' ? node.condition : isSelect ? node.args[0]! : undefined
  if (!condition || !isConstant(condition)) return
  const holds = isTruthy(constantValue(condition))
  const message = `the condition ${format(condition)} ${holds ? 'always' : 'never'} holds`
  issues.add({ rule: 'constant-condition', message, severity: 'warning' }, condition)
}
