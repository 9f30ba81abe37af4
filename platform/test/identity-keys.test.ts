import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openInstallation, problemOf } from './identity-installation.ts'

describe('a key', () => {
  it('is 256 random bits, of which the files hold a hash alone', async () => {
    await using home = await openInstallation()
    const { secret, id, prefix } = await home.ask(home.owner, 'keys.create', { label: 'laptop' })
    expect(secret).toMatch(/^sd_[A-Za-z0-9_-]{43}$/)
    expect(secret.startsWith(prefix)).toBe(true)
    expect(prefix).toHaveLength(9)
    const row = await home.platform.read.selectFrom('keys').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    expect(row.hash).toBe(createHash('sha256').update(secret).digest('hex'))
    await home.close()
    for (const file of ['platform.db', 'tools.db']) {
      const bytes = await readFile(join(home.folder, file), 'latin1')
      expect(bytes.includes(secret)).toBe(false)
      expect(bytes.includes(secret.slice(-20))).toBe(false)
    }
  })

  it('for one project says so in its name, and works there alone', async () => {
    await using home = await openInstallation()
    await home.ask(home.owner, 'projects.create', { name: 'sales' })
    const input = { label: 'robot', project: 'sales', onlyProject: true }
    const { secret } = await home.ask(home.owner, 'keys.create', input)
    expect(secret).toMatch(/^proj_sales_admin_[A-Za-z0-9_-]{43}$/)
    const reading = await home.ask(home.owner, 'keys.create', { ...input, need: 'read' })
    expect(reading.secret).toMatch(/^proj_sales_read_[A-Za-z0-9_-]{43}$/)
    expect((await home.ask(secret, 'identity.whoami')).projects).toEqual([{ name: 'sales', role: 'admin' }])
    expect((await home.ask(secret, 'projects.list')).items.map(project => project.name)).toEqual(['sales'])
    const elsewhere = home.ask(secret, 'members.list', { project: 'default' })
    expect(await problemOf(elsewhere)).toMatchObject({ code: 'PROJECT_MISSING' })
    expect(await problemOf(home.ask(secret, 'users.list'))).toMatchObject({ code: 'CREDENTIAL_LIMITED' })
  })

  it('for one project neither sees, ends nor makes any other key', async () => {
    await using home = await openInstallation()
    await home.ask(home.owner, 'projects.create', { name: 'sales' })
    const input = { label: 'robot', project: 'sales', onlyProject: true }
    const { secret, id } = await home.ask(home.owner, 'keys.create', input)
    expect((await home.ask(secret, 'keys.list')).items.map(key => key.id)).toEqual([id])
    const [first] = (await home.ask(home.owner, 'keys.list')).items.slice(-1)
    expect(await problemOf(home.ask(secret, 'keys.revoke', { key: first!.id }))).toMatchObject({ code: 'KEY_MISSING' })
    for (const beyond of [{ label: 'x' }, { label: 'x', project: 'default' }, { label: 'x', user: 'owner' }]) {
      expect(await problemOf(home.ask(secret, 'keys.create', beyond))).toMatchObject({ code: 'CREDENTIAL_LIMITED' })
    }
    const another = await home.ask(secret, 'keys.create', { label: 'second', onlyProject: true })
    expect(another).toMatchObject({ project: 'sales', onlyProject: true })
  })

  it('made for less never becomes more, however high its user is', async () => {
    await using home = await openInstallation()
    for (const need of ['read', 'write'] as const) {
      const { secret, id } = await home.ask(home.owner, 'keys.create', { label: need, need })
      const attempts = [
        home.ask(secret, 'keys.create', { label: 'more' }),
        home.ask(secret, 'keys.create', { label: 'more', need: 'read' }),
        home.ask(secret, 'members.set', { user: 'owner', role: 'viewer' }),
        home.ask(secret, 'users.invite', { name: 'friend' }),
        home.ask(secret, 'users.list'),
      ]
      for (const attempt of attempts) expect(await problemOf(attempt)).toMatchObject({ code: 'CREDENTIAL_LIMITED' })
      expect(await home.ask(secret, 'keys.rotate', { key: id })).toMatchObject({ need, label: need })
    }
  })

  it('stops the moment it is revoked, and can be revoked by itself', async () => {
    await using home = await openInstallation()
    const { secret, id } = await home.ask(home.owner, 'keys.create', { label: 'agent', need: 'read' })
    await home.ask(secret, 'identity.whoami')
    const revoked = await home.ask(secret, 'keys.revoke', { key: id })
    expect(revoked.revokedAt).toBe(home.clock.now())
    expect(await problemOf(home.ask(secret, 'identity.whoami'))).toMatchObject({ code: 'UNAUTHENTICATED' })
    home.clock.advance(5_000)
    expect((await home.ask(home.owner, 'keys.revoke', { key: id })).revokedAt).toBe(revoked.revokedAt)
  })

  it('stops the moment it is replaced; the new one has the same rights for the same time', async () => {
    await using home = await openInstallation()
    const old = await home.ask(home.owner, 'keys.create', { label: 'ci', need: 'write', expiresInDays: 30 })
    home.clock.advance(86_400_000)
    const next = await home.ask(home.owner, 'keys.rotate', { key: old.id })
    expect(next).toMatchObject({ label: 'ci', need: 'write', expiresAt: old.expiresAt })
    expect(next.secret).not.toBe(old.secret)
    expect(await problemOf(home.ask(old.secret, 'identity.whoami'))).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await home.ask(next.secret, 'identity.whoami')).toMatchObject({ method: 'key' })
    const again = await problemOf(home.ask(home.owner, 'keys.rotate', { key: old.id }))
    expect(again).toMatchObject({ code: 'KEY_INACTIVE', kind: 'conflict' })
  })

  it('replaced twenty times at once is replaced once', async () => {
    await using home = await openInstallation()
    const { id } = await home.ask(home.owner, 'keys.create', { label: 'ci' })
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, () => home.ask(home.owner, 'keys.rotate', { key: id })),
    )
    expect(attempts.filter(attempt => attempt.status === 'fulfilled')).toHaveLength(1)
  })

  it('stops when its time is over', async () => {
    await using home = await openInstallation()
    const { secret } = await home.ask(home.owner, 'keys.create', { label: 'guest', expiresInDays: 1 })
    home.clock.advance(86_399_999)
    await home.ask(secret, 'identity.whoami')
    home.clock.advance(1)
    expect(await problemOf(home.ask(secret, 'identity.whoami'))).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('stops the moment its user is disabled, and works again when they are enabled', async () => {
    await using home = await openInstallation()
    const anna = await home.join('anna')
    await home.ask(home.owner, 'users.update', { user: 'anna', state: 'disabled' })
    expect(await problemOf(home.ask(anna, 'identity.whoami'))).toMatchObject({ code: 'UNAUTHENTICATED' })
    await home.ask(home.owner, 'users.update', { user: 'anna', state: 'active' })
    expect(await home.ask(anna, 'identity.whoami')).toMatchObject({ user: { name: 'anna' } })
  })

  it('loses a role the moment its user does', async () => {
    await using home = await openInstallation()
    const second = await home.join('second', { role: 'admin' })
    await home.ask(second, 'users.list')
    await home.ask(home.owner, 'users.update', { user: 'second', role: 'user' })
    expect(await problemOf(home.ask(second, 'users.list'))).toMatchObject({ code: 'ACCESS_DENIED' })
  })

  it('remembers when it was last used, once a minute and never before the call', async () => {
    await using home = await openInstallation()
    const lastUsed = async () => {
      await home.identity.flush()
      return (await home.ask(home.owner, 'keys.list')).items[0]?.lastUsedAt
    }
    const first = home.clock.now()
    await home.ask(home.owner, 'identity.whoami')
    expect(await lastUsed()).toBe(first)
    home.clock.advance(59_000)
    await home.ask(home.owner, 'identity.whoami')
    expect(await lastUsed()).toBe(first)
    home.clock.advance(1_000)
    await home.ask(home.owner, 'identity.whoami')
    expect(await lastUsed()).toBe(first + 60_000)
  })

  it('is made for others by admins alone, and only where the others may go', async () => {
    await using home = await openInstallation()
    const anna = await home.join('anna')
    await home.join('bob')
    const stolen = home.ask(anna, 'keys.create', { label: 'x', user: 'bob' })
    expect(await problemOf(stolen)).toMatchObject({ code: 'ACCESS_DENIED' })
    await home.ask(home.owner, 'projects.create', { name: 'sales' })
    for (const [bearer, input] of [
      [anna, { label: 'x', project: 'sales' }],
      [home.owner, { label: 'x', project: 'sales', user: 'bob' }],
      [home.owner, { label: 'x', project: 'nowhere' }],
    ] as const) {
      expect(await problemOf(home.ask(bearer, 'keys.create', input))).toMatchObject({ code: 'PROJECT_MISSING' })
    }
    const { secret } = await home.ask(home.owner, 'keys.create', { label: 'service', user: 'BOB' })
    expect(await home.ask(secret, 'identity.whoami')).toMatchObject({ user: { name: 'bob' } })
  })

  it('is listed to its user, and to admins with everybody’s, without any secret', async () => {
    await using home = await openInstallation()
    const anna = await home.join('anna')
    const mine = await home.ask(anna, 'keys.list')
    expect(mine.items).toHaveLength(1)
    expect(await problemOf(home.ask(anna, 'keys.list', { all: true }))).toMatchObject({ code: 'ACCESS_DENIED' })
    const all = await home.ask(home.owner, 'keys.list', { all: true })
    expect(all.items).toHaveLength(2)
    const text = JSON.stringify([mine, all])
    expect(text).not.toContain(anna.slice(12))
    expect(text).not.toContain('hash')
  })
})
