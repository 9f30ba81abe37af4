import type { Clock } from '@super-data/base/clock'
import type { Ids } from '@super-data/base/ids'
import type { Role, User } from '@super-data/contract'
import { type Kysely, type Selectable, sql } from 'kysely'
import { derivedId } from '../derived-id.ts'
import type { Stamps } from '../stamps.ts'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
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

/** What a change of people takes. */
export interface PeopleParts {
  readonly clock: Clock
  readonly ids: Ids
  readonly stamps: Stamps
}

/** @throws UserExists */
export async function insertUser(
  library: LibraryTransaction,
  user: NewUser,
  parts: PeopleParts,
  changedBy: string | null = null,
): Promise<UserRow> {
  if (await findUserByName(library, user.name)) throw new UserExists()
  const row: UserRow = {
    id: user.id ?? (user.token ? tokenUserId(user.token) : parts.ids.next('user')),
    wanted_name: user.name,
    name: user.name,
    email: user.email ?? null,
    role: user.role,
    state: user.state,
    issuer: user.token?.issuer ?? null,
    subject: user.token?.subject ?? null,
    created_at: parts.clock.now(),
    stamp: await parts.stamps.next(library),
  }
  await library.insertInto('users').values(row).execute()
  await changeUser(library, row, { role: row.role, state: row.state, changedBy }, parts)
  return row
}

/** What a user is from now on: a fact of its own, so that what counted before can be told later. */
export async function changeUser(
  library: LibraryTransaction,
  user: UserRow,
  change: { readonly role: Role; readonly state: UserRow['state']; readonly changedBy: string | null },
  { clock, ids, stamps }: PeopleParts,
): Promise<UserRow> {
  const { role, state, changedBy } = change
  const made = { id: ids.next('change'), at: clock.now(), stamp: await stamps.next(library) }
  await library
    .insertInto('user_changes')
    .values({ ...made, user_id: user.id, role, state, changed_by: changedBy })
    .execute()
  await library.updateTable('users').set({ role, state }).where('id', '=', user.id).execute()
  return { ...user, role, state }
}

/** Whoever an issuer vouches for is the same user on every installation. */
function tokenUserId({ issuer, subject }: NonNullable<NewUser['token']>): string {
  return derivedId('user', issuer, subject)
}

/** By the verified issuer and subject. */
export function findUserByToken(
  library: Kysely<LibraryTables>,
  token: NonNullable<NewUser['token']>,
): Promise<UserRow | undefined> {
  return library
    .selectFrom('users')
    .selectAll()
    .where('issuer', '=', token.issuer)
    .where('subject', '=', token.subject)
    .orderBy('stamp')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}

/** Whoever the admin key acts as. */
export function findOldestOwner(library: Kysely<LibraryTables>): Promise<UserRow | undefined> {
  return library
    .selectFrom('users')
    .selectAll()
    .where('role', '=', 'owner')
    .where('state', '=', 'active')
    .orderBy('created_at')
    .orderBy('stamp')
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
