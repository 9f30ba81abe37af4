import { nearest } from '@super-data/base/nearest'
import { findFormat, formatNames } from '../builtins/formats.ts'
import type { Ast, Expression, Span } from '../syntax/ast.ts'
import { isConstant } from '../syntax/constant.ts'
import { childrenOf } from '../syntax/walk.ts'
import type { IssueList } from './issue.ts'

/** Formats and labels that do not exist, and keys that can be no keys. */
export function lintWords(ast: Ast, issues: IssueList): void {
  const visit = (node: Expression, labels: readonly string[]): void => {
    if (node.kind === 'format') checkFormat(node.name, node, issues)
    if (node.kind === 'string' && node.format !== undefined) checkFormat(node.format, node, issues)
    if (node.kind === 'break') checkLabel(node.name, labels, node, issues)
    if (node.kind === 'object') checkKeys(node, issues)
    const inside = node.kind === 'label' ? [...labels, node.name] : labels
    for (const child of childrenOf(node)) visit(child, inside)
  }
  for (const definition of ast.definitions) visit(definition.body, [])
  if (ast.body) visit(ast.body, [])
}

function checkFormat(name: string, span: Span, issues: IssueList): void {
  if (findFormat(name)) return
  const near = nearest(name, formatNames())
  const message = `@${name} is no format${near === undefined ? '' : `; did you mean @${near}?`}`
  const suggestion = near === undefined ? {} : { suggestion: `@${near}` }
  issues.add({ rule: 'unknown-format', message, severity: 'error', ...suggestion }, span)
}

function checkLabel(name: string, labels: readonly string[], span: Span, issues: IssueList): void {
  if (labels.includes(name)) return
  const near = nearest(name, labels)
  const message = `there is no label $${name} to break to${near === undefined ? '' : `; did you mean $${near}?`}`
  const suggestion = near === undefined ? {} : { suggestion: `$${near}` }
  issues.add({ rule: 'unknown-label', message, severity: 'error', ...suggestion }, span)
}

/** The parser refuses constants as keys; what is computed from numbers alone is no string either. */
function checkKeys({ entries }: Extract<Expression, { kind: 'object' }>, issues: IssueList): void {
  for (const { key } of entries) {
    if (key.kind !== 'computed' || key.expression.kind !== 'binary') continue
    const { left, right } = key.expression
    const isText = left.kind === 'string' && right.kind === 'string'
    if (isText || !isConstant(left) || !isConstant(right)) continue
    const message = 'a key is a string, and this never is'
    issues.add({ rule: 'impossible-key', message, severity: 'error' }, key.expression)
  }
}
