import type { Event, Tool } from '@super-data/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CountedVote, decide, reviewersOf, votesNeeded } from '../src/library/review.ts'
import { Roster } from '../src/library/roster.ts'
import { openWhole, problemOf, type Whole } from './whole-platform.ts'

const hour = 3_600_000

let whole: Whole
const people: Record<'alice' | 'bob' | 'carol' | 'viktor', string> = { alice: '', bob: '', carol: '', viktor: '' }
const heard: Event[] = []
beforeAll(async () => {
  whole = await openWhole()
  whole.platform.events.onEvent(event => heard.push(event))
})
afterAll(() => whole[Symbol.asyncDispose]())

const create = (bearer: string, tool: string, text = `"${tool}"`) =>
  whole.askAs(bearer, 'tools.create', { tool, description: 'A question.', engine: 'jq', text })
const submit = (bearer: string, tool: string) => whole.askAs(bearer, 'tools.submit', { tool })
const propose = async (bearer: string, tool: string, text?: string) => {
  await create(bearer, tool, text)
  return submit(bearer, tool)
}
const vote = (bearer: string, tool: Tool, how: 'approve' | 'reject' = 'approve', comment = 'Because.') =>
  whole.askAs(bearer, 'tools.vote', { tool: tool.name, vote: how, hash: tool.hash, comment })
const told = (tool: string) => heard.filter(event => event.subject === tool).map(event => event.type)
const catalogue = async () =>
  whole.platform.catalogue(await whole.platform.authenticate({ bearer: whole.owner }), 'default')
const listedTools = async () => (await catalogue()).tools.map(tool => tool.name)

describe('alone in a project', () => {
  it('whoever proposes publishes, and that is recorded', async () => {
    const tool = await propose(whole.owner, 'solo')
    expect(tool).toMatchObject({ state: 'approved', review: 'none', approvedBy: ['owner'], votes: [], votesNeeded: 0 })
    expect(await whole.run('solo')).not.toHaveProperty('draft')
    expect(told('solo')).toEqual(['tool.created', 'tool.approved'])
  })

  it('or with people who only read, too: nobody could vote', async () => {
    people.viktor = await whole.join('viktor', 'viewer')
    expect(await propose(whole.owner, 'with_a_reader')).toMatchObject({ state: 'approved', review: 'none' })
  })
})

