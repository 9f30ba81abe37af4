import { loadModule, parseSync } from 'libpg-query'
import { PostgresNotOneStatement, PostgresSyntax, PostgresTextTooLong } from '../errors.ts'

/** A node of a parsed statement, or a list or leaf in one. */
export type Ast = { readonly [field: string]: unknown }

/** One statement: the name of its node, and the node. */
export interface ParsedStatement {
  readonly type: string
  readonly node: Ast
}

const bytesMax = 65_536
let loading: Promise<void> | undefined

/**
 * Reads one statement as PostgreSQL 18 would.
 *
 * @throws PostgresSyntax · PostgresNotOneStatement · PostgresTextTooLong
 */
export async function parseStatement(text: string): Promise<ParsedStatement> {
  // The parser would stop at a NUL and see only what stands before it.
  if (text.includes('\0')) throw new PostgresSyntax('SQL cannot contain the character NUL')
  if (Buffer.byteLength(text) > bytesMax) {
    throw new PostgresTextTooLong(`one statement has at most ${bytesMax} bytes`, { details: { bytesMax } })
  }
  loading ??= loadModule()
  await loading
  const statements = text.trim() === '' ? [] : parseAll(text)
  const only = statements[0]
  if (!only || statements.length > 1) {
    throw new PostgresNotOneStatement(only ? 'only one statement is taken at a time' : 'there is no statement')
  }
  return only
}

function parseAll(text: string): ParsedStatement[] {
  try {
    const { stmts = [] } = parseSync(text)
    return stmts.map(({ stmt }) => {
      const [type, node] = Object.entries(stmt as Ast)[0]!
      return { type, node: node as Ast }
    })
  } catch (error) {
    if (error instanceof RangeError || isExhausted(error)) {
      throw new PostgresTextTooLong('the statement is too deeply nested to be read')
    }
    throw new PostgresSyntax(error instanceof Error ? error.message : 'this is not SQL')
  }
}

const isExhausted = (error: unknown): boolean => error instanceof Error && /memory exhausted|stack/i.test(error.message)

/** Every node below a tree in the order of the text, with the name it stands under: its type, or for some clauses their field. */
export function* nodesBelow(root: unknown): Generator<ParsedStatement> {
  const open: [type: string, value: unknown][] = [['', root]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [type, value] = next
    if (typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value) && type !== '') yield { type, node: value as Ast }
    const below: [string, unknown][] = Array.isArray(value) ? value.map(each => ['', each]) : Object.entries(value)
    for (const each of below.reverse()) open.push(each)
  }
}

/** The texts of a list of names, as `a.b` is kept in a tree. */
export function namesIn(list: unknown): string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap(item => {
    const text = (item as { String?: { sval?: string } }).String
    return text === undefined ? [] : [text.sval ?? '']
  })
}

/** The highest `$n` of a statement; 0 without any. @throws as `parseStatement` */
export async function parameterCount(text: string): Promise<number> {
  let highest = 0
  for (const { type, node } of nodesBelow((await parseStatement(text)).node)) {
    if (type === 'ParamRef' && typeof node['number'] === 'number') highest = Math.max(highest, node['number'])
  }
  return highest
}
