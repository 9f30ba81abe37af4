import { describe, expect, it } from 'vitest'
import { toUserName } from '../src/identity/user-name.ts'
import { openInstallation, problemOf } from './identity-installation.ts'

describe('the first start', () => {
  it('makes an owner with a key, the default project and the system user, once', async () => {
    await using home = await openInstallation()
    expect(home.secret).toMatch(/^sd_[\w-]{43}$/)
    const me = await home.ask(home.owner, 'identity.whoami')
    expect(me).toMatchObject({ user: { name: 'owner', role: 'owner' }, project: 'default' })
    expect(me.projects).toEqual([{ name: 'default', role: 'admin' }])
    const before = await home.contents()
    expect(await home.identity.bootstrap()).toEqual({ ownerName: 'owner', secret: undefined })
    expect(await home.contents()).toBe(before)
  })

  it('survives a restart without making anything anew', async () => {
    await using home = await openInstallation({ settings: { ownerName: 'root' } })
    await home.identity.close()
    await using again = await openInstallation({ folder: home.folder, settings: { ownerName: 'root' } })
    expect(again.secret).toBeUndefined()
    expect(await again.ask(home.owner, 'identity.whoami')).toMatchObject({ user: { name: 'root' } })
  })

  it('gives a library that came from elsewhere a key of this installation', async () => {
    await using home = await openInstallation()
    await home.platform.write(transaction => transaction.deleteFrom('keys').execute())
    const { secret } = await home.identity.bootstrap()
    expect(await home.ask(secret!, 'identity.whoami')).toMatchObject({ user: { name: 'owner' } })
    const owners = (await home.ask(secret!, 'users.list')).items.filter(user => user.role === 'owner')
    expect(owners).toHaveLength(1)
  })
})

