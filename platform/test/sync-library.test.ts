import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { travellingTables } from '../src/state/travelling-tables.ts'
import { openBucket } from './sync-faulty-store.ts'
import { databaseKey, meaningOf, openInstallation, syncNow, toolNames } from './sync-installation.ts'
import { MovedClock, openWhole, problemOf } from './whole-platform.ts'

describe('a library that two installations share', { timeout: 120_000 }, () => {
  it('lets a tool that was made on one be called on the other', async () => {
    const bucket = openBucket()
    await using a = await openInstallation(bucket)
    await a.publish('answer', '42')
    expect(await syncNow(a)).toMatchObject({ outcome: 'synced' })
    await using b = await openInstallation(bucket)
    expect(await b.run('answer')).toMatchObject({ value: 42 })
    await b.publish('other', '43')
    await syncNow(b)
    await syncNow(a)
    expect(await toolNames(a)).toEqual(['answer', 'other'])
    expect(await a.run('other')).toMatchObject({ value: 43 })
    expect(meaningOf(a)).toEqual(meaningOf(b))
  })

  it('makes no second owner and no second seeds on an installation that joins', async () => {
    const bucket = openBucket()
    const seeds = (name: string) => ({
      'tools.yaml': `tools:\n  - name: ${name}\n    description: A question.\n    query: '1'\n`,
    })
    await using a = await openInstallation(bucket, { files: seeds('from_a') })
    await syncNow(a)
    await using b = await openInstallation(bucket, { files: seeds('from_b') })
    expect(await toolNames(b)).toEqual(['from_a'])
    const users = (await b.ask('users.list', {})).items.filter(user => user.role === 'owner')
    expect(users).toHaveLength(1)
    await syncNow(b)
    expect(meaningOf(a)).toEqual(meaningOf(b))
  })

  it('imports seeds once the bucket was seen to hold nothing, also when it was away at the start', async () => {
    const bucket = openBucket(() => 'away')
    const files = { 'tools.yaml': `tools:\n  - name: seeded\n    description: A question.\n    query: '1'\n` }
    await using a = await openInstallation(bucket, { files })
    expect(await toolNames(a)).toEqual([])
    bucket.state.fault = () => undefined
    await syncNow(a)
    expect(await toolNames(a)).toEqual(['seeded'])
  })

  it('keeps both when two installations began apart', async () => {
    const bucket = openBucket(() => 'away')
    await using a = await openInstallation(bucket)
    await using b = await openInstallation(bucket)
    await a.publish('same', '1')
    await a.publish('only_a', '1')
    await b.publish('same', '2')
    bucket.state.fault = () => undefined
    for (const each of [a, b, a]) await syncNow(each)
    expect(await toolNames(a)).toEqual(['only_a', 'same'])
    expect(meaningOf(a)).toEqual(meaningOf(b))
    expect(await a.run('same')).toMatchObject({ value: 1 })
    expect(await b.run('same')).toMatchObject({ value: 1 })
  })

  it('counts a vote that was cast elsewhere, and tells of each vote and of the decision once on each', async () => {
    const bucket = openBucket()
    await using a = await openInstallation(bucket)
    const ada = await a.join('ada')
    const bob = await a.join('bob')
    await syncNow(a)
    await using b = await openInstallation(bucket)
    await a.askAs(ada, 'tools.create', { tool: 'counted', description: 'A question.', engine: 'jq', text: '7' })
    const proposed = await a.askAs(ada, 'tools.submit', { tool: 'counted', justification: 'needed' } as never)
    await syncNow(a)
    await syncNow(b)
    await a.askAs(bob, 'tools.vote', { tool: 'counted', vote: 'approve', hash: proposed.hash } as never)
    await b.ask('tools.vote', { tool: 'counted', vote: 'approve', hash: proposed.hash } as never)
    await syncNow(a)
    await syncNow(b)
    await syncNow(a)
    expect(await b.run('counted')).toMatchObject({ value: 7 })
    expect(await a.run('counted')).toMatchObject({ value: 7 })
    const votes: Record<string, unknown>[][] = []
    for (const each of [a, b]) {
      using file = new DatabaseSync(each.settings.libraryFile, { readOnly: true })
      const told = (type: string) =>
        file.prepare('select by_user, key from outbox where type = ? and subject = ? order by key').all(type, 'counted')
      expect(told('tool.approved')).toHaveLength(1)
      votes.push(told('tool.voted'))
    }
    expect(votes[0]?.map(vote => vote['by_user']).sort()).toEqual(['bob', 'owner'])
    expect(votes[1]).toEqual(votes[0])
  })

  it.each([-3, 3])('reviews alike where a clock is %i days off, and what goes there stays gone', async days => {
    const bucket = openBucket()
    await using a = await openInstallation(bucket)
    const bob = await a.join('bob')
    await a.join('eve')
    await syncNow(a)
    const clock = new MovedClock()
    clock.advance(days * 86_400_000)
    await using b = await openInstallation(bucket, { clock })
    const { secret: ada } = await b.ask('keys.create', { label: 'there', user: 'bob' })
    await b.askAs(ada, 'tools.create', { tool: 'counted', description: 'A question.', engine: 'jq', text: '7' })
    const proposed = await b.askAs(ada, 'tools.submit', { tool: 'counted' })
    expect(proposed).toMatchObject({ state: 'pending', review: null, votesNeeded: 2 })
    await b.ask('members.remove', { user: 'eve' })
    const approved = await b.ask('tools.vote', { tool: 'counted', vote: 'approve', hash: proposed.hash })
    expect(approved).toMatchObject({ state: 'approved' })
    for (const each of [b, a]) await syncNow(each)
    expect((await a.ask('members.list', {})).items.map(member => member.user)).not.toContain('eve')
    expect(await a.askAs(bob, 'tools.get', { tool: 'counted' })).toMatchObject({ state: 'approved' })
    await a.ask('tools.disable', { tool: 'counted' })
    for (const each of [a, b]) await syncNow(each)
    expect(await b.ask('tools.get', { tool: 'counted' })).toMatchObject({ state: 'disabled' })
    expect(meaningOf(a)).toEqual(meaningOf(b))
  })

  it('tells authors of a reject from elsewhere, and of an approval that another one was faster than', async () => {
    const bucket = openBucket()
    await using a = await openInstallation(bucket)
    await syncNow(a)
    await using b = await openInstallation(bucket)
    await b.publish('twice', '"first"')
    const ada = await a.join('ada')
    a.clock.advance(60_000)
    const create = (tool: string, text: string) => ({ tool, description: 'A question.', engine: 'jq', text }) as const
    const inbox = async () => (await a.askAs(ada, 'inbox.list')).items
    await a.askAs(ada, 'tools.create', create('twice', '"second"'))
    const second = await a.askAs(ada, 'tools.submit', { tool: 'twice' })
    await a.ask('tools.vote', { tool: 'twice', vote: 'approve', hash: second.hash })
    await a.askAs(ada, 'tools.create', create('doubted', '7'))
    const { hash } = await a.askAs(ada, 'tools.submit', { tool: 'doubted' })
    for (const each of [a, b]) await syncNow(each)
    await b.ask('tools.vote', { tool: 'doubted', vote: 'reject', hash, comment: 'Wrong.' })
    for (const each of [b, a]) await syncNow(each)
    const items = await inbox()
    expect(items.filter(item => item.subject === 'twice' && item.type === 'tool.conflict')).toMatchObject([
      { version: 2, todo: 'compare' },
    ])
    expect(items.filter(item => item.subject === 'doubted')).toMatchObject([{ comment: 'Wrong.', version: 1 }])
    await a.askAs(ada, 'tools.update', { tool: 'twice', expectedVersion: 2, text: '"both"' })
    expect((await inbox()).find(item => item.type === 'tool.conflict')).toMatchObject({ version: null, todo: null })
  })

  it('sends no key, no event, no audit line and no question', async () => {
    const bucket = openBucket()
    await using a = await openInstallation(bucket)
    await a.publish('answer', '42')
    await a.ask('queries.ask', { engine: 'jq', text: '"planted-question"' })
    await a.run('answer')
    await syncNow(a)
    await a.publish('second', '43')
    await syncNow(a)
    const copy = join(a.home, 'copy.db')
    await writeFile(copy, await bucket.bytes(databaseKey))
    using file = new DatabaseSync(copy, { readOnly: true })
    const counts = (file.prepare(`select name from sqlite_schema where type = 'table'`).all() as { name: string }[])
      .map(
        ({ name }) =>
          [name, Number(Object.values(file.prepare(`select count(*) from ${name}`).get() ?? {})[0])] as const,
      )
      .filter(([, count]) => count > 0)
      .map(([name]) => name)
    const allowed = new Set<string>(['_migrations', ...travellingTables.map(({ table }) => table)])
    expect(counts.filter(name => !allowed.has(name))).toEqual([])
    for (const key of await bucket.keys()) {
      const text = Buffer.from(await bucket.bytes(key)).toString('latin1')
      for (const secret of ['planted-question', a.owner.slice(0, 20), 'request-1']) expect(text).not.toContain(secret)
    }
  })

  it('writes what the team approved for others to read, the same from every installation', async () => {
    const bucket = openBucket()
    await using a = await openInstallation(bucket)
    await a.ask('functions.create', { definition: 'def twice: . * 2;' })
    await a.ask('functions.submit', { function: 'twice' })
    await a.publish('answer', '21 | twice')
    await syncNow(a)
    const exported = JSON.parse(Buffer.from(await bucket.bytes('exports/approved_tools.json')).toString()) as {
      tools: { name: string; functions: { name: string }[] }[]
      sha256: string
    }
    expect(exported.tools).toMatchObject([{ name: 'answer', functions: [{ name: 'twice' }] }])
    const functions = Buffer.from(await bucket.bytes('exports/functions.json')).toString()
    expect(JSON.parse(functions)).toMatchObject({ functions: [{ name: 'twice', arity: 0 }] })
    await using b = await openInstallation(bucket)
    await b.ask('projects.create', { name: 'other', description: '' })
    await syncNow(b)
    expect(Buffer.from(await bucket.bytes('exports/functions.json')).toString()).toBe(functions)
    expect(JSON.parse(Buffer.from(await bucket.bytes('databases/.version')).toString())).toMatchObject({
      schema: expect.any(String),
    })
  })
})

