import { problemText, translatePattern } from '../regex/pattern-syntax.ts'
import { riskOf } from '../regex/risk.ts'
import { readTree } from '../regex/tree.ts'
import type { Ast, Expression } from '../syntax/ast.ts'
import { constantValue, isConstant } from '../syntax/constant.ts'
import { childrenOf } from '../syntax/walk.ts'
import type { IssueList } from './issue.ts'

const matching: ReadonlySet<string> = new Set('test match capture scan splits sub gsub'.split(' '))

/** Regular expressions written out in a program that cannot be read, or that take their time. */
export function lintRegexes(ast: Ast, issues: IssueList): void {
  const visit = (node: Expression): void => {
    if (node.kind === 'call' && matching.has(node.name)) checkRegex(node.args[0], node.args.at(-1), issues)
    for (const child of childrenOf(node)) visit(child)
  }
  for (const definition of ast.definitions) visit(definition.body)
  if (ast.body) visit(ast.body)
}

function checkRegex(pattern: Expression | undefined, flags: Expression | undefined, issues: IssueList): void {
  if (pattern?.kind !== 'string' || !isConstant(pattern)) return
  const extended = flags !== pattern && flags?.kind === 'string' && isConstant(flags) && isExtended(flags)
  const regex = constantValue(pattern) as string
  try {
    const { source } = translatePattern(regex, { extended, dotAll: false })
    new RegExp(source, 'v')
    checkCost(source, pattern, issues)
  } catch (error) {
    const problem = problemText(error)
    if (problem === undefined) throw error
    const message = `this is no regular expression: ${problem}`
    issues.add({ rule: 'invalid-regex', message, severity: 'error' }, pattern)
  }
}

function isExtended(flags: Expression): boolean {
  return String(constantValue(flags)).includes('x')
}

function checkCost(source: string, pattern: Expression, issues: IssueList): void {
  if (Number.isFinite(riskOf(readTree(source, false)).degree)) return
  const message = 'this regular expression can match the same text in very many ways, which makes it slow'
  const suggestion = 'Avoid a repetition inside a repetition when both can match the same characters.'
  issues.add({ rule: 'costly-regex', message, severity: 'info', suggestion }, pattern)
}
