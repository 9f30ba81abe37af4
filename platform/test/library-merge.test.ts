import { join } from 'node:path'
import { openLog } from '@super-data/base/log'
import type { Tool } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Events } from '../src/events/events.ts'
import { Stamps } from '../src/stamps.ts'
import type { LibraryTables } from '../src/state/library.ts'
import { openLibrary } from '../src/state/library.ts'
import { travellingTables } from '../src/state/travelling-tables.ts'
import { SharedLibrary } from '../src/sync/shared-library.ts'
import { MovedClock, openWhole, problemOf, type Whole } from './whole-platform.ts'

/**
 * Takes in what another installation has, as a sync does.
 *
 * @param theirs a snapshot of its library.
 * @returns what is told of it.
 */
async function takeIn({ library, whole }: Site, theirs: string): Promise<string[]> {
  const told: string[] = []
  const commitBy: Events['commitBy'] = (transact, work) =>
    transact(async (transaction, ...given) => {
      const { value, drafts } = await work(transaction, ...given)
      told.push(...drafts.map(event => `${event.type} ${event.subject}`))
      return value
    })
  const events = { commitBy } as Events
  const parts = { library, events, clock, file: whole.settings.libraryFile, stamps: new Stamps('sync', clock) }
  const shared = new SharedLibrary(parts)
  const { signal } = new AbortController()
  expect(await shared.examine(theirs, signal)).toMatchObject({ state: 'sound' })
  const delta = `${theirs}-delta`
  if ((await shared.compare(theirs, delta, signal)).theirs > 0) await shared.merge(delta, signal)
  return told
}

async function copyOf({ library, whole }: Site): Promise<string> {
  const file = join(whole.home, `copy-${copies++}.db`)
  await library.snapshot(file, travellingTables)
  return file
}

let copies = 0

interface Site {
  readonly whole: Whole
  /** A second connection to the same file, as a sync would have. */
  readonly library: Database<LibraryTables>
}

let a: Site
let b: Site
let clock: MovedClock

async function openSite(name: string): Promise<Site> {
  const whole = await openWhole({ clock })
  const folder = join(whole.home, 'database', `backups-${name}`)
  const library = await openLibrary(whole.settings.libraryFile, {
    clock,
    backupFolder: folder,
    log: openLog({ level: 'silent' }),
  })
  return { whole, library }
}

beforeEach(async () => {
  clock = new MovedClock()
  a = await openSite('a')
  b = await openSite('b')
})
afterEach(async () => {
  for (const site of [a, b]) {
    await site.library.close()
    await site.whole[Symbol.asyncDispose]()
  }
})

/** Both take in what the other has: afterwards they have the same. @returns what each learnt. */
async function meet(): Promise<{ a: string[]; b: string[] }> {
  const [fromA, fromB] = [await copyOf(a), await copyOf(b)]
  return { a: await takeIn(a, fromB), b: await takeIn(b, fromA) }
}

const derivedTables = ['users', 'memberships', 'functions', 'tools', 'versions'] as const
const stateOf = async ({ library }: Site) => {
  const tables = derivedTables.map(table => library.read.selectFrom(table).selectAll().execute())
  const rows = (await Promise.all(tables)).map(found => found.map(row => JSON.stringify(row)).sort())
  return JSON.stringify(rows)
}
const expectSame = async () => expect(await stateOf(a)).toBe(await stateOf(b))
const create = (site: Site, tool: string, text: string) =>
  site.whole.ask('tools.create', { tool, description: 'A question.', engine: 'jq', text })
const get = (site: Site, tool: string, version?: number): Promise<Tool> =>
  site.whole.ask('tools.get', version === undefined ? { tool } : { tool, version })

/** Three voters known at both sites, by the keys they have at each. */
async function team() {
  const people: Record<string, string> = {}
  for (const name of ['alice', 'bob', 'carol']) people[name] = await a.whole.join(name)
  await meet()
  return people
}

