import { must } from '@super-data/base/errors'
import type { Need, Project, ProjectRole } from '@super-data/contract'
import { type Kysely, type Selectable, sql } from 'kysely'
import { authorise, everywhereRole, roleIn } from '../authorise.ts'
import { derivedId } from '../derived-id.ts'
import type { Principal } from '../principal.ts'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import { changeMember } from './members.ts'
import type { PeopleParts } from './users.ts'

export type ProjectRow = Selectable<LibraryTables['projects']>

/** A project with what one user is in it. */
export interface ProjectStanding extends ProjectRow {
  readonly membership: ProjectRole | undefined
}

/** Where calls go by default. Exists from the first start on. */
export const defaultProject = 'default'

/** Makes a project; its maker is its first admin. Of the same name it is the same project on every installation. */
export async function insertProject(
  library: LibraryTransaction,
  project: { readonly name: string; readonly description: string; readonly userId: string },
  parts: PeopleParts,
): Promise<ProjectRow> {
  const { name, description, userId } = project
  const made = { created_at: parts.clock.now(), stamp: await parts.stamps.next(library) }
  const row: ProjectRow = { id: derivedId('project', name), name, description, ...made }
  await library.insertInto('projects').values(row).execute()
  await changeMember(library, { projectId: row.id, userId, role: 'admin', changedBy: userId }, parts)
  return row
}

export function findProject(library: Kysely<LibraryTables>, name: string): Promise<ProjectRow | undefined> {
  return library.selectFrom('projects').selectAll().where('name', '=', name).executeTakeFirst()
}

/** The project of a name that the call was already let into. */
export async function getProject(library: Kysely<LibraryTables>, name: string): Promise<ProjectRow> {
  return must(await findProject(library, name), 'a project that was authorised')
}

/** One look-up that tells as much about a project that exists as about one that does not. */
export async function findStanding(
  library: Kysely<LibraryTables>,
  userId: string,
  name: string,
): Promise<ProjectStanding | undefined> {
  const row = await standings(library, userId).where('projects.name', '=', name).executeTakeFirst()
  return row && toStanding(row)
}

/**
 * The project, when the principal may do that in it.
 *
 * @throws ProjectMissing · AccessDenied · CredentialLimited, as `authorise` says.
 */
export async function requireProject(
  library: Kysely<LibraryTables>,
  principal: Principal,
  need: Need,
  name: string,
): Promise<ProjectStanding> {
  const project = await findStanding(library, principal.userId, name)
  authorise(principal, need, { kind: 'project', project })
  return project as ProjectStanding
}

export async function mayRead(library: Kysely<LibraryTables>, principal: Principal, name: string): Promise<boolean> {
  return roleIn(principal, await findStanding(library, principal.userId, name)) !== undefined
}

/** The projects a principal may see, by name; `after` is the name the previous page ended with. */
export async function listVisible(
  library: Kysely<LibraryTables>,
  principal: Principal,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<(ProjectStanding & { readonly role: ProjectRole })[]> {
  let query = standings(library, principal.userId).orderBy('projects.name').limit(limit)
  if (everywhereRole[principal.role] === undefined) query = query.where('memberships.role', 'is not', null)
  if (principal.onlyProject) query = query.where('projects.name', '=', principal.project)
  if (after !== undefined) query = query.where('projects.name', '>', after)
  const rows = (await query.execute()).map(toStanding)
  return rows.flatMap(row => {
    const role = roleIn(principal, row)
    return role === undefined ? [] : [{ ...row, role }]
  })
}

/** Where the calls of somebody go who named no project: the default one when it is theirs, else the first that is. */
export async function homeProject(
  library: Kysely<LibraryTables>,
  user: { readonly id: string; readonly role: Principal['role'] },
): Promise<string> {
  if (everywhereRole[user.role] !== undefined) return defaultProject
  const home = await library
    .selectFrom('memberships')
    .innerJoin('projects', 'projects.id', 'memberships.project_id')
    .select('projects.name')
    .where('memberships.user_id', '=', user.id)
    .orderBy(sql`case when projects.name = ${defaultProject} then 0 else 1 end`)
    .orderBy('projects.name')
    .limit(1)
    .executeTakeFirst()
  return home?.name ?? defaultProject
}

function standings(library: Kysely<LibraryTables>, userId: string) {
  return library
    .selectFrom('projects')
    .leftJoin('memberships', join =>
      join.onRef('memberships.project_id', '=', 'projects.id').on('memberships.user_id', '=', userId),
    )
    .selectAll('projects')
    .select('memberships.role as membership')
}

function toStanding(row: ProjectRow & { membership: ProjectRole | null }): ProjectStanding {
  return { ...row, membership: row.membership ?? undefined }
}

export function toProject(row: ProjectRow): Project {
  return { id: row.id, name: row.name, description: row.description, createdAt: row.created_at }
}
