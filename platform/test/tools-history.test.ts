import type { Tool } from '@super-data/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWhole, problemOf, type Whole } from './whole-platform.ts'

let whole: Whole
const people: Record<'alice' | 'bob' | 'carol', string> = { alice: '', bob: '', carol: '' }
beforeAll(async () => {
  whole = await openWhole()
  people.alice = await whole.join('alice')
  people.bob = await whole.join('bob')
  people.carol = await whole.join('carol')
})
afterAll(() => whole[Symbol.asyncDispose]())

const create = (bearer: string, tool: string, text = '1') =>
  whole.askAs(bearer, 'tools.create', { tool, description: 'A question.', engine: 'jq', text })
const update = (bearer: string, tool: string, expectedVersion: number, text: string) =>
  whole.askAs(bearer, 'tools.update', { tool, expectedVersion, text })
const submit = (bearer: string, tool: string) => whole.askAs(bearer, 'tools.submit', { tool })
const vote = (bearer: string, { name, hash }: Tool, how: 'approve' | 'reject' = 'approve', comment = 'Because.') =>
  whole.askAs(bearer, 'tools.vote', { tool: name, vote: how, hash, comment })
const approve = async (author: string, tool: string) => {
  const pending = await submit(author, tool)
  const others = [people.alice, people.bob, people.carol].filter(each => each !== author)
  await vote(others[0] ?? '', pending)
  return vote(others[1] ?? '', pending)
}