describe('an invitation', () => {
  it('turns into a member with a key and settings for the clients people use', async () => {
    await using home = await openInstallation()
    const invited = await home.ask(home.owner, 'users.invite', { name: 'anna', projectRole: 'viewer' })
    expect(invited.user).toMatchObject({ name: 'anna', state: 'invited', role: 'user' })
    expect(invited.link).toMatch(/^https:\/\/data\.example\.test\/invite#[\w-]{43}$/)
    const { output } = await home.call('users.redeem', { token: invited.link })
    expect(output.user).toMatchObject({ name: 'anna', state: 'active' })
    const me = await home.ask(output.key.secret, 'identity.whoami')
    expect(me.projects).toEqual([{ name: 'default', role: 'viewer' }])
    const contents = Object.fromEntries(output.clients.map(client => [client.name, JSON.parse(client.content)]))
    const server = {
      url: 'https://data.example.test/mcp',
      headers: { Authorization: `Bearer ${output.key.secret}` },
    }
    expect(contents).toEqual({
      'Claude Code': { mcpServers: { 'super-data': { type: 'http', ...server } } },
      Cursor: { mcpServers: { 'super-data': server } },
      'VS Code': { servers: { 'super-data': { type: 'http', ...server } } },
      'Other clients': { mcpServers: { 'super-data': server } },
    })
  })

  it('works once, whoever is first of twenty', async () => {
    await using home = await openInstallation()
    const { link } = await home.ask(home.owner, 'users.invite', { name: 'anna' })
    const token = link.split('#')[1]
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => home.call('users.redeem', { token })))
    expect(attempts.filter(attempt => attempt.status === 'fulfilled')).toHaveLength(1)
    const reasons = attempts.flatMap(attempt => (attempt.status === 'rejected' ? [attempt.reason.code] : []))
    expect(new Set(reasons)).toEqual(new Set(['INVITATION_USED']))
    const { items } = await home.ask(home.owner, 'keys.list', { all: true })
    expect(items.filter(key => key.label === 'invitation')).toHaveLength(1)
  })

  it('can be tried again after a redemption that was cut short', async () => {
    await using home = await openInstallation()
    const { link, user } = await home.ask(home.owner, 'users.invite', { name: 'anna' })
    await home.library.write(transaction =>
      transaction.updateTable('users').set({ state: 'active' }).where('id', '=', user.id).execute(),
    )
    const { output } = await home.call('users.redeem', { token: link })
    expect(await home.ask(output.key.secret, 'identity.whoami')).toMatchObject({ user: { name: 'anna' } })
  })

  it('expires, is unknown when it is made up, and changes nothing then', async () => {
    await using home = await openInstallation()
    const { link } = await home.ask(home.owner, 'users.invite', { name: 'anna', expiresInHours: 1 })
    home.clock.advance(3_600_000)
    const before = await home.contents()
    expect(await problemOf(home.call('users.redeem', { token: link }))).toMatchObject({ code: 'INVITATION_EXPIRED' })
    const made = await problemOf(home.call('users.redeem', { token: 'A'.repeat(43) }))
    expect(made).toMatchObject({ code: 'INVITATION_MISSING', kind: 'missing' })
    expect(await home.contents()).toBe(before)
  })

  it('made again ends the earlier one', async () => {
    await using home = await openInstallation()
    const first = await home.ask(home.owner, 'users.invite', { name: 'anna' })
    const second = await home.ask(home.owner, 'users.invite', { name: 'ANNA', projectRole: 'admin' })
    expect(second.user.id).toBe(first.user.id)
    expect(await problemOf(home.call('users.redeem', { token: first.link }))).toMatchObject({
      code: 'INVITATION_MISSING',
    })
    const { output } = await home.call('users.redeem', { token: second.link })
    expect((await home.ask(output.key.secret, 'identity.whoami')).projects).toEqual([
      { name: 'default', role: 'admin' },
    ])
  })

  it('is refused for a name that is taken or reserved, and for a project that is not there', async () => {
    await using home = await openInstallation()
    await home.join('anna')
    const before = await home.contents()
    const refusals: [object, string][] = [
      [{ name: 'Anna' }, 'USER_EXISTS'],
      [{ name: 'system' }, 'USER_NAME_RESERVED'],
      [{ name: 'SYSTEM:root' }, 'USER_NAME_RESERVED'],
      [{ name: 'bob', project: 'nowhere' }, 'PROJECT_MISSING'],
    ]
    for (const [input, code] of refusals) {
      expect(await problemOf(home.ask(home.owner, 'users.invite', input))).toMatchObject({ code })
    }
    expect(await home.contents()).toBe(before)
  })

  it('of somebody who was disabled meanwhile opens nothing', async () => {
    await using home = await openInstallation()
    const { link } = await home.ask(home.owner, 'users.invite', { name: 'anna' })
    await home.ask(home.owner, 'users.update', { user: 'anna', state: 'disabled' })
    expect(await problemOf(home.call('users.redeem', { token: link }))).toMatchObject({ code: 'INVITATION_MISSING' })
  })

  it('of two with the same name at once makes one user, and the other leaves nothing', async () => {
    await using home = await openInstallation()
    const invite = () => home.ask(home.owner, 'users.invite', { name: 'anna' })
    const attempts = await Promise.allSettled([invite(), invite()])
    const won = attempts.flatMap(attempt => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    expect(won.length).toBeGreaterThanOrEqual(1)
    const last = won.at(-1)!
    expect((await home.call('users.redeem', { token: last.link })).output.user.name).toBe('anna')
    const open = await home.platform.read.selectFrom('invitations').select('user_id').execute()
    expect(new Set(open.map(row => row.user_id))).toEqual(new Set([last.user.id]))
  })
})

