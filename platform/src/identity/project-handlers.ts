import { must } from '@super-data/base/errors'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { ProjectExists, UserInactive } from './errors.ts'
import type { Identity } from './identity.ts'
import { changeMember, findMembership, listMembers } from './members.ts'
import { findProject, insertProject, listVisible, requireProject, toProject } from './projects.ts'
import { findUser, getUserByName, toUser } from './users.ts'

/** Projects that one answer about oneself lists at most. */
const ownProjectsMax = 1_000

type ProjectHandlers = Pick<
  Handlers,
  'identity.whoami' | 'projects.list' | 'projects.create' | 'members.list' | 'members.set' | 'members.remove'
>

export function projectHandlers({ parts }: Identity): ProjectHandlers {
  const { library } = parts
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
        const { userId } = must(call.principal, 'a principal')
        const { name, description } = input
        return toProject(await insertProject(transaction, { name, description, userId }, parts))
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
        const principal = must(call.principal, 'a principal')
        const project = await requireProject(transaction, principal, 'admin', input.project)
        const user = await getUserByName(transaction, input.user)
        if (user.state === 'disabled') throw new UserInactive('disabled')
        const change = { projectId: project.id, userId: user.id, role: input.role, changedBy: principal.userId }
        await changeMember(transaction, change, parts)
        const saved = must(await findMembership(transaction, project.id, user.id), 'the membership')
        return { user: user.name, role: saved.role, since: saved.since }
      }),

    'members.remove': (input, call) =>
      call.changeLibrary(async (transaction, record) => {
        record.target(input.user)
        const principal = must(call.principal, 'a principal')
        const project = await requireProject(transaction, principal, 'admin', input.project)
        const user = await getUserByName(transaction, input.user)
        const membership = await findMembership(transaction, project.id, user.id)
        if (membership === undefined) return { removed: false }
        const change = { projectId: project.id, userId: user.id, role: undefined, changedBy: principal.userId }
        await changeMember(transaction, change, parts)
        return { removed: true }
      }),
  }
}
