import { quoteIdentifier, quoteLiteral, quoteQualified } from '../sql/identifier.ts'
import type { AlterTable, Change, ColumnDefinition, ConstraintDefinition, Drop, IndexKey, Reference } from './change.ts'
import type { DefinitionShape, DefinitionTarget } from './definition-shape.ts'
import { PostgresDefinitionInvalid } from './errors.ts'
import { expressionText, queryText, typeText } from './sql-fragment.ts'

/** A statement, and what it has to turn out to be when it is read again. */
export interface ChangeText {
  readonly text: string
  readonly expected: Pick<DefinitionShape, 'verb' | 'target' | 'alone' | 'cascade' | 'parts'>
  /** Takes it back where that needs no look at the database. */
  readonly undo: string | null
}

/**
 * The statement of a change, from templates: names quoted, pieces of SQL read by themselves first.
 *
 * @throws PostgresDefinitionInvalid · PostgresNameInvalid · PostgresSyntax
 */
export async function changeText(change: Change): Promise<ChangeText> {
  switch (change.do) {
    case 'create schema':
      return expecting('create', { kind: 'schema', name: change.name }, [], {
        text: `CREATE SCHEMA ${ifNot(change)}${quoteIdentifier(change.name)}`,
        undo: change.ifNotExists ? null : `DROP SCHEMA ${quoteIdentifier(change.name)}`,
      })
    case 'create table':
      return createTable(change)
    case 'create index':
      return createIndex(change)
    case 'create view':
      return createView(change)
    case 'create enum':
      return expecting('create', { kind: 'type', ...change.type }, change.values, {
        text: `CREATE TYPE ${quoteQualified(change.type)} AS ENUM (${change.values.map(quoteLiteral).join(', ')})`,
        undo: `DROP TYPE ${quoteQualified(change.type)}`,
      })
    case 'create sequence':
      return expecting('create', { kind: 'sequence', ...change.sequence }, [], {
        text: `CREATE SEQUENCE ${ifNot(change)}${quoteQualified(change.sequence)}`,
        undo: change.ifNotExists ? null : `DROP SEQUENCE ${quoteQualified(change.sequence)}`,
      })
    case 'add enum value':
      return addEnumValue(change)
    case 'comment':
      return comment(change)
    case 'drop':
      return drop(change)
    default:
      return alterTable(change)
  }
}

type Of<Name extends Change['do']> = Extract<Change, { do: Name }>

function expecting(
  verb: DefinitionShape['verb'],
  target: DefinitionTarget,
  parts: readonly string[],
  made: { readonly text: string; readonly undo: string | null; readonly alone?: boolean; readonly cascade?: boolean },
): ChangeText {
  const { text, undo, alone = false, cascade = false } = made
  return { text, undo, expected: { verb, target, parts, alone, cascade } }
}

const ifNot = ({ ifNotExists }: { readonly ifNotExists?: boolean }): string => (ifNotExists ? 'IF NOT EXISTS ' : '')
const ifThere = ({ ifExists }: { readonly ifExists?: boolean }): string => (ifExists ? 'IF EXISTS ' : '')
const andDependents = ({ cascade }: { readonly cascade?: boolean }): string => (cascade ? ' CASCADE' : '')
const columnsText = (names: readonly string[]): string => `(${names.map(quoteIdentifier).join(', ')})`

async function createTable(change: Of<'create table'>): Promise<ChangeText> {
  const columns = await inOrder(change.columns, columnText)
  const constraints = await inOrder(change.constraints ?? [], constraintText)
  const elements = [...columns, ...constraints]
  const name = quoteQualified(change.table)
  return expecting(
    'create',
    { kind: 'table', ...change.table },
    elements.map(element => element.part),
    {
      text: `CREATE TABLE ${ifNot(change)}${name} (\n  ${elements.map(element => element.text).join(',\n  ')}\n)`,
      undo: change.ifNotExists ? null : `DROP TABLE ${name}`,
    },
  )
}

/** A piece of a statement, and how it reads in the statement's shape. */
interface Part {
  readonly text: string
  readonly part: string
}

