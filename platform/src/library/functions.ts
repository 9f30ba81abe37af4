import type { Clock } from '@super-data/base/clock'
import type { Ids } from '@super-data/base/ids'
import { nearest } from '@super-data/base/nearest'
import type { LibraryFunction } from '@super-data/contract'
import { analyse, builtinNames, compile, format, parseDefinition } from '@super-data/jq'
import type { Database } from '@super-data/metadata'
import type { Kysely } from 'kysely'
import { contentHash } from '../canonical-json.ts'
import type { FunctionRef, FunctionResolver, PinnedFunction } from '../queries/engine.ts'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import { FunctionInvalid, FunctionMissing, FunctionUnknown, FunctionVersionsClash, VersionConflict } from './errors.ts'

type Reader = Kysely<LibraryTables>
interface Use extends FunctionRef {
  readonly id: string
  readonly version: number
}

/** The project's shared jq functions: immutable versions, each pinning the versions it uses. */
export class Functions {
  readonly #library: Database<LibraryTables>
  readonly #ids: Ids
  readonly #clock: Clock

  /** Borrows the database. */
  constructor(library: Database<LibraryTables>, ids: Ids, clock: Clock) {
    this.#library = library
    this.#ids = ids
    this.#clock = clock
  }

  /** Resolves against the newest active versions, as `reader` sees them. */
  resolver(projectId: string, reader: Reader = this.#library.read): FunctionResolver {
    return { resolve: refs => this.#closure(projectId, refs, reader) }
  }

  /** @returns by name, `limit` at most, after `after`. */
  async list(projectId: string, options: { limit: number; after?: string }): Promise<LibraryFunction[]> {
    let query = newestVersions(this.#library.read).where('functions.project_id', '=', projectId)
    if (options.after !== undefined) query = query.where('functions.id', '>', options.after)
    const rows = await query.orderBy('functions.id').limit(options.limit).execute()
    return rows.map(toFunction)
  }

  /** @param reference `name` or `name/arity`. @throws FunctionMissing */
  async get(projectId: string, reference: string, version?: number): Promise<LibraryFunction> {
    const row = await this.#find(this.#library.read, projectId, reference)
    if (!row) throw await this.#missing(projectId, reference)
    if (version === undefined || version === row.version) return toFunction(row)
    const older = await this.#library.read
      .selectFrom('function_versions')
      .selectAll()
      .where('function_id', '=', row.id)
      .where('version', '=', version)
      .executeTakeFirst()
    if (!older) throw new FunctionMissing(`${reference} in version ${version}`, undefined)
    return toFunction({ ...row, ...older, id: row.id })
  }

  /** The text of one immutable version. */
  async definition(pin: { readonly id: string; readonly version: number }): Promise<string> {
    const row = await this.#library.read
      .selectFrom('function_versions')
      .select('definition')
      .where('function_id', '=', pin.id)
      .where('version', '=', pin.version)
      .executeTakeFirstOrThrow()
    return row.definition
  }

  /**
   * Saves a definition as a new function, or as the next version of the one with its name and arity.
   *
   * @throws JqSyntaxError · FunctionInvalid · FunctionUnknown · VersionConflict when `expectedVersion` is not the current one.
   */
  async save(
    transaction: LibraryTransaction,
    change: {
      projectId: string
      definition: string
      description: string
      userId: string
      expectedVersion: number | undefined
    },
  ): Promise<LibraryFunction> {
    const parsed = parseDefinition(change.definition)
    refuseBuiltin(parsed.name, parsed.params.length)
    const uses = await this.#uses(transaction, change.projectId, change.definition)
    const definition = format(parsed)
    const reference = `${parsed.name}/${parsed.params.length}`
    const current = await this.#find(transaction, change.projectId, reference)
    const currentVersion = current?.version ?? 0
    if (change.expectedVersion !== undefined && change.expectedVersion !== currentVersion) {
      throw new VersionConflict(reference, currentVersion)
    }
    const now = this.#clock.now()
    const row = {
      id: current?.id ?? this.#ids.next('function'),
      version: currentVersion + 1,
      name: parsed.name,
      arity: parsed.params.length,
    }
    if (uses.some(use => use.id === row.id)) {
      throw new FunctionInvalid(`${reference} would use itself through ${uses.map(use => use.name).join(' → ')}`)
    }
    if (current) {
      await transaction
        .updateTable('functions')
        .set({ version: row.version, active: 1 })
        .where('id', '=', row.id)
        .execute()
    } else {
      await transaction
        .insertInto('functions')
        .values({ ...row, project_id: change.projectId, active: 1, created_by: change.userId, created_at: now })
        .execute()
    }
    await transaction
      .insertInto('function_versions')
      .values({
        function_id: row.id,
        version: row.version,
        definition,
        description: change.description || current?.description || '',
        hash: contentHash({ definition, uses: uses.map(use => use.hash) }),
        uses: JSON.stringify(uses.map(({ id, name, arity, version }) => ({ id, name, arity, version }))),
        created_by: change.userId,
        created_at: now,
      })
      .execute()
    const saved = await this.#find(transaction, change.projectId, reference)
    return toFunction(saved as FunctionRow)
  }

  /** Hides a function from new queries. @throws FunctionMissing */
  async disable(transaction: LibraryTransaction, projectId: string, reference: string): Promise<LibraryFunction> {
    const row = await this.#find(transaction, projectId, reference)
    if (!row) throw await this.#missing(projectId, reference)
    await transaction.updateTable('functions').set({ active: 0 }).where('id', '=', row.id).execute()
    return toFunction({ ...row, active: 0 })
  }

  /** What a definition uses, in dependency order; compiled once with it, so that a broken one is never saved. */
  async #uses(reader: Reader, projectId: string, definition: string): Promise<readonly PinnedFunction[]> {
    const ast = parseDefinition(definition)
    const facts = analyse(ast)
    const forbidden = facts.forbidden[0]
    if (forbidden) throw new FunctionInvalid(`${forbidden.construct} is not allowed in shared functions`)
    const variable = facts.variables[0]
    if (variable) {
      throw new FunctionInvalid(`$${variable.name} is not defined`, 'Make it a parameter of the function.')
    }
    const uses = await this.#closure(projectId, facts.functions, reader)
    compile([...uses.map(use => use.definition), definition, '.'].join('\n'))
    return uses
  }

  async #closure(
    projectId: string,
    refs: readonly (FunctionRef & { position?: unknown })[],
    reader: Reader = this.#library.read,
  ): Promise<readonly PinnedFunction[]> {
    if (refs.length === 0) return []
    const ordered = new Map<string, PinnedFunction>()
    for (const ref of refs) {
      const row = await this.#newest(reader, projectId, ref)
      if (!row) throw await this.#unknown(projectId, refs, ref)
      await this.#addWithUses(reader, row, ordered)
    }
    return [...ordered.values()]
  }

