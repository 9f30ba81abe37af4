import type { Ids } from '@super-data/base/ids'
import type { Kysely } from 'kysely'
import type { LibraryTables } from '../state/library.ts'
import { findUserByName, isReservedName } from './users.ts'

const lengthMax = 100
const triesMax = 50

/** A free user name near to the first usable wish: `anna`, or `anna-2` when that is somebody else. */
export async function freeUserName(
  library: Kysely<LibraryTables>,
  wishes: readonly (string | undefined)[],
  ids: Ids,
): Promise<string> {
  const wish = wishes.map(toUserName).find(name => name !== '' && !isReservedName(name)) ?? 'user'
  return firstFreeName(library, wish, ids)
}

export async function firstFreeName(library: Kysely<LibraryTables>, wish: string, ids: Ids): Promise<string> {
  for (let number = 1; number <= triesMax; number++) {
    const name = number === 1 ? wish : `${wish}-${number}`
    if ((await findUserByName(library, name)) === undefined) return name
  }
  return `${wish}-${ids.next('u').slice(2)}`
}

/** What is left of a text as a user name; room is kept for a suffix. */
export function toUserName(text: string | undefined): string {
  return (text ?? '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._@:-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, lengthMax - 30)
}
