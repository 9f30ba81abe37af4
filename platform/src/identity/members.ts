import type { ProjectRole } from '@super-data/contract'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import type { PeopleParts } from './users.ts'

export type MembershipRow = Selectable<LibraryTables['memberships']>

export function findMembership(
  library: Kysely<LibraryTables>,
  projectId: string,
  userId: string,
): Promise<MembershipRow | undefined> {
  return library
    .selectFrom('memberships')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
}

/** What a user is in a project from now on; undefined: no member any more. */
export async function changeMember(
  library: LibraryTransaction,
  change: {
    readonly projectId: string
    readonly userId: string
    readonly role: ProjectRole | undefined
    readonly changedBy: string | null
  },
  { clock, ids, stamps }: PeopleParts,
): Promise<void> {
  const { projectId: project_id, userId: user_id, role, changedBy: changed_by } = change
  const made = { id: ids.next('change'), at: clock.now(), stamp: await stamps.next(library) }
  await library
    .insertInto('member_changes')
    .values({ ...made, project_id, user_id, role: role ?? null, changed_by })
    .execute()
  if (role === undefined) {
    const gone = library.deleteFrom('memberships').where('project_id', '=', project_id)
    await gone.where('user_id', '=', user_id).execute()
    return
  }
  await library
    .insertInto('memberships')
    .values({ project_id, user_id, role, since: made.at })
    .onConflict(conflict => conflict.columns(['project_id', 'user_id']).doUpdateSet({ role }))
    .execute()
}

/** By name, without case; `after` is the lower-case name the previous page ended with. */
export function listMembers(
  library: Kysely<LibraryTables>,
  projectId: string,
  limit: number,
  after: string | undefined,
) {
  const lowerName = sql<string>`lower(users.name)`
  let query = library
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select(['users.name as user', 'memberships.role', 'memberships.since'])
    .where('memberships.project_id', '=', projectId)
    .orderBy(lowerName)
    .limit(limit)
  if (after !== undefined) query = query.where(lowerName, '>', after)
  return query.execute()
}