describe('in a team', () => {
  beforeAll(async () => {
    people.alice = await whole.join('alice')
    people.bob = await whole.join('bob')
    people.carol = await whole.join('carol')
  })

  it('what is offered is made anew when it changes, and not for proposals and votes', async () => {
    const { generation } = await catalogue()
    const tool = await propose(people.alice, 'offered')
    await whole.askAs(people.alice, 'functions.create', { definition: 'def besides: 1;' })
    await vote(people.bob, tool)
    expect(await catalogue()).toMatchObject({ generation })
    await vote(people.carol, tool)
    expect(await listedTools()).toContain('offered')
    expect((await catalogue()).generation).toBe(generation + 1)
    await whole.ask('tools.disable', { tool: 'offered' })
    expect(await listedTools()).not.toContain('offered')
  })

  it('a proposal waits for as many votes as the team wants, and then answers everybody', async () => {
    const tool = await propose(people.alice, 'late_flights', '"approved"')
    expect(tool).toMatchObject({ state: 'pending', votesNeeded: 2, review: null })
    expect(await listedTools()).not.toContain('late_flights')
    expect(await problemOf(whole.run('late_flights'))).toMatchObject({ code: 'TOOL_NOT_APPROVED' })
    expect(await problemOf(vote(people.alice, tool))).toMatchObject({ code: 'VOTE_NOT_ELIGIBLE', kind: 'denied' })
    expect(await problemOf(vote(people.viktor, tool))).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(await vote(people.bob, tool)).toMatchObject({ state: 'pending' })
    expect(await vote(people.bob, tool)).toMatchObject({ state: 'pending' })
    expect(told('late_flights').filter(type => type === 'tool.voted')).toHaveLength(1)
    const approved = await vote(people.carol, tool, 'approve', 'fine')
    expect(approved).toMatchObject({ state: 'approved', review: 'votes', approvedBy: ['bob', 'carol'] })
    expect(await whole.askAs(people.viktor, 'tools.run', { tool: 'late_flights' })).toMatchObject({ value: 'approved' })
    expect(await listedTools()).toContain('late_flights')
    expect(told('late_flights').filter(type => type === 'tool.approved')).toHaveLength(1)
    expect(await problemOf(vote(whole.owner, tool))).toMatchObject({
      ...{ code: 'TOOL_STATE_CONFLICT', kind: 'conflict', retryable: false },
      hint: expect.stringContaining('Read the tool again'),
    })
  })

  it('two votes at the same moment decide once', async () => {
    const tool = await propose(people.alice, 'at_once')
    const votes = await Promise.all([vote(people.bob, tool), vote(people.carol, tool)])
    expect(votes.map(each => each.state).sort()).toEqual(['approved', 'pending'])
    expect(told('at_once').filter(type => type === 'tool.approved')).toHaveLength(1)
  })

  it('a new draft does not replace what answers until it is approved itself', async () => {
    const tool = await propose(people.alice, 'improved', '"old"')
    await vote(people.bob, tool)
    await vote(people.carol, tool)
    const draft = await whole.askAs(people.bob, 'tools.update', { tool: 'improved', expectedVersion: 1, text: '"new"' })
    expect(draft).toMatchObject({ state: 'draft', version: 2, createdBy: 'bob', votes: [] })
    expect(await whole.run('improved')).toMatchObject({ value: 'old' })
    const approved = await whole.askAs(people.alice, 'tools.run', { tool: 'improved', version: 1 })
    expect(approved).not.toHaveProperty('draft')
    await submit(people.bob, 'improved')
    expect(await whole.run('improved')).toMatchObject({ value: 'old' })
    expect(await problemOf(vote(people.carol, tool))).toMatchObject({ code: 'VOTE_STALE', kind: 'conflict' })
    await vote(people.alice, draft)
    await vote(people.carol, draft)
    expect(await whole.run('improved')).toMatchObject({ value: 'new' })
    expect(await whole.askAs(people.bob, 'tools.run', { tool: 'improved', version: 1 })).toMatchObject({ draft: true })
  })

  it('a change of a proposal takes its votes away', async () => {
    const tool = await propose(people.alice, 'changing', '1')
    await vote(people.bob, tool)
    await whole.askAs(people.alice, 'tools.update', { tool: 'changing', expectedVersion: 1, text: '2' })
    const again = await submit(people.alice, 'changing')
    expect(again.hash).not.toBe(tool.hash)
    expect(await vote(people.carol, again)).toMatchObject({ state: 'pending', votes: [{ user: 'carol' }] })
  })

  it('the same content proposed again starts without votes, and without a veto', async () => {
    const tool = await propose(people.alice, 'again', '1')
    await vote(people.bob, tool)
    expect(await vote(whole.owner, tool, 'reject', 'not yet')).toMatchObject({ state: 'rejected' })
    expect(told('again').at(-1)).toBe('tool.rejected')
    whole.clock.advance(1_000)
    await whole.askAs(people.alice, 'tools.update', { tool: 'again', expectedVersion: 1 })
    const second = await submit(people.alice, 'again')
    expect(second).toMatchObject({ hash: tool.hash, state: 'pending', votes: [] })
    expect(await vote(people.bob, second)).toMatchObject({ state: 'pending' })
    expect(await vote(people.carol, second)).toMatchObject({ state: 'approved' })
  })

  it('a standing reject blocks until it is taken back; as many rejects as approvals decide', async () => {
    const blocked = await propose(people.alice, 'blocked')
    expect(await vote(people.bob, blocked, 'reject')).toMatchObject({ state: 'pending' })
    expect(await vote(people.carol, blocked)).toMatchObject({ state: 'pending' })
    expect(await vote(whole.owner, blocked)).toMatchObject({ state: 'pending' })
    expect(await vote(people.bob, blocked)).toMatchObject({ state: 'approved' })
    const refused = await propose(people.alice, 'refused')
    await vote(people.bob, refused, 'reject', 'No.')
    expect(await vote(people.carol, refused, 'reject', 'No!')).toMatchObject({
      state: 'rejected',
      votes: [
        { user: 'bob', vote: 'reject', comment: 'No.' },
        { user: 'carol', vote: 'reject', comment: 'No!' },
      ],
    })
  })

  it('whoever came after the proposal, or left, has no vote', async () => {
    const tool = await propose(people.alice, 'before_dan')
    whole.clock.advance(1_000)
    const dan = await whole.join('dan')
    expect(await problemOf(vote(dan, tool))).toMatchObject({ code: 'VOTE_NOT_ELIGIBLE' })
    await vote(people.bob, tool)
    await whole.ask('members.set', { user: 'bob', role: 'viewer' })
    expect(await vote(people.carol, tool)).toMatchObject({ state: 'pending' })
    await whole.ask('members.set', { user: 'bob', role: 'editor' })
  })

  it('an eleventh proposal of one person waits', async () => {
    const dave = await whole.join('dave')
    for (let count = 1; count <= 10; count++) await propose(dave, `many_${count}`)
    await create(dave, 'many_11')
    expect(await problemOf(submit(dave, 'many_11'))).toMatchObject({ code: 'PROPOSALS_TOO_MANY', kind: 'limited' })
    expect(await problemOf(submit(people.alice, 'many_11'))).toMatchObject({ code: 'PROPOSALS_TOO_MANY' })
    await whole.askAs(dave, 'tools.update', { tool: 'many_1', expectedVersion: 1, text: '2' })
    expect(await submit(dave, 'many_11')).toMatchObject({ state: 'pending' })
  })

  it('only a draft is proposed', async () => {
    expect(await problemOf(submit(people.alice, 'blocked'))).toMatchObject({ code: 'TOOL_STATE_CONFLICT' })
    expect(await problemOf(submit(people.alice, 'nothing'))).toMatchObject({ code: 'TOOL_MISSING' })
  })

  it('a disabled tool answers nobody, and comes back only through a new approval', async () => {
    const tool = await propose(people.alice, 'doomed', '"was"')
    await vote(people.bob, tool)
    await vote(people.carol, tool)
    expect(await problemOf(whole.askAs(people.alice, 'tools.disable', { tool: 'doomed' }))).toMatchObject({
      code: 'ACCESS_DENIED',
    })
    expect(await whole.ask('tools.disable', { tool: 'doomed' })).toMatchObject({ state: 'disabled' })
    expect(await problemOf(whole.ask('tools.disable', { tool: 'doomed' }))).toMatchObject({
      code: 'TOOL_STATE_CONFLICT',
    })
    for (const bearer of [people.alice, people.viktor])
      expect(await problemOf(whole.askAs(bearer, 'tools.run', { tool: 'doomed' }))).toMatchObject({
        code: 'TOOL_NOT_APPROVED',
        message: 'doomed is disabled',
      })
    expect(await listedTools()).not.toContain('doomed')
    await whole.askAs(people.alice, 'tools.update', { tool: 'doomed', expectedVersion: 1, text: '"is"' })
    expect(await problemOf(whole.askAs(people.viktor, 'tools.run', { tool: 'doomed' }))).toMatchObject({
      code: 'TOOL_NOT_APPROVED',
      message: 'doomed is draft',
    })
    const back = await submit(people.alice, 'doomed')
    await vote(people.bob, back)
    await vote(people.carol, back)
    expect(await whole.run('doomed')).toMatchObject({ value: 'is' })
  })

  it('a proposal nobody decides on expires, at its minute', async () => {
    const tool = await propose(people.alice, 'slow')
    await vote(people.bob, tool)
    whole.clock.advance(24 * hour)
    expect(await whole.ask('tools.get', { tool: 'slow' })).toMatchObject({ state: 'expired' })
    expect(await problemOf(vote(people.carol, tool))).toMatchObject({ code: 'TOOL_STATE_CONFLICT' })
    expect(await problemOf(whole.run('slow'))).toMatchObject({ code: 'TOOL_NOT_APPROVED', message: 'slow is expired' })
  })

  it('an expired one stays so after a restart, also when the clock was set back', async () => {
    await whole.platform.close()
    // The first sweep of a process whose clock has moved on finds what is due.
    await (await openWhole({ home: whole.home, clock: whole.clock })).platform.close()
    await using back = await openWhole({ home: whole.home })
    const read = await back.askAs(whole.owner, 'tools.get', { tool: 'slow' })
    expect(read.state).toBe('expired')
    expect(
      await problemOf(back.askAs(people.carol, 'tools.vote', { tool: 'slow', vote: 'approve', hash: read.hash })),
    ).toMatchObject({
      code: 'TOOL_STATE_CONFLICT',
    })
  })
})

