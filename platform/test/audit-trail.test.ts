import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type OperationName, operations } from '@super-data/contract'
import { describe, expect, it } from 'vitest'
import type { Handlers } from '../src/call.ts'
import { auditOf, type Installation, openInstallation, problemOf } from './identity-installation.ts'

type Line = Awaited<ReturnType<typeof auditOf>>[number]

/** The lines that one piece of work adds. */
async function linesOf(home: Installation, work: () => Promise<unknown>): Promise<Line[]> {
  const before = new Set((await auditOf(home)).map(line => line.id))
  await work()
  return (await auditOf(home)).filter(line => !before.has(line.id))
}

describe('every change leaves exactly one line', () => {
  const changes: [OperationName, string, (home: Installation) => Promise<unknown>][] = [
    ['users.invite', 'bob', home => home.ask(home.owner, 'users.invite', { name: 'bob' })],
    ['users.update', 'anna', home => home.ask(home.owner, 'users.update', { user: 'anna', role: 'admin' })],
    ['projects.create', 'sales', home => home.ask(home.owner, 'projects.create', { name: 'sales' })],
    ['members.set', 'anna', home => home.ask(home.owner, 'members.set', { user: 'anna', role: 'viewer' })],
    ['members.remove', 'anna', home => home.ask(home.owner, 'members.remove', { user: 'anna' })],
  ]
  it.each(changes)('%s of %s', async (operation, target, change) => {
    await using home = await openInstallation()
    await home.join('anna')
    const lines = await linesOf(home, () => change(home))
    expect(lines).toMatchObject([{ operation, target, outcome: 'ok', code: null, user_name: 'owner', door: 'http' }])
  })

  it('keys.create, keys.rotate and keys.revoke', async () => {
    await using home = await openInstallation()
    let key = ''
    const made = await linesOf(home, async () => {
      key = (await home.ask(home.owner, 'keys.create', { label: 'ci' })).id
    })
    expect(made).toMatchObject([{ operation: 'keys.create', target: key, outcome: 'ok' }])
    const rotated = await linesOf(home, () => home.ask(home.owner, 'keys.rotate', { key }))
    expect(rotated).toMatchObject([{ operation: 'keys.rotate', target: key, outcome: 'ok' }])
    const revoked = await linesOf(home, () => home.ask(home.owner, 'keys.revoke', { key }))
    expect(revoked).toMatchObject([{ operation: 'keys.revoke', target: key, outcome: 'ok' }])
  })

  it('users.redeem, which nobody is signed in for', async () => {
    await using home = await openInstallation()
    const { link } = await home.ask(home.owner, 'users.invite', { name: 'bob' })
    const lines = await linesOf(home, () => home.call('users.redeem', { token: link }))
    expect(lines).toMatchObject([{ operation: 'users.redeem', target: 'bob', outcome: 'ok', user_name: null }])
  })

  it('a change that opens no transaction of its own', async () => {
    const refresh: Handlers['datasets.refresh'] = async () => ({ datasets: 0, changed: [] })
    await using home = await openInstallation({ handlers: { 'datasets.refresh': refresh } })
    const lines = await linesOf(home, () => home.ask(home.owner, 'datasets.refresh'))
    expect(lines).toMatchObject([{ operation: 'datasets.refresh', project: 'default', outcome: 'ok' }])
  })

  it('covers every identity operation that changes anything', () => {
    const covered = [...changes.map(([name]) => name), 'users.redeem', 'keys.create', 'keys.rotate', 'keys.revoke']
    const identity = /^(identity|users|keys|projects|members|audit)\./
    const changing = Object.values(operations).filter(each => identity.test(each.name) && each.effect !== 'read')
    expect(changing.map(each => each.name).sort()).toEqual(covered.sort())
  })
})

describe('what is refused or fails leaves a line too', () => {
  it('of rights, with what was asked and why not', async () => {
    await using home = await openInstallation()
    const anna = await home.join('anna')
    const refusals: [Promise<unknown> | (() => Promise<unknown>), Partial<Line>][] = [
      [() => home.ask(anna, 'users.list'), { operation: 'users.list', code: 'ACCESS_DENIED' }],
      [
        () => home.ask(anna, 'members.list', { project: 'hidden' }),
        { operation: 'members.list', code: 'PROJECT_MISSING', project: 'hidden' },
      ],
      [() => home.ask(anna, 'keys.list', { all: true }), { operation: 'keys.list', code: 'ACCESS_DENIED' }],
    ]
    for (const [attempt, expected] of refusals) {
      const lines = await linesOf(home, () => problemOf((attempt as () => Promise<unknown>)()))
      expect(lines).toMatchObject([{ ...expected, outcome: 'refused', user_name: 'anna' }])
    }
  })

  it('of changes that were wrong or came too late', async () => {
    await using home = await openInstallation()
    const lines = await linesOf(home, async () => {
      await problemOf(home.ask(home.owner, 'projects.create', { name: 'default' }))
      await problemOf(home.ask(home.owner, 'projects.create', { name: 'NOT A NAME' }))
      await problemOf(home.ask(home.owner, 'users.update', { user: 'owner', role: 'user' }))
    })
    expect(lines.map(line => [line.outcome, line.code])).toEqual([
      ['failed', 'PROJECT_EXISTS'],
      ['failed', 'INPUT_INVALID'],
      ['failed', 'LAST_OWNER'],
    ])
  })

  it('but reads that only fail, and reads that work, leave none', async () => {
    await using home = await openInstallation()
    const lines = await linesOf(home, async () => {
      await home.ask(home.owner, 'users.list')
      await problemOf(home.ask(home.owner, 'users.list', { cursor: 'nonsense' }))
      await problemOf(home.ask(home.owner, 'users.list', { limit: 0 }))
    })
    expect(lines).toEqual([])
  })
})