describe('owners', () => {
  it('are never without one: the last can be neither demoted nor disabled', async () => {
    await using home = await openInstallation()
    for (const change of [{ role: 'user' }, { role: 'admin' }, { state: 'disabled' }] as const) {
      const problem = await problemOf(home.ask(home.owner, 'users.update', { user: 'owner', ...change }))
      expect(problem).toMatchObject({ code: 'LAST_OWNER', kind: 'conflict' })
    }
    expect(await home.ask(home.owner, 'identity.whoami')).toMatchObject({ user: { role: 'owner', state: 'active' } })
  })

  it('are never without one, also when two demote each other at the same moment', async () => {
    await using home = await openInstallation()
    const second = await home.join('second', { role: 'owner' })
    const attempts = await Promise.allSettled([
      home.ask(home.owner, 'users.update', { user: 'second', role: 'user' }),
      home.ask(second, 'users.update', { user: 'owner', role: 'user' }),
    ])
    expect(attempts.filter(attempt => attempt.status === 'fulfilled').length).toBeGreaterThanOrEqual(1)
    const owners = await home.library.read
      .selectFrom('users')
      .select('name')
      .where('role', '=', 'owner')
      .where('state', '=', 'active')
      .execute()
    expect(owners).toHaveLength(1)
  })

  it('do not count while they are only invited', async () => {
    await using home = await openInstallation()
    await home.ask(home.owner, 'users.invite', { name: 'second', role: 'owner' })
    const leave = home.ask(home.owner, 'users.update', { user: 'owner', role: 'user' })
    expect(await problemOf(leave)).toMatchObject({ code: 'LAST_OWNER' })
  })

  it('are out of reach of admins, who can neither change, disable, invite nor impersonate one', async () => {
    await using home = await openInstallation()
    const admin = await home.join('admin', { role: 'admin' })
    await home.join('user')
    const [ownersKey] = (await home.ask(home.owner, 'keys.list')).items
    const before = await home.contents()
    const attempts = [
      home.ask(admin, 'users.update', { user: 'owner', state: 'disabled' }),
      home.ask(admin, 'users.update', { user: 'owner', role: 'user' }),
      home.ask(admin, 'users.update', { user: 'user', role: 'owner' }),
      home.ask(admin, 'users.update', { user: 'user', role: 'admin' }),
      home.ask(admin, 'users.update', { user: 'admin', role: 'owner' }),
      home.ask(admin, 'users.invite', { name: 'friend', role: 'owner' }),
      home.ask(admin, 'users.invite', { name: 'friend', role: 'admin' }),
      home.ask(admin, 'keys.create', { label: 'x', user: 'owner' }),
      home.ask(admin, 'keys.revoke', { key: ownersKey!.id }),
      home.ask(admin, 'keys.rotate', { key: ownersKey!.id }),
    ]
    for (const attempt of attempts) expect(await problemOf(attempt)).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(await home.contents()).toBe(before)
    expect(await home.ask(admin, 'users.update', { user: 'user', state: 'disabled' })).toMatchObject({
      state: 'disabled',
    })
  })

  it('cannot touch the system user', async () => {
    await using home = await openInstallation()
    const enable = home.ask(home.owner, 'users.update', { user: 'system', state: 'active' })
    expect(await problemOf(enable)).toMatchObject({ code: 'USER_MISSING' })
    const key = home.ask(home.owner, 'keys.create', { label: 'x', user: 'system' })
    expect(await problemOf(key)).toMatchObject({ code: 'USER_MISSING' })
  })
})

