import { must } from '@super-data/base/errors'
import type { Database } from '@super-data/metadata'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import type { PlatformTables } from '../state/platform.ts'
import { insertKey, type KeyParts } from './keys.ts'
import { defaultProject } from './projects.ts'
import { findOldestOwner, insertUser, systemUser, type UserRow } from './users.ts'

const marker = 'first-start'

export interface Bootstrap {
  readonly ownerName: string
  /** The owner's key, the one time it is made. */
  readonly secret: string | undefined
}

export interface BootstrapParts extends KeyParts {
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
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
    const anyKey = await transaction.selectFrom('keys').select('id').limit(1).executeTakeFirst()
    if (anyKey !== undefined) return undefined
    const key = { userId: owner.id, label: 'first start', project: defaultProject } as const
    const made = await insertKey(transaction, { ...key, onlyProject: false, need: 'admin', expiresAt: null }, parts)
    return made.secret
  })
  return { ownerName: owner.name, secret }
}

async function ensurePeople(transaction: LibraryTransaction, parts: KeyParts, ownerName: string): Promise<UserRow> {
  const done = await transaction.selectFrom('markers').select('name').where('name', '=', marker).executeTakeFirst()
  if (done === undefined) await insertPeople(transaction, parts, ownerName)
  return must(await findOldestOwner(transaction), 'an active owner')
}

async function insertPeople(
  transaction: LibraryTransaction,
  { clock, ids }: KeyParts,
  ownerName: string,
): Promise<void> {
  const now = clock.now()
  await insertUser(transaction, { ...systemUser, role: 'user', state: 'disabled' }, { ids, now })
  const owner = await insertUser(transaction, { name: ownerName, role: 'owner', state: 'active' }, { ids, now })
  const project = { id: ids.next('project'), name: defaultProject, description: '', created_at: now }
  await transaction.insertInto('projects').values(project).execute()
  const membership = { project_id: project.id, user_id: owner.id, role: 'admin', since: now } as const
  await transaction.insertInto('memberships').values(membership).execute()
  await transaction.insertInto('markers').values({ name: marker, at: now }).execute()
}
