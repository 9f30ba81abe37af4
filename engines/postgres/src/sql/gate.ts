import type { Clock } from '@super-data/base/clock'
import { nearest } from '@super-data/base/nearest'
import type { Catalog, CheckedStatement, NamedDefinition, QualifiedName } from '../catalog.ts'
import { PolicyDenied, PostgresUnknownName } from '../errors.ts'
import type { PostgresPolicy } from '../policy.ts'
import { type Findings, type FunctionMention, findIn, type Mention } from './findings.ts'
import { FunctionCatalog, type Purpose } from './function-catalog.ts'
import { isOpenSetting, secretTables } from './function-rules.ts'
import { locateByte } from './location.ts'
import { parseBody, parseStatement, type Tree } from './parser.ts'
import { refusalOf } from './refusals.ts'
import { findRelations, type Relation } from './relations.ts'

/** How long what a name stands for is remembered. */
const relationMs = 30_000
const relationsMax = 10_000

/** How often an unknown name may make the functions be read anew. */
const refreshMs = 2_000

/** How long the functions are believed at all. */
const functionsMs = 300_000

/** Views on views on views: deeper ones are refused. */
const depthMax = 16

/** Of what a view or a function runs. */
const definitionBytesMax = 1 << 20

/** Kinds whose definition leaves functions and types as they are. */
const relational: ReadonlySet<string> = new Set(['table', 'index', 'view', 'materialized_view', 'sequence'])

/** A statement that may run, and what its caller should know before. */
export interface Judged extends CheckedStatement {
  /** UPDATE or DELETE that would touch every row. */
  readonly allRows?: string
  readonly takesLocks: boolean
}

export interface GateOptions {
  readonly policy: PostgresPolicy
  readonly textBytesMax: number
  readonly clock: Clock
  /** A read-only transaction of the login whose statements are judged. */
  readonly ask: <T>(work: (catalog: Catalog) => Promise<T>) => Promise<T>
}

/**
 * Says which statements may run, before they do. It refuses what it does not know.
 *
 * It looks through views and functions written in SQL. What it cannot see is what triggers, rules, defaults, row
 * security, implicit casts and functions in other languages that claim to be stable do: the rights of the login and the
 * reading transaction bound those.
 */
