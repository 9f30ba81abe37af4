import { contentHash } from '../canonical-json.ts'
import type { PinnedFunction } from '../queries/engine.ts'
import type { Reader } from './reader.ts'

/** A pin as a version records it: which function, and the hash of the text it had. */
export type Pin = Omit<PinnedFunction, 'definition' | 'version'>

interface VersionText {
  readonly version: number
  readonly definition: string
  readonly pins: string
}

/** Finds the stored text of a function version. */
export type VersionTexts = (id: string, hash: string) => VersionText | undefined

/** What a version was saved with, each after what it uses. */
export function pinsOf(version: { readonly pins: string }): Pin[] {
  return JSON.parse(version.pins) as Pin[]
}

export function pinsText(functions: readonly PinnedFunction[]): string {
  return JSON.stringify(functions.map(({ id, name, arity, hash }): Pin => ({ id, name, arity, hash })))
}

/** Over the definition and the hashes of everything it uses. */
export function functionHash(definition: string, uses: readonly Pick<PinnedFunction, 'hash'>[]): string {
  return contentHash({ definition, uses: uses.map(use => use.hash) })
}

/** The texts of some pins, or of every function version there is. */
export async function readVersionTexts(reader: Reader, pins?: readonly Pin[]): Promise<VersionTexts> {
  let query = reader
    .selectFrom('versions')
    .select(['owner_id', 'hash', 'version', 'definition', 'pins'])
    .where('kind', '=', 'function')
  const ids = pins?.map(pin => pin.id)
  if (ids) query = query.where('owner_id', 'in', ids)
  const rows = ids?.length === 0 ? [] : await query.orderBy('version', 'desc').execute()
  const texts = new Map(rows.map(row => [keyOf(row.owner_id, row.hash), row]))
  return (id, hash) => texts.get(keyOf(id, hash))
}

/**
 * The pinned functions with their texts, when those are still what was pinned.
 *
 * @param pins each after what it uses.
 * @returns undefined when a text has been changed or is gone.
 */
export function withTexts(pins: readonly Pin[], texts: VersionTexts): PinnedFunction[] | undefined {
  const verified = new Map<string, PinnedFunction>()
  for (const pin of pins) {
    const text = texts(pin.id, pin.hash)
    const uses = text && pinsOf(text).map(use => verified.get(keyOf(use.id, use.hash)))
    if (!text || !uses?.every(use => use !== undefined)) return undefined
    if (functionHash(text.definition, uses) !== pin.hash) return undefined
    verified.set(keyOf(pin.id, pin.hash), { ...pin, version: text.version, definition: text.definition })
  }
  return [...verified.values()]
}

const keyOf = (id: string, hash: string) => `${id}@${hash}`