describe('who looks after sync', { timeout: 120_000 }, () => {
  it('sees how it stands, what it did and what is kept; nobody else does', async () => {
    const bucket = openBucket()
    await using a = await openInstallation(bucket)
    await syncNow(a)
    await a.publish('answer', '42')
    await syncNow(a)
    expect(await a.ask('sync.status')).toMatchObject({ state: 'healthy', code: null, syncedAt: expect.any(Number) })
    const history = await a.ask('sync.history', { limit: 1 })
    expect(history.items).toMatchObject([{ outcome: 'synced', trigger: 'manual' }])
    expect(history.cursor).not.toBeNull()
    expect((await a.ask('sync.backups')).items).toHaveLength(1)
    const ada = await a.join('ada', 'admin')
    for (const name of ['sync.status', 'sync.now', 'sync.history', 'sync.backups'] as const) {
      expect(await problemOf(a.askAs(ada, name))).toMatchObject({ code: 'ACCESS_DENIED' })
    }
  })

  it('is told that nothing is shared', async () => {
    await using alone = await openWhole()
    expect(await alone.ask('sync.status')).toMatchObject({ state: 'off' })
    expect(await problemOf(alone.ask('sync.now'))).toMatchObject({ code: 'SYNC_OFF' })
    expect((await alone.ask('sync.history')).items).toEqual([])
  })

  it('reads in readiness why there is no sync, while everything else is ready', async () => {
    const bucket = openBucket(({ method }) => (method === 'put' ? 'careless' : undefined))
    await using a = await openInstallation(bucket)
    await a.publish('answer', '42')
    expect(await syncNow(a)).toMatchObject({ outcome: 'refused' })
    const { ready, checks } = await a.platform.readiness()
    expect(ready).toBe(true)
    expect(checks.find(check => check.name === 'sync')).toEqual({ name: 'sync', problem: 'no_conditional_writes' })
    expect(await a.run('answer')).toMatchObject({ value: 42 })
  })
})