export class Gate {
  readonly #options: GateOptions
  #functions: Promise<FunctionCatalog> | undefined
  #loadedAt = Number.NEGATIVE_INFINITY
  readonly #relations = new Map<string, { readonly relation: Relation | undefined; readonly at: number }>()

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** @throws PolicyDenied · PostgresSyntax · PostgresNotOneStatement · PostgresTextTooLong · PostgresUnknownName */
  async check(text: string, purpose: Purpose): Promise<Judged> {
    const tree = await parseStatement(text, this.#options.textBytesMax)
    const root = rootOf(tree)
    const judgement = new Judgement(text, purpose)
    const findings = findIn(root.inner)
    judgement.checkKind(root, findings)
    judgement.checkSetting(root)
    await this.#checkNames(findings, judgement, [])
    return judgement.statement(root, findings)
  }

  /**
   * Everything a definition names: defaults, keys and queries run as soon as it is made.
   *
   * @throws PolicyDenied · PostgresUnknownName
   */
  async checkDefinition({ text, target }: NamedDefinition): Promise<void> {
    const findings = findIn(await parseStatement(text, this.#options.textBytesMax))
    const judgement = new Judgement(text, 'write')
    const changed = target.table ?? target
    const [found] = await this.#resolve([changed])
    judgement.checkTarget(found ?? changed, changed)
    await this.#checkNames(findings, judgement, [])
  }

  /** A definition was made: what names stand for may have changed. */
  forget({ target: { kind } }: NamedDefinition): void {
    this.#relations.clear()
    if (!relational.has(kind)) this.#functions = undefined
  }

  /** Whether a table may be named at all, where no statement of the caller's names it. @throws PolicyDenied */
  checkTable(table: QualifiedName): void {
    new Judgement('', 'write').checkTable(table, table, this.#options.policy)
  }

  /** Type names, as of the last load. */
  async functions(): Promise<FunctionCatalog> {
    const age = this.#options.clock.elapsed() - this.#loadedAt
    if (!this.#functions || age > functionsMs) this.#load()
    return this.#functions!
  }

  /** @param inside the views and functions that are being looked through, outermost first. */
  async #checkNames(findings: Findings, judgement: Judgement, inside: readonly string[]): Promise<void> {
    const functions = await this.#knowing(findings.functions)
    for (const mention of findings.functions) judgement.checkCall(mention, functions)
    for (const mention of findings.operators)
      judgement.refuseIf(functions.refusesOperator(mention), `the operator ${mention.name}`, mention)
    for (const mention of findings.types)
      judgement.refuseIf(functions.refusesCast(mention), `the cast to ${mention.name}`, mention)
    for (const mention of findings.attributes)
      judgement.refuseIf(functions.refusesAttribute(mention), `${mention.name}, which is also a function,`, mention)
    const within = { judgement, inside }
    for (const mention of findings.functions)
      await this.#checkBodies(functions.bodiesOf(mention), mention, { ...within, what: 'function' })
    for (const mention of findings.attributes)
      await this.#checkBodies(functions.bodiesOfAttribute(mention), mention, { ...within, what: 'function' })
    for (const mention of findings.types)
      await this.#checkBodies(functions.checksOf(mention), mention, { ...within, what: 'domain' })
    await this.#checkTables(findings, judgement, inside)
  }

  /** A function does what its statements and defaults do, and a domain what it checks, whatever they say of themselves. */
  async #checkBodies(
    bodies: readonly string[],
    mention: Mention,
    within: { readonly what: string; readonly judgement: Judgement; readonly inside: readonly string[] },
  ): Promise<void> {
    const { what, judgement, inside } = within
    const key = `${what} ${keyOf(mention)}`
    if (bodies.length === 0 || inside.includes(key)) return
    const name = `the ${what} ${mention.name}`
    if (inside.length > depthMax) judgement.refuse('stands on too many others', name, mention)
    const looking = judgement.inside(mention, name)
    for (const body of bodies)
      for (const tree of await parseBody(body, definitionBytesMax))
        await this.#checkNames(findIn(tree as Tree), looking, [...inside, key])
  }

  async #checkTables(findings: Findings, judgement: Judgement, inside: readonly string[]): Promise<void> {
    for (const mention of findings.tables) judgement.checkTable(mention, mention, this.#options.policy)
    const targets = await this.#resolve(findings.targets)
    for (const [place, mention] of findings.targets.entries()) judgement.checkTarget(targets[place] ?? mention, mention)
    const relations = await this.#resolve(findings.tables)
    for (const [place, relation] of relations.entries()) {
      const mention = findings.tables[place]!
      if (!relation) continue
      judgement.checkTable(relation, mention, this.#options.policy)
      if (relation.definition !== null)
        await this.#checkView(relation, judgement.inside(mention, `the view ${relation.name}`), inside)
    }
  }

  /** A view does what its query does, so that is judged as if it stood there. */
  async #checkView(view: Relation, judgement: Judgement, inside: readonly string[]): Promise<void> {
    if (inside.length > depthMax) judgement.refuse('stands on too many views', `the view ${view.name}`)
    const tree = await parseStatement(view.definition ?? '', definitionBytesMax)
    await this.#checkNames(findIn(tree), judgement, [...inside, `view ${view.schema}.${view.name}`])
  }

  /** Functions made a moment ago are looked for once more before they count as unknown. */
  async #knowing(mentions: readonly FunctionMention[]): Promise<FunctionCatalog> {
    const functions = await this.functions()
    if (mentions.every(mention => functions.has(mention))) return functions
    if (this.#options.clock.elapsed() - this.#loadedAt <= refreshMs) return functions
    this.#load()
    return this.functions()
  }

  #load(): void {
    const { ask, policy, clock } = this.#options
    this.#loadedAt = clock.elapsed()
    const loading = ask(catalog => FunctionCatalog.load(catalog, policy))
    this.#functions = loading
    loading.catch(() => {
      if (this.#functions === loading) this.#functions = undefined
    })
  }

  async #resolve(names: readonly QualifiedName[]): Promise<readonly (Relation | undefined)[]> {
    const now = this.#options.clock.elapsed()
    const unknown = names.filter(name => (this.#relations.get(keyOf(name))?.at ?? -Infinity) < now - relationMs)
    if (unknown.length > 0) await this.#lookUp(unknown, now)
    return names.map(name => this.#relations.get(keyOf(name))?.relation)
  }

  async #lookUp(names: readonly QualifiedName[], at: number): Promise<void> {
    if (this.#relations.size > relationsMax) this.#relations.clear()
    const found = await this.#options.ask(catalog => findRelations(catalog, names))
    for (const [place, name] of names.entries()) {
      const relation = found[place]
      // What is not there may be there in a moment.
      this.#relations.set(keyOf(name), { relation, at: relation ? at : Number.NEGATIVE_INFINITY })
    }
  }
}

/** The statement a text is about. */
interface Root {
  readonly type: string
  readonly node: Tree
  /** What is walked: for EXPLAIN, the statement it explains. */
  readonly inner: Tree
  readonly innerType: string
  /** EXPLAIN without running. */
  readonly plansOnly: boolean
}

function rootOf(tree: Tree): Root {
  const [type = '', node = {}] = (Object.entries(tree)[0] ?? []) as [string, Tree]
  if (type !== 'ExplainStmt') return { type, node, inner: tree, innerType: type, plansOnly: false }
  const inner = node['query'] as Tree
  return { type, node, inner, innerType: Object.keys(inner)[0] ?? '', plansOnly: !runs(node['options']) }
}

/** Whether EXPLAIN runs its statement: anything but a plain "no" counts as yes. */
function runs(options: unknown): boolean {
  return ((options ?? []) as { DefElem?: Tree }[]).some(({ DefElem: option = {} }) => {
    if (String(option['defname']).toLowerCase() !== 'analyze') return false
    const value = option['arg'] as Tree | undefined
    const word = String((value?.['String'] as Tree | undefined)?.['sval'] ?? '').toLowerCase()
    const number = value?.['Integer'] as Tree | undefined
    const isOff = word === 'false' || word === 'off' || (number !== undefined && Number(number['ival'] ?? 0) === 0)
    return !isOff
  })
}

const commands: Readonly<Record<string, string>> = {
  SelectStmt: 'SELECT',
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
  ExplainStmt: 'EXPLAIN',
  VariableShowStmt: 'SHOW',
}

/** What is being looked through, and where it stands in the text. */
interface Through {
  readonly name: string
  readonly mention: Mention
}

/** The rules for one statement, or for a view or function inside of it. */
class Judgement {
  readonly #text: string
  readonly #purpose: Purpose
  readonly #through: Through | undefined

  constructor(text: string, purpose: Purpose, through?: Through) {
    this.#text = text
    this.#purpose = purpose
    this.#through = through
  }

  inside(mention: Mention, name: string): Judgement {
    return new Judgement(this.#text, this.#purpose, this.#through ?? { name, mention })
  }

  checkKind(root: Root, findings: Findings): void {
    const isKnown = root.type in commands && (root.type === 'VariableShowStmt' || root.innerType in commands)
    if (!isKnown || (root.type === 'ExplainStmt' && root.innerType === 'VariableShowStmt'))
      this.#refuseStatement(root.type === 'ExplainStmt' ? root.innerType : root.type, root.inner)
    for (const other of findings.others) if (other.name !== root.type) this.#refuseStatement(other.name, {}, other)
    for (const into of findings.intos) this.#refuseConstruct(into, 'Tables are made by the schema operations.')
    if (this.#purpose === 'write') {
      if (root.type === 'ExplainStmt') this.#refuseStatement('ExplainStmt', root.inner)
      return
    }
    if (!root.plansOnly) for (const write of findings.writes) this.#refuseWrite(root, write)
    for (const lock of findings.locks) this.#refuseConstruct(lock, 'Rows are locked in a session that may write.')
  }

  checkSetting(root: Root): void {
    const name = String(root.node['name'] ?? '')
    if (root.type !== 'VariableShowStmt' || isOpenSetting(name)) return
    this.#deny(`SHOW ${name} is not allowed`, 'This setting tells about the machine, or may hold a secret.', 'SHOW')
  }

  checkCall(mention: FunctionMention, functions: FunctionCatalog): void {
    const { name } = mention
    if (!functions.has(mention)) this.#refuseUnknown(mention, functions)
    this.refuseIf(functions.refusesCall(mention, this.#purpose), `the function ${name}`, mention)
    if (name !== 'current_setting') return
    const isOpen = mention.literal !== undefined && isOpenSetting(mention.literal)
    this.refuseIf(isOpen ? undefined : 'reads a setting that is not open', `the function ${name}`, mention)
  }

  checkTable(table: QualifiedName, mention: Mention, policy: PostgresPolicy): void {
    const { schema, name } = table
    const ofSystem = schema === undefined || schema === 'pg_catalog' || schema === 'information_schema'
    const isSecret = (ofSystem && secretTables.has(name)) || schema === 'pg_toast'
    this.refuseIf(isSecret ? 'holds secrets' : undefined, `the catalogue ${name}`, mention)
    if (ofSystem && name === 'pg_settings')
      this.#deny('the catalogue pg_settings may hold secrets', 'SHOW one setting by its name.', name, mention)
    const names = [name, `${schema}.${name}`, `${schema}.*`]
    const isDenied = policy.denyTables?.some(denied => names.includes(denied))
    this.refuseIf(isDenied ? 'is closed by the policy of this source' : undefined, `the table ${name}`, mention)
  }

  /** A superuser could change the catalogues themselves. */
  checkTarget({ schema, name }: QualifiedName, mention: Mention): void {
    const ofSystem = schema === 'pg_catalog' || schema === 'information_schema' || schema === 'pg_toast'
    this.refuseIf(ofSystem ? 'belongs to PostgreSQL itself' : undefined, `the table ${name}`, mention)
  }

  refuseIf(reason: string | undefined, what: string, mention: Mention): void {
    if (reason !== undefined) this.refuse(reason, what, mention)
  }

  refuse(reason: string, what: string, mention?: Mention): never {
    const through = this.#through
    const subject = through ? `${through.name} uses ${what}, which` : what
    const hint = 'The operator of this source can open it in its policy.'
    return this.#deny(`${subject} ${reason}`, hint, what, through?.mention ?? mention)
  }

  statement(root: Root, findings: Findings): Judged {
    const writes = findings.writes.length > 0 && !root.plansOnly
    const [allRows] = findings.allRows
    const real = findings.tables.filter(({ schema, name }) => schema !== undefined || !findings.commonTables.has(name))
    return {
      kind: writes ? 'write' : 'read',
      command: commands[root.type] ?? root.type,
      text: this.#text,
      tables: distinct(real),
      functions: distinct(findings.functions),
      parameters: findings.parameters,
      takesLocks: findings.locks.length > 0,
      ...(allRows && writes ? { allRows: allRows.name } : {}),
    }
  }

  #refuseWrite(root: Root, write: Mention): never {
    const runs = root.type === 'ExplainStmt'
    const message = runs ? `EXPLAIN ANALYZE would run ${write.name}` : `${write.name} is not reading`
    const hint = runs ? 'Leave ANALYZE out, or explain it with the right to write.' : 'Send it as a write.'
    return this.#deny(message, hint, write.name, write)
  }

  #refuseStatement(type: string, inner: Tree, mention?: Mention): never {
    const { construct, remedy } = refusalOf(type, inner[type] as Tree | undefined)
    return this.#deny(`${construct} is not allowed`, remedy, construct, mention)
  }

  #refuseConstruct(mention: Mention, hint: string): never {
    return this.#deny(`${mention.name} is not allowed`, hint, mention.name, mention)
  }

  #refuseUnknown(mention: FunctionMention, functions: FunctionCatalog): never {
    const near = nearest(mention.name, functions.callable)
    throw new PostgresUnknownName(`there is no function ${quoted(mention)}`, {
      ...(near === undefined ? {} : { hint: `Did you mean ${near}?` }),
      details: { function: mention.name, ...this.#where(mention) },
    })
  }

  #deny(message: string, hint: string, construct: string, mention?: Mention): never {
    throw new PolicyDenied(message, { hint, details: { construct, ...this.#where(mention) } })
  }

  #where(mention: Mention | undefined) {
    const inText = this.#through ? this.#through.mention : mention
    return locateByte(this.#text, inText?.offset)
  }
}

const quoted = ({ schema, name }: QualifiedName) => (schema === undefined ? name : `${schema}.${name}`).slice(0, 200)

const keyOf = ({ schema, name }: QualifiedName) => `${schema ?? ''}\0${name}`

function distinct(mentions: readonly Mention[]): QualifiedName[] {
  const byKey = new Map(mentions.map(mention => [keyOf(mention), mention]))
  return [...byKey.values()].map(({ schema, name }) => (schema === undefined ? { name } : { schema, name }))
}
