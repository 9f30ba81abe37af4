import { PostgresDefinitionInvalid } from './errors.ts'
import { type Ast, nodesBelow, type ParsedStatement, parseStatement } from './parsed-statement.ts'

/**
 * A piece of SQL somebody wrote, once it was read by itself and found to be exactly one expression. The line break
 * behind it ends a comment it may close with.
 *
 * @throws PostgresDefinitionInvalid · PostgresSyntax
 */
export async function expressionText(text: string): Promise<string> {
  const { type, node } = await parseStatement(`SELECT (${text}\n)`)
  if (type !== 'SelectStmt' || !isOneValue(node)) throw invalid('expression', text)
  return `(${text}\n)`
}

/** A type as SQL writes it. @throws PostgresDefinitionInvalid · PostgresSyntax */
export async function typeText(text: string): Promise<string> {
  const { type, node } = await parseStatement(`SELECT NULL::${text}\n`)
  const target = isOneValue(node) ? targetOf(node) : undefined
  const cast = (target?.['val'] as { TypeCast?: Ast } | undefined)?.TypeCast
  const isCast = cast !== undefined && (cast['arg'] as { A_Const?: Ast }).A_Const?.['isnull'] === true
  if (type !== 'SelectStmt' || !isCast || target?.['name'] !== undefined) throw invalid('type', text)
  return `${text}\n`
}

/** A query that only reads, as far as its text shows. @throws PostgresDefinitionInvalid · PostgresSyntax */
export async function queryText(text: string): Promise<string> {
  const parsed = await parseStatement(text)
  if (parsed.type !== 'SelectStmt' || hasEffects(parsed)) throw invalid('query', text)
  return text.replace(/[\s;]+$/u, '')
}

/** Nothing but one value selected: no FROM, no second column, no other clause. */
function isOneValue(node: Ast): boolean {
  const clauses = Object.keys(node).filter(key => !['targetList', 'limitOption', 'op'].includes(key))
  if (clauses.length > 0 || !Array.isArray(node['targetList']) || node['targetList'].length !== 1) return false
  return (targetOf(node)?.['val'] as Ast | undefined)?.['RowExpr'] === undefined
}

function targetOf(node: Ast): Ast | undefined {
  return ((node['targetList'] as unknown[])[0] as { ResTarget?: Ast }).ResTarget
}

function hasEffects({ node }: ParsedStatement): boolean {
  for (const { type } of nodesBelow(node)) {
    if (type === 'intoClause' || (type.endsWith('Stmt') && type !== 'SelectStmt')) return true
  }
  return false
}

function invalid(what: string, text: string): PostgresDefinitionInvalid {
  return new PostgresDefinitionInvalid(`this is not one ${what}: ${text.slice(0, 100)}`, {
    hint: `Give the ${what} alone, without anything before or behind it.`,
  })
}
