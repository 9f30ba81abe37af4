import { must } from '@super-data/base/errors'
import type { Input } from '@super-data/contract'
import { authorise } from '../authorise.ts'
import type { Call, Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import type { LibraryTransaction } from '../state/library.ts'
import { clientSettings } from './client-settings.ts'
import { InvitationMissing, LastOwner, UserExists, UserInactive, UserNameReserved } from './errors.ts'
import type { Identity } from './identity.ts'
import {
  claimInvitation,
  deleteOpenInvitations,
  getOpenInvitation,
  type InvitationRow,
  insertInvitation,
  invitationLink,
} from './invitations.ts'
import { insertKey, toKey } from './keys.ts'
import { changeMember, findMembership } from './members.ts'
import { getProject, requireProject } from './projects.ts'
import {
  anotherOwnerExists,
  changeUser,
  findUser,
  findUserByName,
  getUserByName,
  insertUser,
  isReservedName,
  listUsers,
  toUser,
  type UserRow,
} from './users.ts'

const hourMs = 3_600_000

type UserHandlers = Pick<Handlers, 'users.list' | 'users.invite' | 'users.redeem' | 'users.update'>

export function userHandlers({ parts, settings }: Identity): UserHandlers {
  const { library, platform, clock, ids } = parts

  /** The user to be invited: nobody yet, or somebody whose earlier invitation is still open. */
  async function findInvitable(input: Input<'users.invite'>, call: Call): Promise<UserRow | undefined> {
    const principal = must(call.principal, 'a principal')
    if (isReservedName(input.name)) throw new UserNameReserved()
    authorise(principal, 'admin', { kind: 'person', role: input.role })
    await requireProject(library.read, principal, 'admin', input.project)
    const known = await findUserByName(library.read, input.name)
    if (known === undefined) return undefined
    if (known.state !== 'invited') throw new UserExists()
    authorise(principal, 'admin', { kind: 'person', role: known.role })
    return known
  }

  /** The user row that belongs to an invitation, new or renewed. */
  async function saveInvited(
    transaction: LibraryTransaction,
    userId: string,
    input: Input<'users.invite'>,
    changedBy: string,
  ) {
    const known = await findUser(transaction, userId)
    const { name, role, email = null } = input
    if (known === undefined) {
      return insertUser(transaction, { id: userId, name, role, email, state: 'invited' }, parts, changedBy)
    }
    if (known.state !== 'invited') throw new UserExists()
    const change = { email: email ?? known.email, stamp: await parts.stamps.next(transaction) }
    await transaction.updateTable('users').set(change).where('id', '=', userId).execute()
    return changeUser(transaction, { ...known, ...change }, { role, state: 'invited', changedBy }, parts)
  }

  /** Lets the invited person in. Safe to repeat, so that a redemption cut short can be tried again. */
  async function admit(transaction: LibraryTransaction, invitation: InvitationRow): Promise<UserRow> {
    const user = await findUser(transaction, invitation.user_id)
    if (user === undefined || user.state === 'disabled') throw new InvitationMissing()
    const project = await getProject(transaction, invitation.project)
    if ((await findMembership(transaction, project.id, user.id)) === undefined) {
      const change = { projectId: project.id, userId: user.id, role: invitation.project_role, changedBy: user.id }
      await changeMember(transaction, change, parts)
    }
    if (user.state === 'active') return user
    return changeUser(transaction, user, { role: user.role, state: 'active', changedBy: user.id }, parts)
  }

  return {
    'users.list': async input => {
      const rows = await listUsers(library.read, input.limit + 1, parseCursor(input.cursor))
      return toPage(rows, input.limit, toUser, user => user.name.toLowerCase())
    },

    // The invitation goes first: without its user it opens nothing, and the user is what the audit line is about.
    'users.invite': async (input, call) => {
      const known = await findInvitable(input, call)
      const userId = known?.id ?? ids.next('user')
      const expiresAt = clock.now() + input.expiresInHours * hourMs
      const invitation = { userId, project: input.project, projectRole: input.projectRole, expiresAt }
      const { token } = await platform.write(transaction => insertInvitation(transaction, invitation, parts))
      try {
        const user = await call.changeLibrary((transaction, record) => {
          record.target(input.name)
          return saveInvited(transaction, userId, input, must(call.principal, 'a principal').userId)
        })
        return { user: toUser(user), link: invitationLink(settings.publicUrl(), token), expiresAt }
      } catch (failure) {
        await platform.write(transaction => deleteOpenInvitations(transaction, userId))
        throw failure
      }
    },

    // Letting in can be repeated, claiming cannot: of many at once exactly one claims, and only it gets a key.
    'users.redeem': async (input, call) => {
      const invitation = await getOpenInvitation(platform.read, input.token, clock.now())
      const user = await library.write(transaction => admit(transaction, invitation))
      const { row, secret } = await call.changePlatform(async (transaction, record) => {
        record.target(user.name)
        await claimInvitation(transaction, invitation.id, clock.now())
        const key = { userId: user.id, label: 'invitation', project: invitation.project } as const
        return insertKey(transaction, { ...key, onlyProject: false, need: 'admin', expiresAt: null }, parts)
      })
      const clients = clientSettings(settings.publicUrl(), secret)
      return { user: toUser(user), key: { ...toKey(row), secret }, clients }
    },

    'users.update': async (input, call) => {
      const principal = must(call.principal, 'a principal')
      const user = await call.changeLibrary(async (transaction, record) => {
        const before = await getUserByName(transaction, input.user)
        record.target(before.name)
        const role = input.role ?? before.role
        const state = input.state ?? before.state
        authorise(principal, 'admin', { kind: 'person', role: before.role })
        authorise(principal, 'admin', { kind: 'person', role })
        if (before.state === 'invited' && state === 'active') throw new UserInactive('invited')
        const remainsOwner = role === 'owner' && state === 'active'
        const wasOwner = before.role === 'owner' && before.state === 'active'
        if (wasOwner && !remainsOwner && !(await anotherOwnerExists(transaction, before.id))) throw new LastOwner()
        return toUser(await changeUser(transaction, before, { role, state, changedBy: principal.userId }, parts))
      })
      if (user.state === 'disabled') await platform.write(rows => deleteOpenInvitations(rows, user.id))
      return user
    },
  }
}
