import { must } from '@super-data/base/errors'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { ProjectExists, UserInactive } from './errors.ts'
import type { Identity } from './identity.ts'
import { findMembership, listMembers } from './members.ts'
import { findProject, listVisible, requireProject, toProject } from './projects.ts'
import { findUser, getUserByName, toUser } from './users.ts'

/** Projects that one answer about oneself lists at most. */
const ownProjectsMax = 1_000

type ProjectHandlers = Pick<
  Handlers,
  'identity.whoami' | 'projects.list' | 'projects.create' | 'members.list' | 'members.set' | 'members.remove'
>

export function projectHandlers({ parts }: Identity): ProjectHandlers {
  const { library, clock, ids } = parts
  return {
    'identity.whoami': async (_input, call) => {
      const principal = must(call.principal, 'a principal')
      const user = must(await findUser(library.read, principal.userId), 'the user of a principal')
      const visible = await listVisible(library.read, principal, { limit: ownProjectsMax })
      const projects = visible.map(({ name, role }) => ({ name, role }))
      return { user: toUser(user), project: principal.project, projects, method: principal.method }
    },

    'projects.list': async (input, call) => {
      const options = { limit: input.limit + 1, after: parseCursor(input.cursor) }
      const rows = await listVisible(library.read, must(call.principal, 'a principal'), options)
      const toItem = (row: (typeof rows)[number]) => ({ ...toProject(row), role: row.role })
      return toPage(rows, input.limit, toItem, project => project.name)
    },

    'projects.create': (input, call) =>
      call.changeLibrary(async (transaction, record) => {
        record.target(input.name)
        if (await findProject(transaction, input.name)) throw new ProjectExists()
        const now = clock.now()
        const row = { id: ids.next('project'), name: input.name, description: input.description, created_at: now }
        await transaction.insertInto('projects').values(row).execute()
        const { userId } = must(call.principal, 'a principal')
        const membership = { project_id: row.id, user_id: userId, role: 'admin', since: now } as const
        await transaction.insertInto('memberships').values(membership).execute()
        return toProject(row)
      }),

    'members.list': async (input, call) => {
      const project = await requireProject(library.read, must(call.principal, 'a principal'), 'read', input.project)
      const rows = await listMembers(library.read, project.id, input.limit + 1, parseCursor(input.cursor))
      return toPage(
        rows,
        input.limit,
        row => row,
        member => member.user.toLowerCase(),
      )
    },

    'members.set': (input, call) =>
      call.changeLibrary(async (transaction, record) => {
        record.target(input.user)
        const project = await requireProject(transaction, must(call.principal, 'a principal'), 'admin', input.project)
        const user = await getUserByName(transaction, input.user)
        if (user.state === 'disabled') throw new UserInactive('disabled')
        const row = { project_id: project.id, user_id: user.id, role: input.role, since: clock.now() }
        await transaction
          .insertInto('memberships')
          .values(row)
          .onConflict(conflict => conflict.columns(['project_id', 'user_id']).doUpdateSet({ role: input.role }))
          .execute()
        const saved = must(await findMembership(transaction, project.id, user.id), 'the membership')
        return { user: user.name, role: saved.role, since: saved.since }
      }),

    'members.remove': (input, call) =>
      call.changeLibrary(async (transaction, record) => {
        record.target(input.user)
        const project = await requireProject(transaction, must(call.principal, 'a principal'), 'admin', input.project)
        const user = await getUserByName(transaction, input.user)
        const gone = await transaction
          .deleteFrom('memberships')
          .where('project_id', '=', project.id)
          .where('user_id', '=', user.id)
          .executeTakeFirst()
        return { removed: gone.numDeletedRows > 0n }
      }),
  }
}