async function columnText(column: ColumnDefinition): Promise<Part> {
  const clauses: [string, string][] = []
  if (column.default !== undefined) clauses.push(['DEFAULT', `DEFAULT ${await expressionText(column.default)}`])
  if (column.identity) clauses.push(['IDENTITY', `GENERATED ${column.identity.toUpperCase()} AS IDENTITY`])
  if (column.generated !== undefined)
    clauses.push(['GENERATED', `GENERATED ALWAYS AS ${await expressionText(column.generated)} STORED`])
  if (column.notNull) clauses.push(['NOTNULL', 'NOT NULL'])
  if (column.primaryKey) clauses.push(['PRIMARY', 'PRIMARY KEY'])
  if (column.unique) clauses.push(['UNIQUE', 'UNIQUE'])
  if (column.check !== undefined) clauses.push(['CHECK', `CHECK ${await expressionText(column.check)}`])
  if (column.references) clauses.push(['FOREIGN', referenceText(column.references)])
  const collation = column.collation === undefined ? '' : ` COLLATE ${quoteIdentifier(column.collation)}`
  return {
    text: `${quoteIdentifier(column.name)} ${await typeText(column.type)}${collation}${clauses.map(each => ` ${each[1]}`).join('')}`,
    part: `column ${column.name}:${clauses.map(each => ` ${each[0]}`).join('')}`,
  }
}

const referentialActions: ReadonlySet<string> = new Set(['no action', 'restrict', 'cascade', 'set null', 'set default'])

function referenceText({ table, columns, onDelete, onUpdate }: Reference): string {
  const actions = [
    ['DELETE', onDelete],
    ['UPDATE', onUpdate],
  ] as const
  const texts = actions.flatMap(([event, action]) =>
    action === undefined ? [] : [` ON ${event} ${oneOf(action, referentialActions).toUpperCase()}`],
  )
  return `REFERENCES ${quoteQualified(table)}${columns ? ` ${columnsText(columns)}` : ''}${texts.join('')}`
}

async function constraintText(constraint: ConstraintDefinition): Promise<Part> {
  const { name } = constraint
  const begin = name === undefined ? '' : `CONSTRAINT ${quoteIdentifier(name)} `
  const part = (type: string): string => `constraint ${name ?? ''} ${type}`
  const notValid = 'notValid' in constraint && constraint.notValid ? ' NOT VALID' : ''
  switch (constraint.form) {
    case 'check':
      return { text: `${begin}CHECK ${await expressionText(constraint.expression)}${notValid}`, part: part('CHECK') }
    case 'foreign key': {
      const text = `FOREIGN KEY ${columnsText(constraint.columns)} ${referenceText(constraint.references)}`
      return { text: `${begin}${text}${notValid}`, part: part('FOREIGN') }
    }
    case 'exclusion': {
      const elements = constraint.elements.map(
        each => `${quoteIdentifier(each.column)} WITH ${operatorText(each.operator)}`,
      )
      const text = `EXCLUDE USING ${quoteIdentifier(constraint.method ?? 'gist')} (${elements.join(', ')})`
      return { text: begin + text, part: part('EXCLUSION') }
    }
    default: {
      const include = constraint.include ? ` INCLUDE ${columnsText(constraint.include)}` : ''
      const text = `${constraint.form.toUpperCase()} ${columnsText(constraint.columns)}${include}`
      return { text: begin + text, part: part(constraint.form === 'unique' ? 'UNIQUE' : 'PRIMARY') }
    }
  }
}