describe('strangers', () => {
  it('by the thousand do not grow the file: one line a minute for each kind of refusal', async () => {
    await using home = await openInstallation()
    const flood = async () => {
      for (let attempt = 0; attempt < 500; attempt++) {
        await problemOf(home.call('identity.whoami', {}, { credentials: { bearer: `sd_${attempt}` } }))
        await problemOf(home.call('users.redeem', { token: 'A'.repeat(43) }))
      }
    }
    expect((await linesOf(home, flood)).map(line => [line.code, line.user_name])).toEqual([
      ['UNAUTHENTICATED', null],
      ['INVITATION_MISSING', null],
    ])
    home.clock.advance(60_000)
    expect(await linesOf(home, flood)).toHaveLength(2)
  })
})

describe('a line', () => {
  it('holds neither secrets nor what callers send', async () => {
    await using home = await openInstallation()
    const canary = 'CANARY_4711'
    await home.ask(home.owner, 'keys.create', { label: canary })
    await problemOf(home.ask(home.owner, 'users.invite', { name: canary, [canary]: canary } as never))
    await problemOf(home.ask(home.owner, 'members.list', { project: canary }))
    await problemOf(home.call('users.redeem', { token: `${canary}${'A'.repeat(40)}` }))
    await problemOf(home.call('identity.whoami', {}, { credentials: { bearer: canary, userHeader: canary } }))
    const text = JSON.stringify(await auditOf(home))
    expect(text).not.toContain(canary)
    expect(text).not.toContain(home.owner.slice(3))
  })
})

describe('the list', () => {
  it('merges both files, newest first, and pages without losing or repeating a line', async () => {
    await using home = await openInstallation()
    for (let number = 0; number < 5; number++) {
      await home.ask(home.owner, 'projects.create', { name: `project-${number}` })
      await home.ask(home.owner, 'keys.create', { label: `key ${number}` })
      home.clock.advance(1)
    }
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: { items: { id: string }[]; cursor: string | null } = await home.ask(home.owner, 'audit.list', {
        limit: 3,
        ...(cursor === null ? {} : { cursor }),
      })
      seen.push(...page.items.map(line => line.id))
      cursor = page.cursor
    } while (cursor !== null)
    expect(seen).toEqual((await auditOf(home)).map(line => line.id).reverse())
    expect(seen).toHaveLength(10)
  })

  it('filters by user, without case, and by operation', async () => {
    await using home = await openInstallation()
    const anna = await home.join('anna')
    await problemOf(home.ask(anna, 'users.list'))
    await home.ask(home.owner, 'projects.create', { name: 'sales' })
    const byUser = await home.ask(home.owner, 'audit.list', { user: 'ANNA' })
    expect(byUser.items.map(line => line.operation)).toEqual(['users.list'])
    const byOperation = await home.ask(home.owner, 'audit.list', { operation: 'projects.create' })
    expect(byOperation.items.map(line => line.target)).toEqual(['sales'])
    expect((await home.ask(home.owner, 'audit.list', { user: 'nobody' })).items).toEqual([])
  })
})

describe('the lines prove that they are what was written', () => {
  const verify = (home: Installation) => home.ask(home.owner, 'audit.verify')

  it('when nobody touched them, however many wrote at once', async () => {
    await using home = await openInstallation()
    const names = Array.from({ length: 20 }, (_, number) => `project-${number}`)
    await Promise.all(names.map(name => home.ask(home.owner, 'projects.create', { name })))
    await home.ask(home.owner, 'keys.create', { label: 'ci' })
    const { intact, files } = await verify(home)
    expect(intact).toBe(true)
    expect(files).toMatchObject([
      { file: 'library', lines: expect.any(Number), head: expect.stringMatching(/^[0-9a-f]{64}$/), brokenAt: null },
      { file: 'platform', brokenAt: null },
    ])
    expect(files[0]!.lines).toBeGreaterThanOrEqual(20)
    expect((await verify(home)).files[0]).toEqual(files[0])
  })

  it.each([
    ['changed', "UPDATE audit SET user_name = 'nobody' WHERE position = 3"],
    ['removed', 'DELETE FROM audit WHERE position = 3'],
    ['given another place', 'UPDATE audit SET position = 99 WHERE position = 3'],
  ])('and not when one was %s behind the server’s back', async (_what, statement) => {
    await using home = await openInstallation()
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) await home.ask(home.owner, 'projects.create', { name })
    using file = new DatabaseSync(join(home.folder, 'tools.db'))
    file.exec(statement)
    const { intact, files } = await verify(home)
    expect(intact).toBe(false)
    expect(files[0]).toMatchObject({ file: 'library', lines: 2, brokenAt: 3 })
  })
})
