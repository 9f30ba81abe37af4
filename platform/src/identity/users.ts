import type { Ids } from '@super-data/base/ids'
import type { Role, User } from '@super-data/contract'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { LibraryTables } from '../state/library.ts'
import { UserExists, UserInactive, UserMissing } from './errors.ts'

export type UserRow = Selectable<LibraryTables['users']>

/** Whoever made what came with the installation; can never sign in. */
export const systemUser = { id: 'user_system', name: 'system' } as const

/** Names are unique without case. */
const lowerName = sql<string>`lower(name)`

export function findUser(library: Kysely<LibraryTables>, id: string): Promise<UserRow | undefined> {
  return library.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
}

export function findUserByName(library: Kysely<LibraryTables>, name: string): Promise<UserRow | undefined> {
  return library.selectFrom('users').selectAll().where(lowerName, '=', name.toLowerCase()).executeTakeFirst()
}

/** @throws UserMissing, also for the system user: nobody can do anything to it. */
export async function getUserByName(library: Kysely<LibraryTables>, name: string): Promise<UserRow> {
  const user = await findUserByName(library, name)
  if (user === undefined || user.id === systemUser.id) throw new UserMissing()
  return user
}

/** @throws UserMissing · UserInactive */
export async function getActiveUserByName(library: Kysely<LibraryTables>, name: string): Promise<UserRow> {
  const user = await getUserByName(library, name)
  if (user.state !== 'active') throw new UserInactive(user.state)
  return user
}

/** By name, without case; `after` is the lower-case name the previous page ended with. */
export function listUsers(
  library: Kysely<LibraryTables>,
  limit: number,
  after: string | undefined,
): Promise<UserRow[]> {
  let query = library.selectFrom('users').selectAll().orderBy(lowerName).limit(limit)
  if (after !== undefined) query = query.where(lowerName, '>', after)
  return query.execute()
}

export interface NewUser {
  readonly name: string
  readonly role: Role
  readonly state: UserRow['state']
  readonly email?: string | null
  readonly id?: string
  readonly token?: { readonly issuer: string; readonly subject: string }
}

/** @throws UserExists */
export async function insertUser(
  library: Kysely<LibraryTables>,
  user: NewUser,
  { ids, now }: { ids: Ids; now: number },
): Promise<UserRow> {
  if (await findUserByName(library, user.name)) throw new UserExists()
  const row: UserRow = {
    id: user.id ?? ids.next('user'),
    name: user.name,
    email: user.email ?? null,
    role: user.role,
    state: user.state,
    issuer: user.token?.issuer ?? null,
    subject: user.token?.subject ?? null,
    created_at: now,
  }
  await library.insertInto('users').values(row).execute()
  return row
}

/** Whoever the admin key acts as. */
export function findOldestOwner(library: Kysely<LibraryTables>): Promise<UserRow | undefined> {
  return library
    .selectFrom('users')
    .selectAll()
    .where('role', '=', 'owner')
    .where('state', '=', 'active')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}

/** Whether anybody else could still run the installation. */
export async function anotherOwnerExists(library: Kysely<LibraryTables>, userId: string): Promise<boolean> {
  const other = await library
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'owner')
    .where('state', '=', 'active')
    .where('id', '!=', userId)
    .limit(1)
    .executeTakeFirst()
  return other !== undefined
}

/** `system` and `system:…` name the installation and operating-system users. */
export function isReservedName(name: string): boolean {
  return /^system(?![a-z0-9])/i.test(name)
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    state: row.state,
    createdAt: row.created_at,
  }
}