describe('projects and members', () => {
  it('are made by admins, listed to members alone, and worked in by role', async () => {
    await using home = await openInstallation()
    const anna = await home.join('anna')
    await home.ask(home.owner, 'projects.create', { name: 'sales', description: 'What we sell' })
    expect((await home.ask(anna, 'projects.list')).items.map(project => project.name)).toEqual(['default'])
    await home.ask(home.owner, 'members.set', { project: 'sales', user: 'ANNA', role: 'admin' })
    expect((await home.ask(anna, 'projects.list')).items).toMatchObject([
      { name: 'default', role: 'editor' },
      { name: 'sales', role: 'admin', description: 'What we sell' },
    ])
    await home.join('bob')
    await home.ask(anna, 'members.set', { project: 'sales', user: 'bob', role: 'viewer' })
    const members = await home.ask(anna, 'members.list', { project: 'sales' })
    expect(members.items.map(member => [member.user, member.role])).toEqual([
      ['anna', 'admin'],
      ['bob', 'viewer'],
      ['owner', 'admin'],
    ])
  })

  it('keep the day somebody joined when the role changes, and forget it when they leave', async () => {
    await using home = await openInstallation()
    await home.join('anna')
    const [before] = (await home.ask(home.owner, 'members.list', {})).items
    home.clock.advance(1_000)
    const changed = await home.ask(home.owner, 'members.set', { user: 'anna', role: 'viewer' })
    expect(changed).toEqual({ ...before, role: 'viewer' })
    expect(await home.ask(home.owner, 'members.remove', { user: 'anna' })).toEqual({ removed: true })
    expect(await home.ask(home.owner, 'members.remove', { user: 'anna' })).toEqual({ removed: false })
  })

  it('lose sight of a project the moment they are taken out of it', async () => {
    await using home = await openInstallation()
    const anna = await home.join('anna')
    await home.ask(anna, 'members.list', {})
    await home.ask(home.owner, 'members.remove', { user: 'anna' })
    expect(await problemOf(home.ask(anna, 'members.list', {}))).toMatchObject({ code: 'PROJECT_MISSING' })
  })

  it('go where the call says, else the request, else the credential', async () => {
    await using home = await openInstallation()
    await home.ask(home.owner, 'projects.create', { name: 'sales' })
    const { secret } = await home.ask(home.owner, 'keys.create', { label: 'sales', project: 'sales' })
    const join = (role: 'viewer') => home.join(`in-${role}`, { project: 'sales', projectRole: role })
    await join('viewer')
    const names = async (input: object, project?: string) => {
      const extra = project === undefined ? {} : { project }
      const { output } = await home.call('members.list', input, { credentials: { bearer: secret }, ...extra })
      return output.items.map(member => member.user)
    }
    expect(await names({})).toEqual(['in-viewer', 'owner'])
    expect(await names({}, 'default')).toEqual(['owner'])
    expect(await names({ project: 'sales' }, 'default')).toEqual(['in-viewer', 'owner'])
  })

  it('refuse a second project of the same name and members that do not exist', async () => {
    await using home = await openInstallation()
    const again = home.ask(home.owner, 'projects.create', { name: 'default' })
    expect(await problemOf(again)).toMatchObject({ code: 'PROJECT_EXISTS', kind: 'conflict' })
    const nobody = home.ask(home.owner, 'members.set', { user: 'nobody', role: 'viewer' })
    expect(await problemOf(nobody)).toMatchObject({ code: 'USER_MISSING', kind: 'missing' })
  })
})

describe('long lists', () => {
  it('page without losing or repeating anybody', async () => {
    await using home = await openInstallation()
    for (let number = 0; number < 7; number++) {
      await home.ask(home.owner, 'users.invite', { name: `User-${number}` })
    }
    const names: string[] = []
    let cursor: string | null = null
    do {
      const page: { items: { name: string }[]; cursor: string | null } = await home.ask(home.owner, 'users.list', {
        limit: 2,
        ...(cursor === null ? {} : { cursor }),
      })
      names.push(...page.items.map(user => user.name))
      cursor = page.cursor
    } while (cursor !== null)
    expect(names).toEqual(['owner', 'system', ...Array.from({ length: 7 }, (_, number) => `User-${number}`)])
  })

  it.each(['nonsense', 'e30', 'WzFd', 'WyJhIl0=', '%00', ''])('refuse the cursor %j', async cursor => {
    await using home = await openInstallation()
    for (const list of ['users.list', 'keys.list', 'projects.list', 'members.list', 'audit.list'] as const) {
      const problem = await problemOf(home.ask(home.owner, list, { cursor }))
      expect(problem).toMatchObject({ code: 'CURSOR_INVALID', kind: 'invalid' })
    }
  })
})

it('makes usable user names of whatever an issuer calls people', () => {
  expect(toUserName('Zoë Müller')).toBe('Zoe-Muller')
  expect(toUserName('anna@example.test')).toBe('anna@example.test')
  expect(toUserName('  ../..')).toBe('')
  expect(toUserName('x'.repeat(500))).toHaveLength(70)
  expect(toUserName(undefined)).toBe('')
})
