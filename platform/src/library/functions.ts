import { nearest } from '@super-data/base/nearest'
import type { LibraryFunction, ReviewedFunction } from '@super-data/contract'
import { analyse, builtinNames, compile, type Definition, format, JqForbidden, parseDefinition } from '@super-data/jq'
import type { Database } from '@super-data/metadata'
import { derivedId } from '../derived-id.ts'
import type { EventDraft } from '../events/outbox.ts'
import type { FunctionResolver, PinnedFunction } from '../queries/engine.ts'
import { ParameterUnknown } from '../queries/errors.ts'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import { requireCurrent } from './current-version.ts'
import { FunctionInvalid, FunctionMissing, ProposalWaiting } from './errors.ts'
import {
  type FunctionRow,
  findFunction,
  functionVersions,
  newestVersions,
  readVersionNumbers,
  toFunction,
} from './function-rows.ts'
import { LibraryResolver } from './library-resolver.ts'
import { functionHash, pinsText } from './pinned-functions.ts'
import type { Reader } from './reader.ts'
import type { Reviewed, Reviews } from './reviews.ts'
import { allVersions, baseOf, insertVersion, stateOf, underived, type WriteParts } from './version-rows.ts'
import { viewReview } from './version-view.ts'
import { requireEndedComments, requireVisible } from './visible-text.ts'

export interface FunctionChange {
  readonly projectId: string
  readonly definition: string
  readonly description: string
  readonly userId: string
  /** 0 for a new one; undefined when it does not matter. */
  readonly expectedVersion: number | undefined
  /** Finds what it uses; without it the project's library does. */
  readonly resolver?: FunctionResolver
  /** Put in place by the operator: the same content is the same version on every installation. */
  readonly imported?: boolean
}

/** A change of a function, with what it is afterwards. */
export interface FunctionSaved {
  readonly function: ReviewedFunction
  readonly events: EventDraft[]
}

/** The project's shared jq functions: immutable versions, each pinning the versions it uses. */
export class Functions {
  readonly #library: Database<LibraryTables>
  readonly #parts: WriteParts
  readonly #reviews: Reviews

  /** Borrows the database. */
  constructor(library: Database<LibraryTables>, parts: WriteParts, reviews: Reviews) {
    this.#library = library
    this.#parts = parts
    this.#reviews = reviews
  }