function operatorText(operator: string): string {
  if (/^[-+*/<>=~!@#%^&|`?]{1,20}$/.test(operator) && !/--|\/\*/.test(operator)) return operator
  throw new PostgresDefinitionInvalid(`this is no operator: ${operator.slice(0, 50)}`)
}

async function createIndex(change: Of<'create index'>): Promise<ChangeText> {
  const keys = await inOrder(change.keys, keyText)
  const where = change.where === undefined ? '' : ` WHERE ${await expressionText(change.where)}`
  const include = change.include?.length ? ` INCLUDE ${columnsText(change.include)}` : ''
  const words = `CREATE ${change.unique ? 'UNIQUE ' : ''}INDEX ${change.concurrently ? 'CONCURRENTLY ' : ''}${ifNot(change)}`
  const name = change.name === undefined ? '' : `${quoteIdentifier(change.name)} `
  const text = `${words}${name}ON ${quoteQualified(change.table)} USING ${quoteIdentifier(change.method ?? 'btree')}`
  const parts = [
    ...keys.map(key => key.part),
    ...(change.include ?? []).map(column => `include ${column}`),
    ...(change.unique ? ['unique'] : []),
    ...(change.where === undefined ? [] : ['where']),
  ]
  return expecting('create', { kind: 'index', name: change.name ?? '', table: change.table }, parts, {
    text: `${text} (${keys.map(key => key.text).join(', ')})${include}${where}`,
    undo: change.name === undefined || change.ifNotExists ? null : dropIndex(change.table.schema, change.name, change),
    alone: change.concurrently ?? false,
  })
}

function dropIndex(schema: string, name: string, { concurrently }: { readonly concurrently?: boolean }): string {
  return `DROP INDEX ${concurrently ? 'CONCURRENTLY ' : ''}${quoteQualified({ schema, name })}`
}

async function keyText(key: IndexKey): Promise<Part> {
  if ((key.column === undefined) === (key.expression === undefined))
    throw new PostgresDefinitionInvalid('a key of an index is either a column or an expression')
  const value = key.column === undefined ? await expressionText(key.expression!) : quoteIdentifier(key.column)
  const order = key.order === undefined ? '' : ` ${oneOf(key.order, new Set(['asc', 'desc'])).toUpperCase()}`
  const nulls = key.nulls === undefined ? '' : ` NULLS ${oneOf(key.nulls, new Set(['first', 'last'])).toUpperCase()}`
  const operatorClass = key.operatorClass === undefined ? '' : ` ${quoteIdentifier(key.operatorClass)}`
  return { text: `${value}${operatorClass}${order}${nulls}`, part: `key ${key.column ?? ''}` }
}

async function createView(change: Of<'create view'>): Promise<ChangeText> {
  const name = quoteQualified(change.view)
  const noun = change.materialized ? 'MATERIALIZED VIEW' : 'VIEW'
  if (change.materialized && change.replace)
    throw new PostgresDefinitionInvalid('a materialized view cannot be replaced', {
      hint: 'Drop it and create it again.',
    })
  const kind = change.materialized ? 'materialized_view' : 'view'
  return expecting('create', { kind, ...change.view }, [], {
    text: `CREATE ${change.replace ? 'OR REPLACE ' : ''}${noun} ${name} AS\n${await queryText(change.query)}`,
    undo: change.replace ? null : `DROP ${noun} ${name}`,
  })
}

function addEnumValue(change: Of<'add enum value'>): ChangeText {
  const { type, value, before, after } = change
  const neighbour = before ?? after
  const place =
    neighbour === undefined ? '' : ` ${before === undefined ? 'AFTER' : 'BEFORE'} ${quoteLiteral(neighbour)}`
  return expecting('alter', { kind: 'type', ...type }, [`add value ${value}`], {
    text: `ALTER TYPE ${quoteQualified(type)} ADD VALUE ${quoteLiteral(value)}${place}`,
    undo: null,
  })
}

function comment({ on, column, text }: Of<'comment'>): ChangeText {
  const name = quoteQualified(on)
  const object = column === undefined ? `${words(on.kind)} ${name}` : `COLUMN ${name}.${quoteIdentifier(column)}`
  const part = `comment ${text === null ? 'null' : JSON.stringify(text)}`
  const target = { kind: column === undefined ? on.kind : 'table', schema: on.schema, name: on.name } as const
  return expecting('comment', target, column === undefined ? [part] : [`column ${column}`, part], {
    text: `COMMENT ON ${object} IS ${text === null ? 'NULL' : quoteLiteral(text)}`,
    undo: null,
  })
}

const words = (kind: string): string => kind.replace('_', ' ').toUpperCase()

async function drop(change: Drop): Promise<ChangeText> {
  const { kind, name, table, cascade = false } = change
  const alone = kind === 'index' && change.concurrently === true
  const noun = `${words(kind)} ${alone ? 'CONCURRENTLY ' : ''}${ifThere(change)}`
  return expecting('drop', dropTarget(change), [], {
    text: `DROP ${noun}${await dropName(change)}${kind === 'extension' && !cascade ? '' : andDependents(change)}`,
    undo: null,
    alone,
    cascade,
  })

  function dropTarget({ schema }: Drop): DefinitionTarget {
    if (table) return { kind, name, table: { schema: table.schema, name: table.name } }
    return { kind, name, ...(schema === undefined || bare.has(kind) ? {} : { schema }) }
  }
}

const bare: ReadonlySet<string> = new Set(['schema', 'extension'])

async function dropName({ kind, schema, name, table, arguments: types }: Drop): Promise<string> {
  if (bare.has(kind)) return quoteIdentifier(name)
  if (kind === 'trigger' || kind === 'policy') {
    if (!table) throw new PostgresDefinitionInvalid(`a ${kind} is dropped with its table`, { hint: 'Name the table.' })
    return `${quoteIdentifier(name)} ON ${quoteQualified(table)}`
  }
  if (schema === undefined)
    throw new PostgresDefinitionInvalid(`the schema of the ${words(kind).toLowerCase()} is missing`)
  if (types === undefined) return quoteQualified({ schema, name })
  return `${quoteQualified({ schema, name })}(${(await inOrder(types, typeText)).join(', ')})`
}

async function alterTable(change: AlterTable): Promise<ChangeText> {
  const alter = `ALTER TABLE ${quoteQualified(change.table)}`
  const made = await alteration(change)
  return expecting('alter', { kind: 'table', ...change.table }, [made.part], {
    text: `${alter} ${made.text}`,
    undo: made.undo === null ? null : (made.undoAlone ?? `${alter} ${made.undo}`),
    cascade: false,
  })
}

interface Alteration extends Part {
  /** What to alter on the same table to get back. */
  readonly undo: string | null
  /** A whole statement instead, where the table has another name afterwards. */
  readonly undoAlone?: string
}

async function alteration(change: AlterTable): Promise<Alteration> {
  switch (change.do) {
    case 'add column': {
      const { text, part } = await columnText(change.column)
      const undo = change.ifNotExists ? null : `DROP COLUMN ${quoteIdentifier(change.column.name)}`
      return { text: `ADD COLUMN ${ifNot(change)}${text}`, part: `AddColumn ${part}`, undo }
    }
    case 'drop column': {
      const text = `DROP COLUMN ${ifThere(change)}${quoteIdentifier(change.column)}${andDependents(change)}`
      return { text, part: `DropColumn ${change.column}`, undo: null }
    }
    case 'rename column': {
      const [from, to] = [quoteIdentifier(change.column), quoteIdentifier(change.to)]
      const part = `rename ${change.column} to ${change.to}`
      return { text: `RENAME COLUMN ${from} TO ${to}`, part, undo: `RENAME COLUMN ${to} TO ${from}` }
    }
    case 'rename table': {
      const back = quoteQualified({ schema: change.table.schema, name: change.to })
      const undoAlone = `ALTER TABLE ${back} RENAME TO ${quoteIdentifier(change.table.name)}`
      return { text: `RENAME TO ${quoteIdentifier(change.to)}`, part: `rename to ${change.to}`, undo: '', undoAlone }
    }
    case 'set schema': {
      const moved = quoteQualified({ schema: change.to, name: change.table.name })
      const undoAlone = `ALTER TABLE ${moved} SET SCHEMA ${quoteIdentifier(change.table.schema)}`
      return { text: `SET SCHEMA ${quoteIdentifier(change.to)}`, part: `set schema ${change.to}`, undo: '', undoAlone }
    }
    case 'add constraint': {
      const { text, part } = await constraintText(change.constraint)
      const { name } = change.constraint
      const undo = name === undefined ? null : `DROP CONSTRAINT ${quoteIdentifier(name)}`
      return { text: `ADD ${text}`, part: `AddConstraint ${part}`, undo }
    }
    case 'validate constraint':
      return {
        text: `VALIDATE CONSTRAINT ${quoteIdentifier(change.name)}`,
        part: `ValidateConstraint ${change.name}`,
        undo: null,
      }
    case 'drop constraint': {
      const text = `DROP CONSTRAINT ${ifThere(change)}${quoteIdentifier(change.name)}${andDependents(change)}`
      return { text, part: `DropConstraint ${change.name}`, undo: null }
    }
    case 'enable row security':
      return { text: 'ENABLE ROW LEVEL SECURITY', part: 'EnableRowSecurity', undo: 'DISABLE ROW LEVEL SECURITY' }
    case 'disable row security':
      return { text: 'DISABLE ROW LEVEL SECURITY', part: 'DisableRowSecurity', undo: 'ENABLE ROW LEVEL SECURITY' }
    default:
      return columnAlteration(change)
  }
}

type AlterColumn = Extract<
  AlterTable,
  { do: 'set default' | 'drop default' | 'set not null' | 'drop not null' | 'set type' }
>

async function columnAlteration(change: AlterColumn): Promise<Alteration> {
  const column = `ALTER COLUMN ${quoteIdentifier(change.column)}`
  switch (change.do) {
    case 'set default': {
      const text = `${column} SET DEFAULT ${await expressionText(change.default)}`
      return { text, part: `ColumnDefault ${change.column}`, undo: null }
    }
    case 'drop default':
      return { text: `${column} DROP DEFAULT`, part: `ColumnDefault ${change.column}`, undo: null }
    case 'set not null':
      return { text: `${column} SET NOT NULL`, part: `SetNotNull ${change.column}`, undo: `${column} DROP NOT NULL` }
    case 'drop not null':
      return { text: `${column} DROP NOT NULL`, part: `DropNotNull ${change.column}`, undo: `${column} SET NOT NULL` }
    case 'set type': {
      const using = change.using === undefined ? '' : ` USING ${await expressionText(change.using)}`
      const text = `${column} TYPE ${await typeText(change.type)}${using}`
      return { text, part: `AlterColumnType ${change.column}`, undo: null }
    }
    default:
      return change satisfies never
  }
}

function oneOf(word: string, allowed: ReadonlySet<string>): string {
  if (allowed.has(word)) return word
  throw new PostgresDefinitionInvalid(`${JSON.stringify(word)} is not one of ${[...allowed].join(', ')}`)
}

async function inOrder<Item, Made>(items: readonly Item[], make: (item: Item) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  for (const item of items) made.push(await make(item))
  return made
}
