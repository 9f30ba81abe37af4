import type { QualifiedName } from '../catalog.ts'
import { dependsOnRow } from './condition.ts'
import { nodesOf } from './nodes.ts'
import type { Tree } from './parser.ts'

/** A name as it stands in the text. */
export interface Mention extends QualifiedName {
  /** In bytes, from 0. */
  readonly offset?: number
}

export interface FunctionMention extends Mention {
  /** The first argument, when it is a text constant. */
  readonly literal?: string
}

/** A construct and where it stands. */
export interface Construct {
  readonly name: string
  readonly offset?: number
}

/** Everything a tree names, whatever it is part of. */
export interface Findings {
  readonly tables: readonly Mention[]
  readonly commonTables: ReadonlySet<string>
  readonly functions: readonly FunctionMention[]
  readonly operators: readonly Mention[]
  readonly types: readonly Mention[]
  /** Last parts of `a.b` and `(a).b`: a column, or a function written like one. */
  readonly attributes: readonly Mention[]
  /** INSERT, UPDATE, DELETE, MERGE at any depth. */
  readonly writes: readonly Construct[]
  /** The tables they change. */
  readonly targets: readonly Mention[]
  /** The same, when they would touch every row. */
  readonly allRows: readonly Construct[]
  /** SELECT … FOR UPDATE and its kin. */
  readonly locks: readonly Construct[]
  /** SELECT … INTO. */
  readonly intos: readonly Construct[]
  /** Statements of any other kind inside of others. */
  readonly others: readonly Construct[]
  /** Highest `$n`. */
  readonly parameters: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }

const writing: Readonly<Record<string, string>> = {
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
}

/** Types begin with a capital, fields like `selectStmt` do not. */
const statementType = /^[A-Z]\w*Stmt$/

/** Walks the whole tree without recursion: its depth is the caller's choice. */
export function findIn(tree: Tree): Findings {
  const findings: Mutable<Findings> & { commonTables: Set<string> } = {
    tables: [],
    commonTables: new Set<string>(),
    functions: [],
    operators: [],
    types: [],
    attributes: [],
    writes: [],
    targets: [],
    allRows: [],
    locks: [],
    intos: [],
    others: [],
    parameters: 0,
  }
  for (const [key, node] of nodesOf(tree)) note(findings, key, node)
  return findings
}

function note(findings: Mutable<Findings> & { commonTables: Set<string> }, key: string, node: Tree): void {
  const at = offsetOf(node)
  if (typeof node['relname'] === 'string') findings.tables.push(rangeOf(node))
  if (Array.isArray(node['funcname'])) findings.functions.push(functionOf(node))
  if (typeof node['ctename'] === 'string') findings.commonTables.add(node['ctename'])
  if (key === 'A_Expr') noteOperator(findings, node['name'], at)
  noteOperator(findings, node['operName'], at)
  noteOperator(findings, node['useOp'], at)
  if (Array.isArray(node['names']) && 'typemod' in node) noteName(findings.types, node['names'], at)
  if (key === 'ColumnRef') noteAttribute(findings, node['fields'], { least: 2, at })
  if (key === 'A_Indirection') noteAttribute(findings, node['indirection'], { least: 1, at })
  if (key === 'ParamRef') findings.parameters = Math.max(findings.parameters, Number(node['number'] ?? 0))
  if (Array.isArray(node['lockingClause'])) findings.locks.push({ name: 'FOR UPDATE or SHARE', ...at })
  if (typeof node['intoClause'] === 'object') findings.intos.push({ name: 'SELECT INTO', ...at })
  noteStatement(findings, key, node)
}

function noteStatement(findings: Mutable<Findings>, key: string, node: Tree): void {
  if (!statementType.test(key) || key === 'SelectStmt') return
  const command = writing[key]
  const range = node['relation'] as Tree | undefined
  const at = range ? offsetOf(range) : {}
  if (command === undefined) findings.others.push({ name: key, ...at })
  else findings.writes.push({ name: command, ...at })
  if (command !== undefined && range) findings.targets.push(rangeOf(range))
  const condition = key === 'MergeStmt' ? node['joinCondition'] : node['whereClause']
  if (command !== undefined && command !== 'INSERT' && !dependsOnRow(condition))
    findings.allRows.push({ name: command, ...at })
}

function rangeOf(node: Tree): Mention {
  const schema = node['schemaname']
  return { name: String(node['relname']), ...(typeof schema === 'string' ? { schema } : {}), ...offsetOf(node) }
}

function functionOf(node: Tree): FunctionMention {
  const first = (node['args'] as Tree[] | undefined)?.[0]?.['A_Const'] as Tree | undefined
  const literal = (first?.['sval'] as Tree | undefined)?.['sval']
  return {
    ...qualified(strings(node['funcname'])),
    ...offsetOf(node),
    ...(typeof literal === 'string' ? { literal } : {}),
  }
}

function noteOperator(findings: Mutable<Findings>, name: unknown, at: Offset): void {
  if (Array.isArray(name)) noteName(findings.operators, name, at)
}

function noteName(into: Mention[], parts: readonly unknown[], at: Offset): void {
  const names = strings(parts)
  if (names.length > 0) into.push({ ...qualified(names), ...at })
}

/** Each part may be a function of the part before, so each is noted. */
function noteAttribute(
  findings: Mutable<Findings>,
  parts: unknown,
  { least, at }: { readonly least: number; readonly at: Offset },
): void {
  const names = Array.isArray(parts) ? strings(parts) : []
  if (names.length >= least) for (const name of names.slice(least - 1)) findings.attributes.push({ name, ...at })
}

/** The strings among the parts of a name; `*` and subscripts are none. */
function strings(parts: unknown): string[] {
  if (!Array.isArray(parts)) return []
  return (parts as Tree[]).flatMap(part => {
    const text = (part['String'] as Tree | undefined)?.['sval']
    return typeof text === 'string' ? [text] : []
  })
}

/** `database.schema.name` is `schema.name`. */
function qualified(names: readonly string[]): QualifiedName {
  const name = names.at(-1) ?? ''
  const schema = names.at(-2)
  return schema === undefined ? { name } : { schema, name }
}

type Offset = { readonly offset?: number }

/** The tree leaves out zeros. */
function offsetOf(node: Tree): Offset {
  const location = node['location']
  return typeof location === 'number' && location >= 0 ? { offset: location } : {}
}
