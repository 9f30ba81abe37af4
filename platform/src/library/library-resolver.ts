import { nearest } from '@super-data/base/nearest'
import { builtinNames } from '@super-data/jq'
import type { FunctionRef, FunctionResolver, PinnedFunction } from '../queries/engine.ts'
import { FunctionUnknown, FunctionVersionsClash } from './errors.ts'
import { type FunctionRow, functionVersions, newestVersions, type Reader, usesOf } from './function-rows.ts'

/** Finds functions in a project's library: the newest active version of what is named, and the versions that pins. */
export class LibraryResolver implements FunctionResolver {
  readonly #reader: Reader
  readonly #projectId: string

  constructor(reader: Reader, projectId: string) {
    this.#reader = reader
    this.#projectId = projectId
  }

  /** @throws FunctionUnknown naming all that are missing · FunctionVersionsClash */
  async resolve(refs: readonly FunctionRef[]): Promise<readonly PinnedFunction[]> {
    const found = await Promise.all(refs.map(async ref => ({ ref, row: await this.#newest(ref) })))
    const missing = found.filter(({ row }) => row === undefined).map(({ ref }) => ref)
    if (missing.length > 0) throw await this.#unknown(missing)
    const ordered = new Map<string, PinnedFunction>()
    for (const { row } of found) if (row) await this.#add(row, ordered)
    return [...ordered.values()]
  }

  /** Adds a version after everything it uses. */
  async #add(row: FunctionRow, ordered: Map<string, PinnedFunction>): Promise<void> {
    for (const use of usesOf(row)) {
      const used = await functionVersions(this.#reader)
        .where('functions.id', '=', use.id)
        .where('function_versions.version', '=', use.version)
        .executeTakeFirst()
      if (used) this.#addOne(used, ordered)
    }
    this.#addOne(row, ordered)
  }

  #addOne(row: FunctionRow, ordered: Map<string, PinnedFunction>): void {
    const { id, name, arity, version, hash, definition } = row
    const present = ordered.get(id)
    if (present && present.version !== version) {
      throw new FunctionVersionsClash(`${name}/${arity}`, [present.version, version])
    }
    if (!present) ordered.set(id, { id, name, arity, version, hash, definition })
  }

  #newest(ref: FunctionRef): Promise<FunctionRow | undefined> {
    return newestVersions(this.#reader, this.#projectId)
      .where('functions.name', '=', ref.name)
      .where('functions.arity', '=', ref.arity)
      .where('functions.active', '=', 1)
      .executeTakeFirst()
  }

  async #unknown(missing: readonly (FunctionRef & { position?: unknown })[]): Promise<FunctionUnknown> {
    const names = [...new Set(missing.map(ref => `${ref.name}/${ref.arity}`))]
    const [first] = missing
    return new FunctionUnknown(names, first && (await this.#hint(first)), first?.position)
  }

  async #hint({ name }: FunctionRef): Promise<string | undefined> {
    const known = await this.#reader
      .selectFrom('functions')
      .select(['name', 'arity', 'active'])
      .where('project_id', '=', this.#projectId)
      .orderBy('arity')
      .execute()
    const others = known.filter(each => each.name === name)
    if (others.length > 0) return `There is ${others.map(described).join(', ')}.`
    const builtins = builtinNames().filter(builtin => builtin.startsWith(`${name}/`))
    if (builtins.length > 0) return `jq has ${builtins.join(', ')}.`
    const active = known.filter(each => each.active === 1).map(each => each.name)
    const near = nearest(name, [...active, ...builtinNames().map(builtin => builtin.replace(/\/\d+$/, ''))])
    return near === undefined ? undefined : `Did you mean ${near}?`
  }
}

function described({ name, arity, active }: FunctionRef & { active: 0 | 1 }): string {
  return `${name}/${arity}${active === 1 ? '' : ' (disabled)'}`
}