  async #addWithUses(reader: Reader, row: FunctionRow, ordered: Map<string, PinnedFunction>): Promise<void> {
    const present = ordered.get(row.id)
    if (present && present.version !== row.version) {
      throw new FunctionVersionsClash(row.name, [present.version, row.version])
    }
    if (present) return
    for (const use of JSON.parse(row.uses) as Use[]) {
      const used = await newestVersions(reader)
        .clearWhere()
        .where('functions.id', '=', use.id)
        .where('function_versions.version', '=', use.version)
        .executeTakeFirst()
      if (used) await this.#addWithUses(reader, used, ordered)
    }
    const { id, name, arity, version, hash, definition } = row
    ordered.set(row.id, { id, name, arity, version, hash, definition })
  }

  #newest(reader: Reader, projectId: string, ref: FunctionRef): Promise<FunctionRow | undefined> {
    return newestVersions(reader)
      .where('functions.project_id', '=', projectId)
      .where('functions.name', '=', ref.name)
      .where('functions.arity', '=', ref.arity)
      .where('functions.active', '=', 1)
      .executeTakeFirst()
  }

  #find(reader: Reader, projectId: string, reference: string): Promise<FunctionRow | undefined> {
    const [name, arity] = reference.split('/')
    let query = newestVersions(reader)
      .where('functions.project_id', '=', projectId)
      .where('functions.name', '=', name ?? '')
    if (arity !== undefined) query = query.where('functions.arity', '=', Number(arity))
    return query.orderBy('functions.arity').executeTakeFirst()
  }

  async #missing(projectId: string, reference: string): Promise<FunctionMissing> {
    return new FunctionMissing(reference, nearest(reference, await this.#names(projectId)))
  }

  async #unknown(projectId: string, refs: readonly FunctionRef[], first: FunctionRef & { position?: unknown }) {
    const known = await this.#names(projectId)
    const near = nearest(
      first.name,
      [...new Set([...known, ...builtinNames()])].filter(name => name !== first.name),
    )
    const arities = known.includes(first.name) ? ` (with ${first.arity} arguments)` : ''
    const names = refs.filter(ref => !known.includes(ref.name) || ref === first).map(ref => `${ref.name}/${ref.arity}`)
    return new FunctionUnknown(
      names.map(name => name + arities),
      near,
      first.position,
    )
  }

  async #names(projectId: string): Promise<string[]> {
    const rows = await this.#library.read
      .selectFrom('functions')
      .select('name')
      .where('project_id', '=', projectId)
      .where('active', '=', 1)
      .execute()
    return rows.map(row => row.name)
  }
}

/** Redefining a builtin would change what other definitions mean. */
function refuseBuiltin(name: string, arity: number): void {
  if (builtinNames().includes(name)) {
    throw new FunctionInvalid(`${name}/${arity} has the name of a jq builtin`, 'Choose another name.')
  }
}

/** Every function with its newest version. */
function newestVersions(reader: Reader) {
  return reader
    .selectFrom('functions')
    .innerJoin('function_versions', 'function_versions.function_id', 'functions.id')
    .leftJoin('users', 'users.id', 'function_versions.created_by')
    .select([
      'functions.id',
      'functions.name',
      'functions.arity',
      'functions.active',
      'function_versions.version',
      'function_versions.definition',
      'function_versions.description',
      'function_versions.hash',
      'function_versions.uses',
      'function_versions.created_at',
      'users.name as created_by_name',
    ])
    .whereRef('function_versions.version', '=', 'functions.version')
}

interface FunctionRow {
  readonly id: string
  readonly name: string
  readonly arity: number
  readonly active: 0 | 1
  readonly version: number
  readonly definition: string
  readonly description: string
  readonly hash: string
  readonly uses: string
  readonly created_at: number
  readonly created_by_name: string | null
}

function toFunction(row: FunctionRow): LibraryFunction {
  return {
    id: row.id,
    name: row.name,
    arity: row.arity,
    version: row.version,
    hash: row.hash,
    description: row.description,
    definition: row.definition,
    uses: (JSON.parse(row.uses) as Use[]).map(({ name, arity, version }) => ({ name, arity, version })),
    active: row.active === 1,
    createdBy: row.created_by_name ?? 'unknown',
    createdAt: row.created_at,
  }
}
