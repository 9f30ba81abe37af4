import { parseStatement as parseTree } from '../sql/parser.ts'

/** A node of a parsed statement, or a list or leaf in one. */
export type Ast = { readonly [field: string]: unknown }

/** One statement: the name of its node, and the node. */
export interface ParsedStatement {
  readonly type: string
  readonly node: Ast
}

const bytesMax = 65_536

/**
 * Reads one statement with PostgreSQL's own grammar.
 *
 * @throws PostgresSyntax · PostgresNotOneStatement · PostgresTextTooLong
 */
export async function parseStatement(text: string): Promise<ParsedStatement> {
  const [type, node] = Object.entries(await parseTree(text, bytesMax))[0] ?? ['', {}]
  return { type, node: node as Ast }
}

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
