import { must } from '@super-data/base/errors'
import { authorise, CredentialLimited, everywhereRole, may, ProjectMissing } from '../authorise.ts'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import type { Principal } from '../principal.ts'
import { KeyInactive, KeyMissing } from './errors.ts'
import type { Identity } from './identity.ts'
import { findKey, insertKey, isLive, type KeyFilter, type KeyRow, listKeys, revokeKey, toKey } from './keys.ts'
import { findStanding } from './projects.ts'
import { findUser, getActiveUserByName, type UserRow } from './users.ts'

const dayMs = 86_400_000

type KeyHandlers = Pick<Handlers, 'keys.list' | 'keys.create' | 'keys.revoke' | 'keys.rotate'>

export function keyHandlers({ parts }: Identity): KeyHandlers {
  const { library, platform, clock } = parts

  /** Whose key it will be. Making keys needs a credential without a ceiling: an agent's key cannot multiply. */
  async function holder(principal: Principal, name: string | undefined): Promise<Pick<UserRow, 'id' | 'role'>> {
    authorise(principal, 'admin', { kind: 'self' })
    if (name === undefined) return { id: principal.userId, role: principal.role }
    authorise(principal, 'admin', { kind: 'installation' })
    const user = await getActiveUserByName(library.read, name)
    if (user.id !== principal.userId) authorise(principal, 'admin', { kind: 'person', role: user.role })
    return user
  }

  /** A key works only where its holder does. */
  async function requireHolderIn(project: string, user: Pick<UserRow, 'id' | 'role'>): Promise<void> {
    const standing = await findStanding(library.read, user.id, project)
    if (standing === undefined || (everywhereRole[user.role] ?? standing.membership) === undefined) {
      throw new ProjectMissing()
    }
  }

  /** The key, when the principal may end it: its own credential always, else with the rights of whoever makes keys. */
  async function getManageable(principal: Principal, id: string): Promise<KeyRow> {
    const key = await findKey(platform.read, id)
    if (key !== undefined && key.id === principal.keyId) return key
    if (key !== undefined && isOwn(principal, key)) authorise(principal, 'admin', { kind: 'self' })
    else if (key === undefined || !may(principal, 'read', { kind: 'installation' })) throw new KeyMissing()
    else await requireRightsOver(principal, key)
    return key
  }

  async function requireRightsOver(principal: Principal, key: KeyRow): Promise<void> {
    const user = must(await findUser(library.read, key.user_id), 'the user of a key')
    authorise(principal, 'admin', { kind: 'person', role: user.role })
  }

  return {
    'keys.list': async (input, call) => {
      const principal = must(call.principal, 'a principal')
      if (input.all) authorise(principal, 'admin', { kind: 'installation' })
      const before = parseCursor(input.cursor)
      const filter: KeyFilter = { limit: input.limit + 1, before, ...(input.all ? {} : ownKeys(principal)) }
      return toPage(await listKeys(platform.read, filter), input.limit, toKey, key => key.id)
    },

    'keys.create': async (input, call) => {
      const principal = must(call.principal, 'a principal')
      const user = await holder(principal, input.user)
      const beyond = principal.onlyProject && !(input.onlyProject && input.project === principal.project)
      if (beyond) throw new CredentialLimited('admin')
      await requireHolderIn(input.project, user)
      const { label, project, onlyProject, need } = input
      const expiresAt = input.expiresInDays === undefined ? null : clock.now() + input.expiresInDays * dayMs
      return call.changePlatform(async (transaction, record) => {
        const key = { userId: user.id, label, project, onlyProject, need, expiresAt }
        const { row, secret } = await insertKey(transaction, key, parts)
        record.target(row.id)
        return { ...toKey(row), secret }
      })
    },

    'keys.revoke': async (input, call) => {
      const key = await getManageable(must(call.principal, 'a principal'), input.key)
      return call.changePlatform(async (transaction, record) => {
        record.target(key.id)
        await revokeKey(transaction, key.id, clock.now())
        return toKey(must(await findKey(transaction, key.id), 'the key'))
      })
    },

    'keys.rotate': async (input, call) => {
      const key = await getManageable(must(call.principal, 'a principal'), input.key)
      return call.changePlatform(async (transaction, record) => {
        record.target(key.id)
        const old = must(await findKey(transaction, key.id), 'the key')
        if (!isLive(old, clock.now())) throw new KeyInactive()
        await revokeKey(transaction, old.id, clock.now())
        const { row, secret } = await insertKey(transaction, successorOf(old), parts)
        return { ...toKey(row), secret }
      })
    },
  }
}

/** A project key sees the keys of its project alone. */
function ownKeys(principal: Principal): Partial<KeyFilter> {
  const { userId } = principal
  return principal.onlyProject ? { userId, onlyProject: principal.project } : { userId }
}

function isOwn(principal: Principal, key: KeyRow): boolean {
  const within = !principal.onlyProject || (key.only_project === 1 && key.project === principal.project)
  return key.user_id === principal.userId && within
}

/** The same rights for the same time: replacing a key never makes it last longer. */
function successorOf(key: KeyRow) {
  return {
    userId: key.user_id,
    label: key.label,
    project: key.project,
    onlyProject: key.only_project === 1,
    need: key.need,
    expiresAt: key.expires_at,
  }
}
