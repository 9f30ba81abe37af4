import { describe, expect, it } from 'vitest'
import type { Handlers } from '../src/call.ts'
import { auditOf, type Installation, openInstallation, problemOf } from './identity-installation.ts'

function create(home: Installation, name: string, idempotencyKey: string, bearer = home.owner) {
  return home.call('projects.create', { name }, { credentials: { bearer }, idempotencyKey })
}

describe('a repeated mutation with the same idempotency key', () => {
  it('is answered from the first and changes nothing more', async () => {
    await using home = await openInstallation()
    const first = await create(home, 'sales', 'once')
    const lines = (await auditOf(home)).length
    const second = await create(home, 'sales', 'once')
    expect(first.replayed).toBe(false)
    expect(second).toEqual({ output: first.output, replayed: true })
    expect(await auditOf(home)).toHaveLength(lines)
  })

  it('is answered from the first after a restart', async () => {
    await using home = await openInstallation()
    const first = await create(home, 'sales', 'once')
    await home.calls.close()
    await using again = await openInstallation({ folder: home.folder, clock: home.clock })
    const credentials = { bearer: home.owner }
    const second = await again.call('projects.create', { name: 'sales' }, { credentials, idempotencyKey: 'once' })
    expect(second).toEqual({ output: first.output, replayed: true })
  })

  it('is refused when it asks for something else', async () => {
    await using home = await openInstallation()
    await create(home, 'sales', 'once')
    expect(await problemOf(create(home, 'finance', 'once'))).toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
      kind: 'conflict',
    })
    const other = home.ask(home.owner, 'members.remove', { user: 'owner' }, { idempotencyKey: 'once' })
    expect(await problemOf(other)).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    expect((await home.ask(home.owner, 'projects.list')).items.map(project => project.name)).toEqual([
      'default',
      'sales',
    ])
  })

  it('is the same request when only the order of its fields differs or a default is spelled out', async () => {
    await using home = await openInstallation()
    await create(home, 'sales', 'once')
    const credentials = { bearer: home.owner }
    const input = { description: '', name: 'sales' }
    const second = await home.call('projects.create', input, { credentials, idempotencyKey: 'once' })
    expect(second.replayed).toBe(true)
  })

  it('is refused while the first still runs, and answered once it has ended', async () => {
    let finish: () => void = () => {}
    const gate = new Promise<void>(resolve => {
      finish = resolve
    })
    const refresh: Handlers['datasets.refresh'] = async () => {
      await gate
      return { datasets: 3, changed: ['people'] }
    }
    await using home = await openInstallation({ handlers: { 'datasets.refresh': refresh } })
    const request = () => {
      const credentials = { bearer: home.owner }
      return home.call('datasets.refresh', {}, { credentials, idempotencyKey: 'slow' })
    }
    const first = request()
    expect(await problemOf(request())).toMatchObject({
      code: 'IDEMPOTENCY_IN_FLIGHT',
      kind: 'conflict',
      retryable: true,
    })
    const other = home.ask(home.owner, 'projects.create', { name: 'sales' }, { idempotencyKey: 'slow' })
    expect(await problemOf(other)).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    finish()
    expect((await first).replayed).toBe(false)
    expect(await request()).toEqual({ output: { datasets: 3, changed: ['people'] }, replayed: true })
  })

  it('of twenty at once changes once', async () => {
    await using home = await openInstallation()
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => create(home, 'sales', 'once')))
    const fresh = attempts.filter(attempt => attempt.status === 'fulfilled' && !attempt.value.replayed)
    expect(fresh).toHaveLength(1)
    expect((await auditOf(home)).filter(line => line.outcome === 'ok')).toHaveLength(1)
  })

  it('never shows a secret again, and stores none', async () => {
    await using home = await openInstallation()
    const extra = { idempotencyKey: 'make' }
    await home.ask(home.owner, 'keys.create', { label: 'ci' }, extra)
    const again = home.ask(home.owner, 'keys.create', { label: 'ci' }, extra)
    expect(await problemOf(again)).toMatchObject({ code: 'IDEMPOTENCY_SECRET_SHOWN', kind: 'conflict' })
    const rows = await home.platform.read.selectFrom('idempotency').selectAll().execute()
    expect(rows.map(row => row.output)).toEqual([null])
    const keys = (await home.ask(home.owner, 'keys.list')).items
    expect(keys.filter(key => key.label === 'ci')).toHaveLength(1)
  })

  it('runs again when the first failed', async () => {
    await using home = await openInstallation()
    const early = home.ask(home.owner, 'members.set', { user: 'anna', role: 'viewer' }, { idempotencyKey: 'add' })
    expect(await problemOf(early)).toMatchObject({ code: 'USER_MISSING' })
    await home.join('anna')
    const later = await home.ask(home.owner, 'members.set', { user: 'anna', role: 'viewer' }, { idempotencyKey: 'add' })
    expect(later).toMatchObject({ user: 'anna', role: 'viewer' })
  })

  it('runs again after ten minutes, when the record is gone', async () => {
    await using home = await openInstallation()
    await create(home, 'sales', 'once')
    home.clock.advance(599_999)
    expect((await create(home, 'sales', 'once')).replayed).toBe(true)
    home.clock.advance(1)
    expect(await problemOf(create(home, 'sales', 'once'))).toMatchObject({ code: 'PROJECT_EXISTS' })
    await create(home, 'finance', 'other')
    const rows = await home.library.read.selectFrom('idempotency').select('key').execute()
    expect(rows.map(row => row.key)).toEqual(['other'])
  })

  it('belongs to one credential: another user and another key of the same user start anew', async () => {
    await using home = await openInstallation()
    const admin = await home.join('admin', { role: 'admin' })
    const { secret } = await home.ask(home.owner, 'keys.create', { label: 'second' })
    await create(home, 'sales', 'once')
    expect((await create(home, 'finance', 'once', admin)).replayed).toBe(false)
    expect((await create(home, 'people', 'once', secret)).replayed).toBe(false)
  })

  it('is not replayed to somebody who lost the right to make it', async () => {
    await using home = await openInstallation()
    const admin = await home.join('admin', { role: 'admin' })
    await create(home, 'sales', 'once', admin)
    await home.ask(home.owner, 'users.update', { user: 'admin', role: 'user' })
    expect(await problemOf(create(home, 'sales', 'once', admin))).toMatchObject({ code: 'ACCESS_DENIED' })
  })

  it('answers with what the call answered, also when its change returned something else', async () => {
    const remove: Handlers['members.remove'] = async (_input, call) => {
      await call.changeLibrary(async () => undefined)
      return { removed: true }
    }
    await using home = await openInstallation({ handlers: { 'members.remove': remove } })
    const request = () => {
      const credentials = { bearer: home.owner }
      return home.call('members.remove', { user: 'anna' }, { credentials, idempotencyKey: 'x' })
    }
    await request()
    expect(await request()).toEqual({ output: { removed: true }, replayed: true })
  })
})

it('reads ignore the key', async () => {
  await using home = await openInstallation()
  const credentials = { bearer: home.owner }
  for (let time = 0; time < 2; time++) {
    const { replayed } = await home.call('projects.list', {}, { credentials, idempotencyKey: 'read' })
    expect(replayed).toBe(false)
  }
})

it.each(['', 'x'.repeat(201), 'two\nlines', 'schlüssel'])('refuses the key %j', async idempotencyKey => {
  await using home = await openInstallation()
  const problem = await problemOf(create(home, 'sales', idempotencyKey))
  expect(problem).toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID', kind: 'invalid' })
})
