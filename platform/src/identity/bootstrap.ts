import { must } from '@super-data/base/errors'
import type { Database } from '@super-data/metadata'
import type { Stamps } from '../stamps.ts'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import type { PlatformTables, PlatformTransaction } from '../state/platform.ts'
import { insertKey, type KeyParts } from './keys.ts'
import { defaultProject, insertProject } from './projects.ts'
import { findOldestOwner, insertUser, type PeopleParts, systemUser, type UserRow } from './users.ts'

const marker = 'first-start'

export interface Bootstrap {
  readonly ownerName: string
  /** The owner's key, the one time it is made. */
  readonly secret: string | undefined
}

export interface BootstrapParts extends KeyParts {
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
  readonly stamps: Stamps
}

/**
 * Makes what every installation starts with: the default project, the system user, an owner and the owner's key.
 * Each is made once; a start that was interrupted is completed by the next, and a library that came from elsewhere
 * gets a key of this installation.
 */
export async function bootstrap(parts: BootstrapParts, ownerName: string): Promise<Bootstrap> {
  const { library, platform } = parts
  const owner = await library.write(transaction => ensurePeople(transaction, parts, ownerName))
  const secret = await platform.write(async transaction => {
    if (await hasKeyOfSomebody(transaction, library)) return undefined
    const key = { userId: owner.id, label: 'first start', project: defaultProject } as const
    const made = await insertKey(transaction, { ...key, onlyProject: false, need: 'admin', expiresAt: null }, parts)
    return made.secret
  })
  return { ownerName: owner.name, secret }
}

/** Keys of people who went with a library that was lost open nothing. */
async function hasKeyOfSomebody(platform: PlatformTransaction, library: Database<LibraryTables>): Promise<boolean> {
  const keys = await platform.selectFrom('keys').select('user_id').distinct().execute()
  if (keys.length === 0) return false
  const users = await library.read.selectFrom('users').select('id').execute()
  const known = new Set(users.map(({ id }) => id))
  return keys.some(({ user_id }) => known.has(user_id))
}

async function ensurePeople(transaction: LibraryTransaction, parts: PeopleParts, ownerName: string): Promise<UserRow> {
  const done = await transaction.selectFrom('markers').select('name').where('name', '=', marker).executeTakeFirst()
  const present = await findOldestOwner(transaction)
  if (done === undefined && present === undefined) await insertPeople(transaction, parts, ownerName)
  return present ?? must(await findOldestOwner(transaction), 'an active owner')
}

async function insertPeople(transaction: LibraryTransaction, parts: PeopleParts, ownerName: string): Promise<void> {
  await insertUser(transaction, { ...systemUser, role: 'user', state: 'disabled' }, parts)
  // Whoever works on the home's files directly is the one who started it: review counts both as one person.
  const token = { issuer: `os:${parts.stamps.nodeId}`, subject: '' }
  const owner = await insertUser(transaction, { name: ownerName, role: 'owner', state: 'active', token }, parts)
  await insertProject(transaction, { name: defaultProject, description: '', userId: owner.id }, parts)
  await transaction.insertInto('markers').values({ name: marker, at: parts.clock.now() }).execute()
}
