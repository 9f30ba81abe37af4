import type { Clock } from '@super-data/base/clock'
import type { Ids } from '@super-data/base/ids'
import { nearest } from '@super-data/base/nearest'
import type { LibraryFunction } from '@super-data/contract'
import { analyse, builtinNames, compile, type Definition, format, JqForbidden, parseDefinition } from '@super-data/jq'
import type { Database } from '@super-data/metadata'
import type { FunctionResolver, PinnedFunction } from '../queries/engine.ts'
import { ParameterUnknown } from '../queries/errors.ts'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import { FunctionInvalid, FunctionMissing, VersionConflict } from './errors.ts'
import { type FunctionRow, findFunction, newestVersions, type Reader, toFunction } from './function-rows.ts'
import { LibraryResolver } from './library-resolver.ts'
import { functionHash } from './pinned-functions.ts'
import { requireVisible } from './visible-text.ts'

export interface FunctionChange {
  readonly projectId: string
  readonly definition: string
  readonly description: string
  readonly userId: string
  /** 0 for a new one; undefined when it does not matter. */
  readonly expectedVersion: number | undefined
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
    return new LibraryResolver(reader, projectId)
  }

  /** By name and number of arguments, `limit` at most, after `after` (`name/arity`). */
  async list(projectId: string, options: { limit: number; after?: string }): Promise<LibraryFunction[]> {
    let query = newestVersions(this.#library.read, projectId)
    if (options.after !== undefined) {
      const [name = '', arity] = options.after.split('/')
      query = query.where(({ eb, or, and }) =>
        or([
          eb('functions.name', '>', name),
          and([eb('functions.name', '=', name), eb('functions.arity', '>', Number(arity ?? 0))]),
        ]),
      )
    }
    const rows = await query.orderBy('functions.name').orderBy('functions.arity').limit(options.limit).execute()
    return rows.map(toFunction)
  }

  /** @param reference `name` or `name/arity`. @throws FunctionMissing */
  async get(projectId: string, reference: string, version?: number): Promise<LibraryFunction> {
    const row = await this.#get(this.#library.read, projectId, reference)
    if (version === undefined || version === row.version) return toFunction(row)
    const older = await this.#library.read
      .selectFrom('function_versions')
      .leftJoin('users', 'users.id', 'function_versions.created_by')
      .selectAll('function_versions')
      .select('users.name as created_by_name')
      .where('function_id', '=', row.id)
      .where('version', '=', version)
      .executeTakeFirst()
    if (!older) throw new FunctionMissing(`${reference} in version ${version}`)
    return toFunction({ ...row, ...older, id: row.id })
  }

  /**
   * Saves a definition as a new function, or as the next version of the one with its name and arity.
   *
   * @throws JqSyntaxError · JqForbidden · FunctionInvalid · FunctionUnknown · FunctionVersionsClash ·
   *   VersionConflict when `expectedVersion` is not the current one.
   */
  async save(transaction: LibraryTransaction, change: FunctionChange): Promise<LibraryFunction> {
    const parsed = parseDefinition(change.definition)
    requireVisible('a shared function', [change.definition, change.description])
    refuseBuiltin(parsed.name)
    const reference = `${parsed.name}/${parsed.params.length}`
    const current = await findFunction(transaction, change.projectId, reference)
    if (change.expectedVersion !== undefined && change.expectedVersion !== (current?.version ?? 0)) {
      throw new VersionConflict(reference, current?.version ?? 0)
    }
    const uses = await this.#uses(transaction, change, parsed)
    refuseCycle(reference, parsed, uses)
    const id = current?.id ?? this.#ids.next('function')
    const version = (current?.version ?? 0) + 1
    await this.#saveFunction(transaction, { id, version, parsed, change, isNew: current === undefined })
    const description = change.description || (current?.description ?? '')
    await this.#saveVersion(transaction, { id, version, definition: format(parsed), description, uses, change })
    return toFunction(await this.#get(transaction, change.projectId, reference))
  }

  /** Hides a function from new queries. @throws FunctionMissing */
  async disable(transaction: LibraryTransaction, projectId: string, reference: string): Promise<LibraryFunction> {
    const row = await this.#get(transaction, projectId, reference)
    await transaction.updateTable('functions').set({ active: 0 }).where('id', '=', row.id).execute()
    return toFunction({ ...row, active: 0 })
  }

  /** What a definition uses, each after what it uses itself. The whole is compiled, so that a broken one is never saved. */
  async #uses(reader: Reader, change: FunctionChange, parsed: Definition): Promise<readonly PinnedFunction[]> {
    const facts = analyse(parsed, change.definition)
    const [forbidden] = facts.forbidden
    if (forbidden) throw new JqForbidden(forbidden.construct, forbidden.position)
    const [variable] = facts.variables
    if (variable) throw new ParameterUnknown(variable.name, [], variable.position)
    const uses = await this.resolver(change.projectId, reader).resolve(facts.functions)
    compile([...uses.map(use => use.definition), change.definition, '.'].join('\n'))
    return uses
  }

  async #saveFunction(
    transaction: LibraryTransaction,
    saved: { id: string; version: number; parsed: Definition; change: FunctionChange; isNew: boolean },
  ): Promise<void> {
    const { id, version, parsed, change, isNew } = saved
    if (!isNew) {
      await transaction.updateTable('functions').set({ version, active: 1 }).where('id', '=', id).execute()
      return
    }
    const named = { id, version, name: parsed.name, arity: parsed.params.length, project_id: change.projectId }
    const created = { created_by: change.userId, created_at: this.#clock.now() }
    await transaction
      .insertInto('functions')
      .values({ ...named, ...created, active: 1 })
      .execute()
  }

  async #saveVersion(
    transaction: LibraryTransaction,
    saved: {
      id: string
      version: number
      definition: string
      description: string
      uses: readonly PinnedFunction[]
      change: FunctionChange
    },
  ): Promise<void> {
    const { id, version, definition, description, uses, change } = saved
    await transaction
      .insertInto('function_versions')
      .values({
        function_id: id,
        version,
        definition,
        description,
        hash: functionHash(definition, uses),
        uses: JSON.stringify(uses.map(({ id, name, arity, version }) => ({ id, name, arity, version }))),
        created_by: change.userId,
        created_at: this.#clock.now(),
      })
      .execute()
  }

  async #get(reader: Reader, projectId: string, reference: string): Promise<FunctionRow> {
    const row = await findFunction(reader, projectId, reference)
    if (row) return row
    const known = await newestVersions(reader, projectId).execute()
    const names = known.map(each => (reference.includes('/') ? `${each.name}/${each.arity}` : each.name))
    throw new FunctionMissing(reference, nearest(reference, names))
  }
}

/** Redefining a builtin would change what other definitions mean. */
function refuseBuiltin(name: string): void {
  if (!builtinNames().some(builtin => builtin.startsWith(`${name}/`))) return
  throw new FunctionInvalid(`${name} is the name of a jq builtin`, 'Choose another name.', {
    position: { line: 1, column: 1, offset: 0 },
  })
}

/** jq has no mutual recursion between definitions: what a function uses must not use the function. */
function refuseCycle(reference: string, parsed: Definition, uses: readonly PinnedFunction[]): void {
  const definitions = new Map(uses.map(use => [`${use.name}/${use.arity}`, use.definition]))
  if (!definitions.has(reference)) return
  const wayFrom = (definition: Definition): string[] | undefined => {
    for (const { name, arity } of analyse(definition).functions) {
      const used = `${name}/${arity}`
      const text = definitions.get(used)
      const way = used === reference ? [] : text && wayFrom(parseDefinition(text))
      if (way) return [used, ...way]
    }
    return undefined
  }
  const path = [reference, ...(wayFrom(parsed) ?? [reference])]
  throw new FunctionInvalid(
    `${reference} would use itself: ${path.join(' → ')}`,
    'Break the circle, or write one function that calls itself.',
    { functions: path },
  )
}