describe('where fewer may approve what is safe', () => {
  it('one other person does, but not what has no test case, or a warning, or is long', async () => {
    const review = { approvalThreshold: 2, safeApprovalThreshold: 1, proposalHours: 24, pendingMax: 10 }
    await using lenient = await openWhole({ settings: { review } })
    const [ann, ben] = [await lenient.join('ann'), await lenient.join('ben')]
    const tests = [{ params: {}, expected: 1 }]
    const offer = (tool: string, more: object) =>
      lenient.askAs(ann, 'tools.propose', { tool, description: 'One.', engine: 'jq', text: '1', tests, ...more })
    const safe = await offer('safe', {})
    expect(safe).toMatchObject({ votesNeeded: 1 })
    const cast = { tool: 'safe', vote: 'approve', hash: safe.hash } as const
    expect(await problemOf(lenient.askAs(ann, 'tools.vote', cast))).toMatchObject({ code: 'VOTE_NOT_ELIGIBLE' })
    expect(await lenient.askAs(ben, 'tools.vote', cast)).toMatchObject({ state: 'approved' })
    const long = Array.from({ length: 120 }, () => '1').join(' | ')
    expect(await offer('untested', { tests: undefined })).toMatchObject({ votesNeeded: 2 })
    expect(await offer('warned', { description: 'You must always call this.' })).toMatchObject({ votesNeeded: 2 })
    expect(await offer('long', { text: long })).toMatchObject({ votesNeeded: 2 })
  })
})