describe('the history of a tool', () => {
  it('has every version with its author, its votes and what it was made from', async () => {
    await create(people.alice, 'told', '"a"')
    await approve(people.alice, 'told')
    await update(people.bob, 'told', 1, '"b"')
    const pending = await submit(people.bob, 'told')
    await vote(people.alice, pending, 'reject', 'Not yet.')
    await vote(people.alice, pending)
    await vote(people.carol, pending, 'reject', 'No.')
    const { items, cursor } = await whole.ask('tools.history', { tool: 'told' })
    expect(cursor).toBeNull()
    expect(items.map(each => [each.version, each.state, each.answers, each.follows, each.createdBy])).toEqual([
      [2, 'pending', false, 1, 'bob'],
      [1, 'approved', true, null, 'alice'],
    ])
    expect(items[0]?.votes.map(each => [each.user, each.vote, each.comment])).toEqual([
      ['alice', 'reject', 'Not yet.'],
      ['alice', 'approve', 'Because.'],
      ['carol', 'reject', 'No.'],
    ])
    const first = await whole.ask('tools.history', { tool: 'told', limit: 1 })
    const rest = await whole.ask('tools.history', { tool: 'told', cursor: first.cursor ?? '' })
    expect([...first.items, ...rest.items]).toEqual(items)
    expect(await whole.ask('tools.get', { tool: 'told', version: 1 })).toMatchObject({ version: 1, state: 'approved' })
  })

  it('keeps what was put before the team and withdrawn, by hand or by a newer version, with its votes', async () => {
    await create(people.alice, 'taken_back', '"v1"')
    const ask = { tool: 'taken_back', justification: 'For reports.' }
    await vote(people.bob, await whole.askAs(people.alice, 'tools.submit', ask), 'reject', 'Too short.')
    await whole.askAs(people.alice, 'tools.withdraw', { tool: 'taken_back' })
    await vote(people.carol, await submit(people.alice, 'taken_back'))
    await update(people.bob, 'taken_back', 1, '"v2"')
    const { items } = await whole.ask('tools.history', { tool: 'taken_back' })
    expect(items.map(each => [each.version, each.state, each.votes.length, each.earlier.length])).toEqual([
      [2, 'draft', 0, 0],
      [1, 'draft', 0, 2],
    ])
    const [first, second] = items[1]?.earlier ?? []
    expect(first).toMatchObject({ submittedBy: 'alice', justification: 'For reports.', withdrawnBy: 'alice' })
    expect(first?.votes).toMatchObject([{ user: 'bob', vote: 'reject', comment: 'Too short.' }])
    expect(second).toMatchObject({ submittedBy: 'alice', withdrawnBy: 'bob' })
    expect(second?.votes).toMatchObject([{ user: 'carol', vote: 'approve' }])
  })

  it('says what two versions have different, line by line', async () => {
    await create(people.alice, 'longer', '[1, 2]\n| map(. + 1)\n| add')
    await update(people.alice, 'longer', 1, '[1, 2]\n| map(. + 2)\n| add')
    await whole.askAs(people.alice, 'tools.update', { tool: 'longer', expectedVersion: 2, description: 'Another.' })
    expect(await whole.ask('tools.diff', { tool: 'longer', from: 1 })).toEqual({
      from: 1,
      to: 3,
      changes: [{ path: '/description', from: 'A question.', to: 'Another.' }],
      text: '  [1, 2]\n- | map(. + 1)\n+ | map(. + 2)\n  | add',
      functions: [],
    })
    expect(await whole.ask('tools.diff', { tool: 'longer' })).toMatchObject({ from: 2, to: 3, text: '' })
    expect(await problemOf(whole.ask('tools.diff', { tool: 'longer', to: 9 }))).toMatchObject({ code: 'TOOL_MISSING' })
  })

  it('shows reviewers what became of the version they voted on, besides what answers', async () => {
    await create(people.alice, 'voted_on', '"v1"')
    await approve(people.alice, 'voted_on')
    await update(people.alice, 'voted_on', 1, '"v2"')
    await vote(people.bob, await submit(people.alice, 'voted_on'), 'reject', 'Not v2.')
    await update(people.alice, 'voted_on', 2, '"v3"')
    const pending = await submit(people.alice, 'voted_on')
    expect(pending).toMatchObject({ version: 3, votes: [] })
    const shown = (bearer: string, more = {}) => whole.askAs(bearer, 'tools.diff', { tool: 'voted_on', ...more })
    expect(await shown(people.bob)).toMatchObject({
      ...{ from: 1, to: 3, text: '- "v1"\n+ "v3"' },
      sinceYourVote: { from: 2, to: 3, text: '- "v2"\n+ "v3"' },
    })
    for (const [bearer, more] of [
      [people.carol, {}],
      [people.alice, {}],
      [people.bob, { from: 1 }],
    ] as const)
      expect(await shown(bearer, more)).not.toHaveProperty('sinceYourVote')
  })

  it('is gone back in by a new version, which is reviewed like any other', async () => {
    await create(people.alice, 'back', '"good"')
    await approve(people.alice, 'back')
    await update(people.alice, 'back', 1, '"bad"')
    await approve(people.alice, 'back')
    expect(await whole.run('back')).toMatchObject({ value: 'bad' })
    const rolledBack = await whole.askAs(people.bob, 'tools.rollback', { tool: 'back', version: 1, expectedVersion: 2 })
    expect(rolledBack).toMatchObject({ version: 3, state: 'draft', createdBy: 'bob', definition: { text: '"good"' } })
    expect(await whole.run('back')).toMatchObject({ value: 'bad' })
    await approve(people.bob, 'back')
    expect(await whole.run('back')).toMatchObject({ value: 'good' })
    const stale = whole.askAs(people.bob, 'tools.rollback', { tool: 'back', version: 2, expectedVersion: 1 })
    expect(await problemOf(stale)).toMatchObject({ code: 'VERSION_CONFLICT', details: { currentVersion: 3 } })
  })

  it('stays in the list of what is approved while its next version waits, as it answers', async () => {
    await create(people.alice, 'in_use', '"v1"')
    await approve(people.alice, 'in_use')
    const parameters = { type: 'object', properties: { n: { type: 'integer' } } }
    await whole.askAs(people.alice, 'tools.update', { tool: 'in_use', expectedVersion: 1, parameters })
    await submit(people.alice, 'in_use')
    await create(people.alice, 'in_use_not', '"never approved"')
    const list = async (more = {}) =>
      (await whole.ask('tools.list', { search: 'in_use', ...more })).items.map(each => [
        ...[
          each.name,
          each.state,
          each.version,
          each.approvedVersion,
          Object.keys(each.parameters['properties'] ?? {}),
        ],
      ])
    expect(await list({ state: 'approved' })).toEqual([['in_use', 'approved', 1, 1, []]])
    expect(await list()).toEqual([
      ['in_use', 'pending', 2, 1, ['n']],
      ['in_use_not', 'draft', 1, null, []],
    ])
    expect(await list({ state: 'pending' })).toEqual([['in_use', 'pending', 2, 1, ['n']]])
    await whole.ask('tools.disable', { tool: 'in_use' })
    expect(await list({ state: 'approved' })).toEqual([])
  })

  it('goes on after it was disabled and restored', async () => {
    await create(people.alice, 'resting', '"here"')
    await approve(people.alice, 'resting')
    await whole.ask('tools.disable', { tool: 'resting', comment: 'For now.' })
    expect(await problemOf(whole.run('resting'))).toMatchObject({ code: 'TOOL_NOT_APPROVED' })
    expect(await problemOf(whole.askAs(people.alice, 'tools.restore', { tool: 'resting' }))).toMatchObject({
      code: 'ACCESS_DENIED',
    })
    expect(await whole.ask('tools.restore', { tool: 'resting' })).toMatchObject({ state: 'approved' })
    expect(await whole.run('resting')).toMatchObject({ value: 'here' })
    expect(await problemOf(whole.ask('tools.restore', { tool: 'resting' }))).toMatchObject({
      code: 'TOOL_STATE_CONFLICT',
    })
  })
})

