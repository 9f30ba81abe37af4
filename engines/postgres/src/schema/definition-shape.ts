import { type Ast, namesIn, type ParsedStatement } from './parsed-statement.ts'

/** Kinds of objects a definition may make, change or drop. */
export type DefinedKind =
  | 'schema'
  | 'table'
  | 'index'
  | 'view'
  | 'materialized_view'
  | 'sequence'
  | 'type'
  | 'domain'
  | 'function'
  | 'procedure'
  | 'trigger'
  | 'policy'
  | 'extension'
  | 'constraint'

export interface DefinitionTarget {
  readonly kind: DefinedKind
  readonly schema?: string
  readonly name: string
  /** What a trigger, policy or new index hangs on. */
  readonly table?: { readonly schema?: string; readonly name: string }
}

/** What a DDL statement is, read from its tree alone. */
export interface DefinitionShape {
  readonly verb: 'create' | 'alter' | 'drop' | 'comment'
  readonly target: DefinitionTarget
  /** Its parts in order: columns with their constraints, or the forms of an ALTER. */
  readonly parts: readonly string[]
  /** Must stand alone, outside a transaction. */
  readonly alone: boolean
  readonly cascade: boolean
}

/** The shape of a statement; `undefined` for one that defines nothing, or nothing known here. */
export function definitionShape({ type, node }: ParsedStatement): DefinitionShape | undefined {
  const read = readers[type]
  const shape = read?.(node)
  return shape && { alone: false, cascade: false, parts: [], ...shape }
}

type Partial = Pick<DefinitionShape, 'verb' | 'target'> & {
  readonly parts?: readonly string[]
  readonly alone?: boolean
  readonly cascade?: boolean
}

const readers: Readonly<Record<string, (node: Ast) => Partial | undefined>> = {
  CreateSchemaStmt: node =>
    list(node['schemaElts']).length > 0 ? undefined : created({ kind: 'schema', name: text(node['schemaname']) }),
  CreateStmt: node => ({
    ...created(ofRelation('table', node['relation'])),
    parts: list(node['tableElts']).map(element),
  }),
  IndexStmt: node => ({
    ...created({
      kind: 'index',
      name: text(node['idxname']),
      table: relation(node['relation']),
    }),
    parts: [
      ...list(node['indexParams']).map(item => `key ${text(inner(item, 'IndexElem')['name'])}`),
      ...list(node['indexIncludingParams']).map(item => `include ${text(inner(item, 'IndexElem')['name'])}`),
      ...(node['unique'] ? ['unique'] : []),
      ...(node['whereClause'] ? ['where'] : []),
    ],
    alone: node['concurrent'] === true,
  }),
  ViewStmt: node => created(ofRelation('view', node['view'])),
  CreateTableAsStmt: node =>
    node['objtype'] === 'OBJECT_MATVIEW'
      ? created(ofRelation('materialized_view', (node['into'] as Ast)['rel']))
      : undefined,
  CreateEnumStmt: node => ({ ...created(ofNames('type', node['typeName'])), parts: namesIn(node['vals']) }),
  CompositeTypeStmt: node => created(ofRelation('type', node['typevar'])),
  CreateDomainStmt: node => created(ofNames('domain', node['domainname'])),
  CreateSeqStmt: node => created(ofRelation('sequence', node['sequence'])),
  CreateFunctionStmt: node => created(ofNames(node['is_procedure'] ? 'procedure' : 'function', node['funcname'])),
  CreateTrigStmt: node => created({ kind: 'trigger', name: text(node['trigname']), table: relation(node['relation']) }),
  CreatePolicyStmt: node =>
    created({ kind: 'policy', name: text(node['policy_name']), table: relation(node['table']) }),
  CreateExtensionStmt: node => created({ kind: 'extension', name: text(node['extname']) }),
  AlterTableStmt: node => {
    const kind = kinds[text(node['objtype'])]
    return kind && { verb: 'alter', target: ofRelation(kind, node['relation']), parts: list(node['cmds']).map(form) }
  },
  RenameStmt: node => {
    const isPart = node['renameType'] === 'OBJECT_COLUMN' || node['renameType'] === 'OBJECT_TABCONSTRAINT'
    const kind = kinds[text(isPart ? (node['relationType'] ?? 'OBJECT_TABLE') : node['renameType'])]
    if (kind === undefined || !node['relation']) return undefined
    const part = `rename ${isPart ? `${text(node['subname'])} ` : ''}to ${text(node['newname'])}`
    return { verb: 'alter', target: ofRelation(kind, node['relation']), parts: [part] }
  },
  AlterObjectSchemaStmt: node => {
    const kind = kinds[text(node['objectType'])]
    if (kind === undefined || !node['relation']) return undefined
    return {
      verb: 'alter',
      target: ofRelation(kind, node['relation']),
      parts: [`set schema ${text(node['newschema'])}`],
    }
  },
  AlterEnumStmt: node => ({
    verb: 'alter',
    target: ofNames('type', node['typeName']),
    parts: [`${node['oldVal'] === undefined ? 'add' : 'rename'} value ${text(node['newVal'])}`],
  }),
  AlterSeqStmt: node => ({ verb: 'alter', target: ofRelation('sequence', node['sequence']) }),
  CommentStmt: readComment,
  DropStmt: readDrop,
}

