import { nearest } from '@super-data/base/nearest'
import { builtinNames } from '@super-data/jq'
import type { FunctionRef, FunctionResolver, PinnedFunction } from '../queries/engine.ts'
import { FunctionUnknown, FunctionVersionsClash } from './errors.ts'
import { type FunctionRow, functionVersions } from './function-rows.ts'
import { pinsOf } from './pinned-functions.ts'
import type { Reader } from './reader.ts'

/**
 * Finds functions in a project's library, with the versions that each pins. Of what is named it takes the approved
 * version, or a newer one that its author is still working on, for that author; a function that was never approved may
 * be tried by everybody.
 */
export class LibraryResolver implements FunctionResolver {
  readonly #reader: Reader
  readonly #projectId: string
  readonly #userId: string | undefined

  constructor(reader: Reader, projectId: string, userId: string | undefined) {
    this.#reader = reader
    this.#projectId = projectId
    this.#userId = userId
  }

  /** @throws FunctionUnknown naming all that are missing · FunctionVersionsClash */
  async resolve(refs: readonly FunctionRef[]): Promise<readonly PinnedFunction[]> {
    const found = await Promise.all(refs.map(async ref => ({ ref, row: await this.#find(ref) })))
    const missing = found.filter(({ row }) => row === undefined).map(({ ref }) => ref)
    if (missing.length > 0) throw await this.#unknown(missing)
    const ordered = new Map<string, Needed>()
    for (const { row } of found) if (row) await this.#add(row, ordered)
    return [...ordered.values()].map(({ by: _, ...pinned }) => pinned)
  }

  /** Adds a version after everything it uses. */
  async #add(row: FunctionRow, ordered: Map<string, Needed>): Promise<void> {
    for (const pin of pinsOf(row)) {
      const used = await functionVersions(this.#reader, this.#projectId)
        .where('functions.id', '=', pin.id)
        .where('versions.hash', '=', pin.hash)
        .orderBy('versions.version')
        .executeTakeFirst()
      if (used) addOne(used, `${row.name}/${row.arity}`, ordered)
    }
    addOne(row, null, ordered)
  }

  async #find(ref: FunctionRef): Promise<FunctionRow | undefined> {
    const versions = await functionVersions(this.#reader, this.#projectId)
      .where('functions.name', '=', ref.name)
      .where('functions.arity', '=', ref.arity)
      .where('functions.disabled_at', 'is', null)
      .orderBy('versions.version', 'desc')
      .execute()
    const approved = versions.find(each => each.version === each.approved_version)
    const inWork = versions.filter(each => each.state === 'draft' || each.state === 'pending')
    const own = inWork.find(each => each.created_by === this.#userId)
    if (approved) return own && own.version > approved.version ? own : approved
    return own ?? inWork[0]
  }

  async #unknown(missing: readonly (FunctionRef & { position?: unknown })[]): Promise<FunctionUnknown> {
    const names = [...new Set(missing.map(ref => `${ref.name}/${ref.arity}`))]
    const [first] = missing
    return new FunctionUnknown(names, first && (await this.#hint(first)), first?.position)
  }

  async #hint({ name }: FunctionRef): Promise<string | undefined> {
    const known = await this.#reader
      .selectFrom('functions')
      .select(['name', 'arity', 'disabled_at'])
      .where('project_id', '=', this.#projectId)
      .orderBy('arity')
      .execute()
    const others = known.filter(each => each.name === name)
    if (others.length > 0) return `There is ${others.map(described).join(', ')}.`
    const builtins = builtinNames().filter(builtin => builtin.startsWith(`${name}/`))
    if (builtins.length > 0) return `jq has ${builtins.join(', ')}.`
    const active = known.filter(each => each.disabled_at === null).map(each => each.name)
    const near = nearest(name, [...active, ...builtinNames().map(builtin => builtin.replace(/\/\d+$/, ''))])
    return near === undefined ? undefined : `Did you mean ${near}?`
  }
}

/** A function, and the one that pins it; null when the program itself names it. */
interface Needed extends PinnedFunction {
  readonly by: string | null
}

/** @throws FunctionVersionsClash */
function addOne(row: FunctionRow, by: string | null, ordered: Map<string, Needed>): void {
  const { owner_id: id, name, arity, version, hash, definition } = row
  const present = ordered.get(id)
  if (!present) ordered.set(id, { id, name, arity, version, hash, definition, by })
  else if (present.hash !== hash) throw new FunctionVersionsClash(`${name}/${arity}`, [present, { version, by }])
}

function described({ name, arity, disabled_at }: FunctionRef & { disabled_at: number | null }): string {
  return `${name}/${arity}${disabled_at === null ? '' : ' (disabled)'}`
}