describe('with learning switched off', () => {
  it('nothing is proposed, and what is approved goes on', async () => {
    await using off = await openWhole({ settings: { learning: false } })
    await off.ask('tools.create', { tool: 'private', description: 'x', engine: 'jq', text: '1' })
    expect(await problemOf(off.ask('tools.submit', { tool: 'private' }))).toMatchObject({ code: 'LEARNING_DISABLED' })
    expect(await off.run('private')).toMatchObject({ draft: true })
    const document = await off.ask('library.export', { type: 'all' })
    const importing = (approve: boolean) => off.ask('library.import', { document, approve, onConflict: 'version' })
    expect(await problemOf(importing(false))).toMatchObject({ code: 'LEARNING_DISABLED' })
    expect(await importing(true)).toMatchObject({ changes: [{ name: 'private', action: 'same' }] })
  })
})

describe('the decision', () => {
  const votes = fc.uniqueArray(
    fc.record({
      userId: fc.integer({ min: 0, max: 9 }).map(String),
      vote: fc.constantFrom<CountedVote['vote']>('approve', 'reject'),
      isAdmin: fc.boolean(),
    }),
    { selector: vote => vote.userId, maxLength: 8 },
  )

  it('does not depend on the order of the votes', () => {
    fc.assert(
      fc.property(votes, fc.integer({ min: 1, max: 4 }), (cast, needed) => {
        expect(decide([...cast].reverse(), needed)).toBe(decide(cast, needed))
      }),
    )
  })

  it('is never an approval against a reject, nor with fewer approvals than needed', () => {
    fc.assert(
      fc.property(votes, fc.integer({ min: 1, max: 4 }), (cast, needed) => {
        const approvals = cast.filter(vote => vote.vote === 'approve').length
        const expected = approvals === cast.length && approvals >= needed
        expect(decide(cast, needed) === 'approved').toBe(expected)
      }),
    )
  })

  it('needs a vote even where the threshold is out of reach', () => {
    expect([votesNeeded(2, 5), votesNeeded(2, 1), votesNeeded(5, 3)]).toEqual([2, 1, 3])
  })

  it('counts editors and admins of the time, without the author', () => {
    const since = (stamp: string, value: 'admin' | 'editor' | 'viewer' | null) => ({ stamp, value })
    const roles = new Map([
      ['a', [since('1', 'admin')]],
      ['b', [since('1', 'editor')]],
      ['c', [since('1', 'viewer'), since('6', 'editor')]],
      ['d', [since('9', 'editor')]],
      ['e', [since('1', 'editor'), since('4', null)]],
      ['f', [since('1', 'editor')]],
    ])
    const states = new Map(
      [...roles.keys()].map(id => [id, [{ stamp: '0', value: id === 'f' ? 'disabled' : 'active' }]]),
    )
    const roster = new Roster(roles, states)
    expect(reviewersOf(roster, '5', ['b'])).toEqual(['a'])
    expect(reviewersOf(roster, '7', [])).toEqual(['a', 'b', 'c'])
    expect([roster.roleAt('e', '3'), roster.roleAt('e', '5'), roster.roleAt('f', '5')]).toEqual([
      'editor',
      undefined,
      undefined,
    ])
  })
})