describe('two libraries that meet', () => {
  it('are the same afterwards, whoever takes in first, and meeting again changes nothing', async () => {
    await create(a, 'of_a', '1')
    await b.whole.publish('of_b', '2')
    await a.whole.ask('functions.create', { definition: 'def f: 1;' })
    await meet()
    await expectSame()
    const before = await stateOf(a)
    expect(await meet()).toEqual({ a: [], b: [] })
    expect(await stateOf(a)).toBe(before)
    expect(await get(a, 'of_b')).toMatchObject({ state: 'approved', review: 'none' })
  })

  it('keep both people of one name apart, and the one of one machine apart from that of another', async () => {
    await meet()
    const names = (await a.whole.ask('users.list')).items.map(user => user.name)
    expect(names.filter(name => name.startsWith('owner'))).toHaveLength(2)
    expect(names).toContain('owner')
    expect(names.some(name => /^owner-[0-9a-z]{4}$/.test(name))).toBe(true)
    expect(names.filter(name => name === 'system')).toHaveLength(1)
    await expectSame()
  })

  it('make two versions of one tool that both made', async () => {
    await create(a, 'same_name', '"of a"')
    clock.advance(10)
    await create(b, 'same_name', '"of b"')
    expect(await meet()).toEqual({
      a: ['tool.updated same_name'],
      b: expect.arrayContaining(['tool.updated same_name']),
    })
    await expectSame()
    expect(await get(a, 'same_name', 1)).toMatchObject({ definition: { text: '"of a"' } })
    expect(await get(a, 'same_name')).toMatchObject({ version: 2, definition: { text: '"of b"' } })
  })

  it('let the first of two approved at once answer; the other is in conflict and can be saved on top', async () => {
    await a.whole.publish('twice', '"first"')
    clock.advance(10)
    await b.whole.publish('twice', '"second"')
    const learnt = await meet()
    expect(learnt.b).toContain('tool.conflict twice')
    await expectSame()
    expect(await a.whole.run('twice')).toMatchObject({ value: 'first' })
    expect(await b.whole.run('twice')).toMatchObject({ value: 'first' })
    expect(await get(b, 'twice')).toMatchObject({ version: 2, state: 'conflict', approvedVersion: 1 })
    const next = await b.whole.ask('tools.update', { tool: 'twice', expectedVersion: 2, text: '"both"' })
    expect(next).toMatchObject({ version: 3, state: 'draft' })
    expect((await b.whole.ask('tools.history', { tool: 'twice' })).items[0]).toMatchObject({ follows: 1 })
  })

  it('refuse to put forward what would undo an approval it does not know of', async () => {
    await a.whole.publish('base', '"one"')
    await meet()
    await a.whole.ask('tools.update', { tool: 'base', expectedVersion: 1, text: '"two"' })
    await a.whole.ask('tools.submit', { tool: 'base' }).catch(() => undefined)
    await b.whole.ask('tools.update', { tool: 'base', expectedVersion: 1, text: '"other"' })
    await meet()
    const { approvedVersion } = await get(b, 'base')
    if (approvedVersion === 2) {
      expect(await problemOf(b.whole.ask('tools.submit', { tool: 'base' }))).toMatchObject({ code: 'BASE_OUTDATED' })
    }
    await expectSame()
  })

  it('count votes cast apart together', async () => {
    const { alice = '', bob = '', carol = '' } = await team()
    await a.whole.askAs(alice, 'tools.create', { tool: 'voted', description: 'x', engine: 'jq', text: '1' })
    const { hash } = await a.whole.askAs(alice, 'tools.submit', { tool: 'voted' })
    await meet()
    await a.whole.askAs(bob, 'tools.vote', { tool: 'voted', vote: 'approve', hash })
    expect(await get(b, 'voted')).toMatchObject({ state: 'pending' })
    await a.whole.askAs(carol, 'tools.vote', { tool: 'voted', vote: 'approve', hash })
    expect((await meet()).b).toEqual(['tool.voted voted', 'tool.voted voted', 'tool.approved voted'])
    expect(await meet()).toEqual({ a: [], b: [] })
    await expectSame()
    expect(await b.whole.run('voted')).toMatchObject({ value: 1 })
  })

  it('answer a vote with the version it is on, where two wait under one name', async () => {
    const { alice = '', bob = '', carol = '' } = await team()
    await a.whole.askAs(alice, 'tools.create', { tool: 'both', description: 'x', engine: 'jq', text: '"of a"' })
    const first = await a.whole.askAs(alice, 'tools.submit', { tool: 'both' })
    clock.advance(10)
    const { secret } = await b.whole.ask('keys.create', { label: 'there', user: 'bob' })
    await b.whole.askAs(secret, 'tools.create', { tool: 'both', description: 'x', engine: 'jq', text: '"of b"' })
    await b.whole.askAs(secret, 'tools.submit', { tool: 'both' })
    await meet()
    expect(await get(a, 'both')).toMatchObject({ version: 2, state: 'pending' })
    const vote = { tool: 'both', vote: 'approve', hash: first.hash } as const
    expect(await a.whole.askAs(carol, 'tools.vote', vote)).toMatchObject({ version: 1, votes: [{ user: 'carol' }] })
    expect(await a.whole.askAs(bob, 'tools.vote', vote)).toMatchObject({ version: 1, state: 'approved' })
  })

  it('take an approval back when somebody had rejected elsewhere', async () => {
    const { alice = '', bob = '', carol = '' } = await team()
    await a.whole.askAs(alice, 'tools.create', { tool: 'doubted', description: 'x', engine: 'jq', text: '1' })
    const { hash } = await a.whole.askAs(alice, 'tools.submit', { tool: 'doubted' })
    await meet()
    await a.whole.askAs(bob, 'tools.vote', { tool: 'doubted', vote: 'approve', hash })
    await a.whole.askAs(carol, 'tools.vote', { tool: 'doubted', vote: 'approve', hash })
    clock.advance(10)
    await b.whole.ask('tools.vote', { tool: 'doubted', vote: 'reject', hash, comment: 'Wrong.' })
    const learnt = await meet()
    expect(learnt.a).toEqual(['tool.voted doubted', 'tool.rejected doubted'])
    await expectSame()
    expect(await problemOf(a.whole.run('doubted'))).toMatchObject({ code: 'TOOL_NOT_APPROVED' })
    expect(await get(b, 'doubted')).toMatchObject({ state: 'rejected', approvedVersion: null })
  })

  it('tell that a tool does not answer any more, and waits again, when an earlier reject arrives', async () => {
    const { alice = '', bob = '', carol = '' } = await team()
    await a.whole.askAs(alice, 'tools.create', { tool: 'too_soon', description: 'x', engine: 'jq', text: '1' })
    const { hash } = await a.whole.askAs(alice, 'tools.submit', { tool: 'too_soon' })
    await a.whole.askAs(bob, 'tools.vote', { tool: 'too_soon', vote: 'approve', hash })
    await meet()
    await a.whole.askAs(carol, 'tools.vote', { tool: 'too_soon', vote: 'reject', hash, comment: 'Wrong.' })
    clock.advance(10)
    expect(await b.whole.ask('tools.vote', { tool: 'too_soon', vote: 'approve', hash })).toMatchObject({
      state: 'approved',
    })
    const learnt = await meet()
    expect(learnt.b).toEqual(['tool.voted too_soon', 'tool.withdrawn too_soon', 'tool.submitted too_soon'])
    await expectSame()
    expect(await get(b, 'too_soon')).toMatchObject({ state: 'pending', approvedVersion: null })
  })

  it('keep what was disabled disabled, until somebody saves it anew', async () => {
    await a.whole.publish('retired', '1')
    await meet()
    await a.whole.ask('tools.disable', { tool: 'retired' })
    expect((await meet()).b).toEqual(['tool.disabled retired'])
    await expectSame()
    clock.advance(10)
    await b.whole.ask('tools.update', { tool: 'retired', expectedVersion: 1, text: '2' })
    await meet()
    expect(await problemOf(a.whole.ask('tools.restore', { tool: 'retired' }))).toMatchObject({
      message: 'retired is draft, not disabled',
    })
    expect(await get(a, 'retired')).toMatchObject({ state: 'draft', version: 2, approvedVersion: null })
    await expectSame()
  })
})

