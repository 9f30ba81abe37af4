import type { Difference } from '@super-data/contract'
import { VersionConflict } from './errors.ts'
import type { Reader } from './reader.ts'
import { diffVersions } from './version-diff.ts'
import { findVersion } from './version-rows.ts'

/** A longer difference is left to `diff`. */
const differenceCharactersMax = 64_000

/**
 * Refuses a change that was made from another version than the current one.
 *
 * @param expected the version it was made from; undefined when that does not matter.
 * @throws VersionConflict with what changed since.
 */
export async function requireCurrent(
  reader: Reader,
  owner: { readonly id: string; readonly name: string; readonly version: number },
  expected: number | undefined,
): Promise<void> {
  if (expected === undefined || expected === owner.version) return
  throw new VersionConflict(owner.name, owner.version, await differenceSince(reader, owner, expected))
}

/** Undefined where there was no such version, or too much changed to be told here. */
async function differenceSince(
  reader: Reader,
  owner: { readonly id: string; readonly version: number },
  expected: number,
): Promise<Difference | undefined> {
  const [from, to] = [await findVersion(reader, owner.id, expected), await findVersion(reader, owner.id, owner.version)]
  if (from === undefined || to === undefined) return undefined
  const difference = await diffVersions(reader, from, to)
  return JSON.stringify(difference).length > differenceCharactersMax ? undefined : difference
}
