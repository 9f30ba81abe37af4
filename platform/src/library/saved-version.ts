import type { ToolDefinition } from '@super-data/contract'
import { contentHash } from '../canonical-json.ts'
import { ToolAltered } from './errors.ts'
import { type Pin, pinsOf, type VersionTexts, withTexts } from './pinned-functions.ts'
import type { CheckedDefinition } from './tool-checker.ts'
import type { VersionRow } from './version-rows.ts'

/**
 * What a version was saved as: its hash vouches for the definition and for the text of every function it pins.
 *
 * @throws ToolAltered when the rows say something else by now.
 */
export function readSavedVersion(
  name: string,
  row: Pick<VersionRow, 'definition' | 'pins' | 'hash'>,
  texts: VersionTexts,
): CheckedDefinition & { readonly hash: string } {
  const saved = parseRow(row)
  const functions = saved && withTexts(saved.pins, texts)
  if (!functions || definitionHash(saved.definition, saved.pins) !== row.hash) throw new ToolAltered(name)
  return { definition: saved.definition, functions, hash: row.hash }
}

function parseRow(row: Pick<VersionRow, 'definition' | 'pins'>) {
  try {
    return { definition: JSON.parse(row.definition) as ToolDefinition, pins: pinsOf(row) }
  } catch {
    return undefined
  }
}

/** What votes are bound to: the definition and the content of every function version it pins. */
export function definitionHash(
  definition: ToolDefinition,
  pins: readonly Pick<Pin, 'name' | 'arity' | 'hash'>[],
): string {
  return contentHash({ definition, functions: pins.map(pin => [pin.name, pin.arity, pin.hash]) })
}