const created = (target: DefinitionTarget): Partial => ({ verb: 'create', target })

function readComment(node: Ast): Partial | undefined {
  const names = namesOfObject(node['object'])
  const parts = [`comment ${node['comment'] === undefined ? 'null' : JSON.stringify(node['comment'])}`]
  if (node['objtype'] === 'OBJECT_COLUMN') {
    const column = names.at(-1) ?? ''
    return { verb: 'comment', target: named('table', names.slice(0, -1)), parts: [`column ${column}`, ...parts] }
  }
  const kind = kinds[text(node['objtype'])]
  return kind && { verb: 'comment', target: named(kind, names), parts }
}

function readDrop(node: Ast): Partial | undefined {
  const kind = kinds[text(node['removeType'])]
  const objects = list(node['objects'])
  if (kind === undefined || objects.length !== 1) return undefined
  const names = namesOfObject(objects[0])
  const facts = {
    verb: 'drop' as const,
    alone: node['concurrent'] === true,
    cascade: node['behavior'] === 'DROP_CASCADE',
  }
  if (kind !== 'trigger' && kind !== 'policy') return { ...facts, target: named(kind, names) }
  const table = named('table', names.slice(0, -1))
  return {
    ...facts,
    target: { kind, name: names.at(-1) ?? '', table: { ...withSchema(table.schema), name: table.name } },
  }
}

/** One element of CREATE TABLE. */
function element(item: unknown): string {
  const column = (item as { ColumnDef?: Ast }).ColumnDef
  if (column) return columnPart(column)
  const constraint = (item as { Constraint?: Ast }).Constraint
  return constraint ? constraintPart(constraint) : Object.keys(item as object).join()
}

/** `column id: DEFAULT NOTNULL`. */
export function columnPart(column: Ast): string {
  const constraints = list(column['constraints']).map(each =>
    text(inner(each, 'Constraint')['contype']).replace('CONSTR_', ''),
  )
  return `column ${text(column['colname'])}:${constraints.map(each => ` ${each}`).join('')}`
}

function constraintPart(constraint: Ast): string {
  return `constraint ${text(constraint['conname'])} ${text(constraint['contype']).replace('CONSTR_', '')}`
}

/** One form of ALTER TABLE: `AddColumn column x: DEFAULT`, `DropColumn x`. */
function form(item: unknown): string {
  const command = inner(item, 'AlterTableCmd')
  const subtype = text(command['subtype']).replace('AT_', '')
  const definition = command['def'] as Ast | undefined
  if (subtype === 'AddColumn') return `${subtype} ${columnPart(inner(definition, 'ColumnDef'))}`
  if (subtype === 'AddConstraint') return `${subtype} ${constraintPart(inner(definition, 'Constraint'))}`
  return `${subtype} ${text(command['name'])}`.trim()
}

const kinds: Readonly<Record<string, DefinedKind>> = {
  OBJECT_SCHEMA: 'schema',
  OBJECT_TABLE: 'table',
  OBJECT_INDEX: 'index',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'materialized_view',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'domain',
  OBJECT_FUNCTION: 'function',
  OBJECT_PROCEDURE: 'procedure',
  OBJECT_TRIGGER: 'trigger',
  OBJECT_POLICY: 'policy',
  OBJECT_EXTENSION: 'extension',
}

function ofRelation(kind: DefinedKind, value: unknown): DefinitionTarget {
  return { kind, ...relation(value) }
}

function relation(value: unknown): { schema?: string; name: string } {
  const node = (value ?? {}) as Ast
  return { ...withSchema(node['schemaname']), name: text(node['relname']) }
}

const ofNames = (kind: DefinedKind, value: unknown): DefinitionTarget => named(kind, namesIn(value))

function named(kind: DefinedKind, names: readonly string[]): DefinitionTarget {
  return { kind, ...withSchema(names.length > 1 ? names.at(-2) : undefined), name: names.at(-1) ?? '' }
}

/** Dropped and commented objects are lists of names, bare names, types or functions with arguments. */
function namesOfObject(value: unknown): string[] {
  const node = (value ?? {}) as Record<string, Ast | undefined>
  if (node['List']) return namesIn(node['List']['items'])
  if (node['TypeName']) return namesIn(node['TypeName']['names'])
  if (node['ObjectWithArgs']) return namesIn(node['ObjectWithArgs']['objname'])
  return namesIn([value])
}

const withSchema = (schema: unknown): { schema?: string } =>
  typeof schema === 'string' && schema !== '' ? { schema } : {}
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const inner = (value: unknown, type: string): Ast => ((value as Record<string, Ast> | undefined)?.[type] ?? {}) as Ast
