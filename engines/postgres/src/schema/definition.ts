import type { QualifiedName } from '../catalog.ts'
import type { Change } from './change.ts'
import { changeText } from './change-text.ts'
import { type DefinedKind, type DefinitionShape, type DefinitionTarget, definitionShape } from './definition-shape.ts'
import { PostgresDefinitionInvalid } from './errors.ts'
import { namesIn, nodesBelow, type ParsedStatement, parseStatement } from './parsed-statement.ts'

/** A DDL statement that was read and is what it was announced as. */
export interface CheckedDefinition extends DefinitionShape {
  readonly text: string
  /** Takes it back, where that can be said without looking at the database. */
  readonly undo: string | null
  /** What a reviewer should know: rights it gives or takes away, protection it switches off. */
  readonly dangers: readonly string[]
  /** Functions it names: some run at once, for defaults, index expressions and materialized views. */
  readonly functions: readonly QualifiedName[]
}

/**
 * The checked statement of a structured change.
 *
 * @throws PostgresDefinitionInvalid · PostgresNameInvalid · PostgresSyntax
 */
export async function define(change: Change): Promise<CheckedDefinition> {
  const { text, expected, undo } = await changeText(change)
  const parsed = await parseStatement(text)
  const shape = definitionShape(parsed)
  if (!shape || !isSame(shape, expected)) {
    throw new PostgresDefinitionInvalid('the statement came out as something else than was asked for', {
      hint: 'Give types and expressions alone, without anything before or behind them.',
    })
  }
  return { ...shape, text, undo, dangers: dangersOf(parsed, shape), functions: functionsIn(parsed) }
}

function isSame(shape: DefinitionShape, expected: object): boolean {
  const keys = Object.keys(expected) as (keyof DefinitionShape)[]
  return keys.every(key => toText(shape[key]) === toText((expected as DefinitionShape)[key]))
}

/** JSON with sorted keys and without those that are undefined. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}

export interface Announced {
  readonly verb: DefinitionShape['verb']
  readonly kind: DefinedKind
  readonly schema?: string
  readonly name?: string
}

/**
 * Holds a raw statement against what it was announced as: one statement, of that verb and kind, on that target.
 *
 * @throws PostgresDefinitionInvalid · PostgresNotOneStatement · PostgresSyntax · PostgresTextTooLong
 */
export async function checkDefinition(text: string, announced: Announced): Promise<CheckedDefinition> {
  const parsed = await parseStatement(text)
  const shape = definitionShape(parsed)
  if (!shape) throw new PostgresDefinitionInvalid('the statement defines nothing that can be changed here', { hint })
  const wrong = differences(shape, announced)
  if (wrong.length > 0) {
    throw new PostgresDefinitionInvalid(`the statement is not what was announced: ${wrong.join('; ')}`, {
      hint: 'Announce what the statement does, or correct it.',
      details: { found: describe(shape) },
    })
  }
  return {
    ...shape,
    text: text.trim(),
    undo: parsed.node['if_not_exists'] === true ? null : undoOf(shape),
    dangers: dangersOf(parsed, shape),
    functions: functionsIn(parsed),
  }
}

const hint =
  'Schemas, tables, views, indexes, sequences, types, functions, triggers, policies and extensions can be defined.'

function differences({ verb, target }: DefinitionShape, announced: Announced): string[] {
  const wrong: string[] = []
  if (verb !== announced.verb) wrong.push(`it is to ${announced.verb} but would ${verb}`)
  if (target.kind !== announced.kind) wrong.push(`it is about a ${announced.kind}, found a ${target.kind}`)
  if (announced.name !== undefined && target.name !== announced.name) wrong.push(`its target is ${spell(target)}`)
  if (announced.schema !== undefined && schemaOf(target) !== announced.schema)
    wrong.push(
      `its target ${schemaOf(target) === undefined ? 'has no schema' : `is in ${JSON.stringify(schemaOf(target))}`}`,
    )
  return wrong
}

/** An index or trigger is where its table is. */
const schemaOf = (target: DefinitionTarget): string | undefined => target.schema ?? target.table?.schema

const spell = ({ schema, name }: DefinitionTarget): string =>
  `${schema === undefined ? '' : `${JSON.stringify(schema)}.`}${JSON.stringify(name)}`

const describe = ({ verb, target }: DefinitionShape): string => `${verb} ${target.kind} ${spell(target)}`

/** What was newly made can be dropped; how functions are told apart, and what was replaced, the text does not say. */
function undoOf({ verb, target }: DefinitionShape): string | null {
  const known = new Set<DefinedKind>(['table', 'sequence', 'type', 'materialized_view'])
  if (verb !== 'create' || !known.has(target.kind)) return null
  const name = [target.schema, target.name].filter(part => part !== undefined).map(quote)
  return `DROP ${target.kind.replace('_', ' ').toUpperCase()} ${name.join('.')}`
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

const tameLanguages: ReadonlySet<string> = new Set(['sql', 'plpgsql'])

/** Forms of ALTER TABLE that take a guard away. */
const unguarding: Readonly<Record<string, string>> = {
  ChangeOwner: 'it gives the table to another role',
  DisableRowSecurity: 'it switches row security off',
  NoForceRowSecurity: 'it frees the owner from row security',
  DisableTrig: 'it switches a trigger off',
  DisableTrigAll: 'it switches all triggers off',
  DisableTrigUser: 'it switches triggers off',
  DisableRule: 'it switches a rule off',
}

function dangersOf(parsed: ParsedStatement, { parts }: DefinitionShape): string[] {
  const forms = parts.flatMap(part => unguarding[part.split(' ')[0] ?? ''] ?? [])
  return [...forms, ...functionDangers(parsed)]
}

function functionsIn({ node }: ParsedStatement): QualifiedName[] {
  const found: QualifiedName[] = []
  for (const each of nodesBelow(node)) {
    const names = each.type === 'FuncCall' ? namesIn(each.node['funcname']) : []
    const [name, schema] = names.reverse()
    if (name !== undefined) found.push({ ...(schema === undefined ? {} : { schema }), name })
  }
  return found
}

function functionDangers({ type, node }: ParsedStatement): string[] {
  if (type === 'CreateExtensionStmt') return ['an extension may bring functions in any language']
  if (type !== 'CreateFunctionStmt' || !Array.isArray(node['options'])) return []
  return node['options'].flatMap((option: { DefElem?: { defname?: string; arg?: Record<string, never> } }) => {
    const { defname, arg } = option.DefElem ?? {}
    if (defname === 'security' && (arg?.['Boolean'] as { boolval?: boolean } | undefined)?.boolval)
      return ["it runs with its owner's rights"]
    const language = (arg?.['String'] as { sval?: string } | undefined)?.sval
    if (defname !== 'language' || language === undefined || tameLanguages.has(language.toLowerCase())) return []
    return [`its language ${JSON.stringify(language)} may reach outside the database`]
  })
}
