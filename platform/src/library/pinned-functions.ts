import { contentHash } from '../canonical-json.ts'
import type { PinnedFunction } from '../queries/engine.ts'
import { type FunctionRow, type Reader, usesOf } from './function-rows.ts'

/** A pin as a tool version records it: which version, and what its hash was. */
export type Pin = Omit<PinnedFunction, 'definition'>

type VersionText = Pick<FunctionRow, 'definition' | 'uses'>

/** Finds the stored text of a function version. */
export type VersionTexts = (id: string, version: number) => VersionText | undefined

/** Over the definition and the hashes of everything it uses. */
export function functionHash(definition: string, uses: readonly Pick<PinnedFunction, 'hash'>[]): string {
  return contentHash({ definition, uses: uses.map(use => use.hash) })
}

/** The texts of some pins, or of every function version there is. */
export async function readVersionTexts(reader: Reader, pins?: readonly Pin[]): Promise<VersionTexts> {
  let query = reader.selectFrom('function_versions').select(['function_id', 'version', 'definition', 'uses'])
  const ids = pins?.map(pin => pin.id)
  if (ids) query = query.where('function_id', 'in', ids)
  const rows = ids?.length === 0 ? [] : await query.execute()
  const texts = new Map(rows.map(row => [keyOf(row.function_id, row.version), row]))
  return (id, version) => texts.get(keyOf(id, version))
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
    const text = texts(pin.id, pin.version)
    const uses = text && usesOf(text).map(use => verified.get(keyOf(use.id, use.version)))
    if (!text || !uses?.every(use => use !== undefined)) return undefined
    if (functionHash(text.definition, uses) !== pin.hash) return undefined
    verified.set(keyOf(pin.id, pin.version), { ...pin, definition: text.definition })
  }
  return [...verified.values()]
}

const keyOf = (id: string, version: number) => `${id}@${version}`