  /** Resolves what `reader` sees: approved versions, and what that user is still working on. */
  resolver(projectId: string, userId?: string, reader: Reader = this.#library.read): FunctionResolver {
    return new LibraryResolver(reader, projectId, userId)
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
    const numbers = await readVersionNumbers(this.#library.read, rows)
    return rows.map(row => toFunction(row, numbers, this.#parts.clock.now()))
  }

  /** @param reference `name` or `name/arity`. @throws FunctionMissing */
  async get(
    projectId: string,
    reference: string,
    version?: number,
    reader: Reader = this.#library.read,
  ): Promise<ReviewedFunction> {
    const newest = await this.row(reader, projectId, reference)
    const row = version === undefined ? newest : await this.versionOf(reader, projectId, newest, version)
    const numbers = await readVersionNumbers(reader, [row])
    return { ...toFunction(row, numbers, this.#parts.clock.now()), ...(await viewReview(reader, row)) }
  }

  /** A function as its review sees it. @throws FunctionMissing */
  async owner(reader: Reader, projectId: string, reference: string): Promise<Reviewed> {
    const { owner_id } = await this.row(reader, projectId, reference)
    const owner = await reader.selectFrom('functions').selectAll().where('id', '=', owner_id).executeTakeFirstOrThrow()
    return { ...owner, name: `${owner.name}/${owner.arity}` }
  }

  /**
   * Saves a definition as a new function, or as the next version of the one with its name and arity: a draft.
   *
   * @throws JqSyntaxError · JqForbidden · FunctionInvalid · FunctionUnknown · FunctionVersionsClash ·
   *   VersionConflict when `expectedVersion` is not the current one · ProposalWaiting when somebody
   *   else has put exactly this before the team.
   */
  async save(transaction: LibraryTransaction, change: FunctionChange): Promise<FunctionSaved> {
    const parsed = parseDefinition(change.definition)
    requireVisible('a shared function', [change.definition, change.description])
    requireEndedComments(change.definition)
    refuseBuiltin(parsed.name)
    const reference = `${parsed.name}/${parsed.params.length}`
    const current = await findFunction(transaction, change.projectId, reference)
    const owner = { id: current?.owner_id ?? '', name: reference, version: current?.version ?? 0 }
    await requireCurrent(transaction, owner, change.expectedVersion)
    const uses = await this.#uses(transaction, change, parsed)
    refuseCycle(reference, parsed, uses)
    const id = current?.owner_id ?? (await this.#insertFunction(transaction, parsed, change))
    const description = change.description || (current?.description ?? '')
    const content = { definition: textOf(change.definition, parsed), description, pins: pinsText(uses) }
    const hash = functionHash(content.definition, uses)
    const waits = current !== undefined && stateOf(current, current, this.#parts.clock.now()) === 'pending'
    if (waits && current.created_by !== change.userId && saysTheSame(current, { ...content, parsed }))
      throw new ProposalWaiting(reference, { ...current, kind: 'function', name: reference })
    return this.#addVersion(transaction, reference, { ...content, id, hash, change })
  }

  /** Drafts a new version with the content of an earlier one. @throws VersionConflict · FunctionMissing · FunctionInvalid */
  async rollBack(
    transaction: LibraryTransaction,
    change: Omit<FunctionChange, 'definition' | 'description'> & {
      readonly reference: string
      readonly version: number
    },
  ): Promise<FunctionSaved> {
    const newest = await this.row(transaction, change.projectId, change.reference)
    const reference = `${newest.name}/${newest.arity}`
    await requireCurrent(transaction, { ...newest, id: newest.owner_id, name: reference }, change.expectedVersion)
    const { owner_id: id, ...earlier } = await this.versionOf(transaction, change.projectId, newest, change.version)
    const { definition, description, pins, hash } = earlier
    if (hash === newest.hash) throw new FunctionInvalid('nothing would change', 'Name another version.', {})
    return this.#addVersion(transaction, reference, { id, definition, description, pins, hash, change })
  }

  /** The newest version. @throws FunctionMissing */
  async row(reader: Reader, projectId: string, reference: string): Promise<FunctionRow> {
    const row = await findFunction(reader, projectId, reference)
    if (row) return row
    const known = await newestVersions(reader, projectId).execute()
    const names = known.map(each => (reference.includes('/') ? `${each.name}/${each.arity}` : each.name))
    throw new FunctionMissing(reference, nearest(reference, names))
  }

  /** @throws FunctionMissing */
  async versionOf(reader: Reader, projectId: string, newest: FunctionRow, version: number): Promise<FunctionRow> {
    const row = await functionVersions(reader, projectId)
      .where('versions.owner_id', '=', newest.owner_id)
      .where('versions.version', '=', version)
      .executeTakeFirst()
    if (!row) throw new FunctionMissing(`${newest.name}/${newest.arity} in version ${version}`)
    return row
  }

  /** What a definition uses, each after what it uses itself. The whole is compiled, so that a broken one is never saved. */
  async #uses(reader: Reader, change: FunctionChange, parsed: Definition): Promise<readonly PinnedFunction[]> {
    const facts = analyse(parsed, change.definition)
    const [forbidden] = facts.forbidden
    if (forbidden) throw new JqForbidden(forbidden.construct, forbidden.position)
    const [variable] = facts.variables
    if (variable) throw new ParameterUnknown(variable.name, [], variable.position)
    const resolver = change.resolver ?? this.resolver(change.projectId, change.userId, reader)
    const uses = await resolver.resolve(facts.functions)
    compile(change.definition, { definitions: uses.map(use => use.definition) })
    return uses
  }

  async #insertFunction(transaction: LibraryTransaction, parsed: Definition, change: FunctionChange): Promise<string> {
    const { name, params } = parsed
    const { projectId: project_id, userId: created_by } = change
    const id = derivedId('function', project_id, name, params.length)
    const made = { created_by, created_at: this.#parts.clock.now(), stamp: await this.#parts.stamps.next(transaction) }
    await transaction
      .insertInto('functions')
      .values({ ...made, id, project_id, name, arity: params.length, ...underived })
      .execute()
    return id
  }

  async #addVersion(
    transaction: LibraryTransaction,
    reference: string,
    saved: {
      readonly id: string
      readonly definition: string
      readonly description: string
      readonly pins: string
      readonly hash: string
      readonly change: Pick<FunctionChange, 'projectId' | 'userId' | 'imported'>
    },
  ): Promise<FunctionSaved> {
    const { id: ownerId, change, ...content } = saved
    const { userId } = change
    const versions = await allVersions(transaction, ownerId)
    const owner = await transaction
      .selectFrom('functions')
      .selectAll()
      .where('id', '=', ownerId)
      .executeTakeFirstOrThrow()
    await this.#reviews.withdraw(transaction, { id: ownerId }, userId)
    const version = { kind: 'function', ownerId, userId, follows: baseOf(versions, owner.approved_version) } as const
    const id = change.imported ? derivedId('version', ownerId, content.hash) : undefined
    await insertVersion(transaction, { ...content, ...version, id }, this.#parts)
    const events = await this.#reviews.derive(transaction, { id: ownerId })
    return { function: await this.get(change.projectId, reference, undefined, transaction), events }
  }
}

/** As its author wrote it, remarks before and within it included: errors name its lines. */
function textOf(text: string, { end }: Definition): string {
  return text.slice(0, end).trimStart()
}

/** Whatever the spaces and comments. */
function saysTheSame(
  row: FunctionRow,
  saved: { readonly parsed: Definition; readonly description: string; readonly pins: string },
): boolean {
  const same = row.description === saved.description && row.pins === saved.pins
  return same && format(parseDefinition(row.definition)) === format(saved.parsed)
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