describe('a tool that one disabled while others approved a new version of it', () => {
  /** Disabled at `a`; saved, put forward and approved by two at `b`, which does not know. */
  async function disabledApart() {
    await a.whole.publish('leaky', '1')
    const { bob = '', carol = '' } = await team()
    await a.whole.ask('tools.disable', { tool: 'leaky', comment: 'It leaks.' })
    clock.advance(10)
    const keyOf = async (user: string) => (await b.whole.ask('keys.create', { label: 'there', user })).secret
    const there = { alice: await keyOf('alice'), bob: await keyOf('bob'), carol: await keyOf('carol') }
    await b.whole.askAs(there.alice, 'tools.update', { tool: 'leaky', expectedVersion: 1, text: '2' })
    const { hash } = await b.whole.askAs(there.alice, 'tools.submit', { tool: 'leaky' })
    const vote = { tool: 'leaky', vote: 'approve', hash } as const
    await b.whole.askAs(there.bob, 'tools.vote', vote)
    expect(await b.whole.askAs(there.carol, 'tools.vote', vote)).toMatchObject({ state: 'approved', version: 2 })
    return { vote, here: { bob, carol }, there }
  }

  it('waits for votes again: theirs could not know', async () => {
    const { vote, here, there } = await disabledApart()
    const learnt = await meet()
    expect(learnt.b).toEqual(['tool.withdrawn leaky', 'tool.submitted leaky'])
    await expectSame()
    expect(await meet()).toEqual({ a: [], b: [] })
    for (const site of [a, b]) {
      expect(await get(site, 'leaky')).toMatchObject({ state: 'pending', approvedVersion: null, votes: [] })
      expect(await problemOf(site.whole.run('leaky'))).toMatchObject({ code: 'TOOL_NOT_APPROVED' })
    }
    expect((await b.whole.ask('tools.history', { tool: 'leaky' })).items[0]).toMatchObject({
      votes: [
        { user: 'bob', lapsed: true },
        { user: 'carol', lapsed: true },
      ],
    })
    expect((await b.whole.askAs(there.bob, 'proposals.list', {})).items).toMatchObject([
      { name: 'leaky', approvals: 0, yourVote: 'wanted' },
    ])
    expect((await b.whole.askAs(there.bob, 'inbox.list')).items[0]).toMatchObject({ subject: 'leaky', todo: 'vote' })
    await b.whole.askAs(there.bob, 'tools.vote', vote)
    await meet()
    expect(await a.whole.askAs(here.carol, 'tools.vote', vote)).toMatchObject({ state: 'approved' })
    await meet()
    await expectSame()
    expect(await a.whole.run('leaky')).toMatchObject({ value: 2 })
  })

  it('answers at once when it was brought back meanwhile', async () => {
    await disabledApart()
    await a.whole.ask('tools.restore', { tool: 'leaky' })
    await meet()
    await expectSame()
    expect(await a.whole.run('leaky')).toMatchObject({ value: 2 })
  })
})

describe('stamps', () => {
  it('sort after everything made or seen before, also with a clock that is set back', async () => {
    const stamps = new Stamps('node', clock)
    const made: string[] = []
    const next = () => a.library.write(transaction => stamps.next(transaction)).then(stamp => made.push(stamp))
    await next()
    await next()
    clock.advance(3_600_000)
    await next()
    clock.advance(-7_200_000)
    await next()
    const ahead = `${(clock.now() + 90 * 86_400_000).toString(36).padStart(9, '0')}-0000-other`
    await a.library.write(transaction => stamps.see(transaction, ahead))
    await next()
    expect(made).toEqual([...made].sort())
    expect((made.at(-1) ?? '') > ahead).toBe(true)
    for (const broken of ['zzzzzzzzz-zzzz-other', 'é-0000-other']) {
      await a.library.write(transaction => stamps.see(transaction, broken))
      await next()
      expect((made.at(-1) ?? '') < broken).toBe(true)
    }
  })
})
