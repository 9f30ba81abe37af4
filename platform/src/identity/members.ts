import { type Kysely, type Selectable, sql } from 'kysely'
import type { LibraryTables } from '../state/library.ts'

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