describe('who votes', () => {
  it('is nobody who wrote a part of it, nor who put it forward', async () => {
    await create(people.alice, 'together', '"a"')
    await update(people.bob, 'together', 1, '"ab"')
    const pending = await submit(people.carol, 'together')
    for (const bearer of [people.alice, people.bob, people.carol])
      expect(await problemOf(vote(bearer, pending))).toMatchObject({ code: 'VOTE_NOT_ELIGIBLE' })
    expect(pending).toMatchObject({ votesNeeded: 1, submittedBy: 'carol', createdBy: 'bob' })
    expect(await vote(whole.owner, pending)).toMatchObject({ state: 'approved' })
  })

  it('includes co-authors only of what was not approved before', async () => {
    await create(people.alice, 'in_turn', '"a"')
    await approve(people.alice, 'in_turn')
    await update(people.bob, 'in_turn', 1, '"ab"')
    const pending = await submit(people.bob, 'in_turn')
    expect(await vote(people.alice, pending)).toMatchObject({ votes: [{ user: 'alice' }] })
  })

  it('and whoever rejects says why', async () => {
    await create(people.alice, 'why', '"a"')
    const pending = await submit(people.alice, 'why')
    expect(await problemOf(vote(people.bob, pending, 'reject', ' '))).toMatchObject({ code: 'VOTE_COMMENT_MISSING' })
  })

  it('can be an admin alone where that is enough, with a word on it', async () => {
    await create(people.alice, 'by_admin', '"a"')
    const pending = await submit(people.alice, 'by_admin')
    const approving = (bearer: string, confirm: unknown) =>
      whole.askAs(bearer, 'tools.approve', { tool: 'by_admin', hash: pending.hash, confirm } as never)
    expect(await problemOf(approving(people.bob, true))).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(await problemOf(approving(whole.owner, false))).toMatchObject({ code: 'INPUT_INVALID' })
    expect(await approving(whole.owner, true)).toMatchObject({ state: 'pending', votes: [{ user: 'owner' }] })
    expect(await vote(people.bob, pending)).toMatchObject({ state: 'approved', approvedBy: ['owner', 'bob'] })
  })
})

describe('a proposal in one step', () => {
  const parts = { description: 'A question.', engine: 'jq', text: '"x"' } as const

  it('is saved and submitted, or nothing at all', async () => {
    const proposed = await whole.askAs(people.alice, 'tools.propose', {
      ...parts,
      tool: 'proposed',
      justification: 'We ask it daily.',
    })
    expect(proposed).toMatchObject({ state: 'pending', version: 1, justification: 'We ask it daily.' })
    const failing = { ...parts, tool: 'half', tests: [{ name: 'one', params: {}, expected: 'y' }] }
    expect(await problemOf(whole.askAs(people.alice, 'tools.propose', failing))).toMatchObject({
      code: 'TOOL_TEST_FAILED',
      details: { failed: [{ name: 'one', passed: false, expected: 'y', got: 'x' }] },
    })
    expect(await problemOf(whole.ask('tools.get', { tool: 'half' }))).toMatchObject({ code: 'TOOL_MISSING' })
    const again = whole.askAs(people.alice, 'tools.propose', { ...parts, tool: 'proposed' })
    expect(await problemOf(again)).toMatchObject({ code: 'TOOL_EXISTS' })
    const next = { ...parts, text: '"z"', tool: 'proposed', expectedVersion: 1 }
    expect(await whole.askAs(people.alice, 'tools.propose', next)).toMatchObject({ state: 'pending', version: 2 })
  })

  it('is withdrawn by its author', async () => {
    await whole.askAs(people.alice, 'tools.propose', { ...parts, tool: 'regretted' })
    expect(await problemOf(whole.askAs(people.bob, 'tools.withdraw', { tool: 'regretted' }))).toMatchObject({
      code: 'PROPOSAL_NOT_YOURS',
    })
    expect(await whole.askAs(people.alice, 'tools.withdraw', { tool: 'regretted' })).toMatchObject({ state: 'draft' })
  })
})

it('shows who did what in the last days', async () => {
  const { people: active, items } = await whole.ask('activity.list', { days: 1 })
  expect(active.map(person => person.user).sort()).toEqual(['alice', 'bob', 'carol', 'owner'])
  expect(items[0]).toMatchObject({ user: 'alice', did: 'withdrawn', kind: 'tool', subject: 'regretted', version: 1 })
  const told = items.filter(item => item.subject === 'told' && item.version === 2).map(item => [item.user, item.did])
  expect(told.reverse()).toEqual([
    ['bob', 'created'],
    ['bob', 'submitted'],
    ['alice', 'reject'],
    ['alice', 'approve'],
    ['carol', 'reject'],
  ])
  whole.clock.advance(3 * 86_400_000)
  expect(await whole.ask('activity.list', { days: 1 })).toMatchObject({ people: [], items: [] })
})
