import type { Event, ReviewedFunction } from '@super-data/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWhole, problemOf, type Whole } from './whole-platform.ts'

let whole: Whole
const people: Record<'alice' | 'bob' | 'carol' | 'viktor', string> = { alice: '', bob: '', carol: '', viktor: '' }
const heard: Event[] = []
beforeAll(async () => {
  whole = await openWhole()
  whole.platform.events.onEvent(event => heard.push(event))
  people.alice = await whole.join('alice')
  people.bob = await whole.join('bob')
  people.carol = await whole.join('carol')
  people.viktor = await whole.join('viktor', 'viewer')
})
afterAll(() => whole[Symbol.asyncDispose]())

const draft = (bearer: string, definition: string) => whole.askAs(bearer, 'functions.create', { definition })
const submit = (bearer: string, reference: string) => whole.askAs(bearer, 'functions.submit', { function: reference })
const vote = (bearer: string, { name, arity, hash }: ReviewedFunction, how: 'approve' | 'reject' = 'approve') =>
  whole.askAs(bearer, 'functions.vote', { function: `${name}/${arity}`, vote: how, hash, comment: 'Because.' })
const approve = async (author: string, definition: string) => {
  const { name, arity } = await draft(author, definition)
  const pending = await submit(author, `${name}/${arity}`)
  const others = [people.alice, people.bob, people.carol].filter(each => each !== author)
  await vote(others[0] ?? '', pending)
  return vote(others[1] ?? '', pending)
}
const told = (subject: string) => heard.filter(event => event.subject === subject).map(event => event.type)
const asked = async (bearer: string, text: string) =>
  (await whole.askAs(bearer, 'queries.ask', { engine: 'jq', text })).value

describe('a shared function', () => {
  it('waits for votes like a tool does', async () => {
    expect(await draft(people.alice, 'def net: . * 0.8;')).toMatchObject({ state: 'draft', approvedVersion: null })
    const pending = await submit(people.alice, 'net')
    expect(pending).toMatchObject({ state: 'pending', votesNeeded: 2, submittedBy: 'alice', checks: { warnings: [] } })
    expect(await problemOf(vote(people.alice, pending))).toMatchObject({ code: 'VOTE_NOT_ELIGIBLE' })
    expect(await vote(people.bob, pending)).toMatchObject({ state: 'pending' })
    const approved = await vote(people.carol, pending)
    expect(approved).toMatchObject({ state: 'approved', approvedVersion: 1, approvedBy: ['bob', 'carol'] })
    expect(told('net/0')).toEqual([
      'function.created',
      'function.submitted',
      'function.voted',
      'function.voted',
      'function.approved',
    ])
  })

  it('answers in its approved version, and to its author in the draft', async () => {
    await approve(people.alice, 'def level: 1;')
    await draft(people.bob, 'def level: 2;')
    expect(await asked(people.alice, 'level')).toBe(1)
    expect(await asked(people.bob, 'level')).toBe(2)
    await submit(people.bob, 'level')
    expect(await asked(people.carol, 'level')).toBe(1)
  })

  it('that was turned down leaves the approved one in use', async () => {
    await approve(people.alice, 'def kept: "first";')
    await draft(people.alice, 'def kept: "second";')
    const pending = await submit(people.alice, 'kept')
    expect(await vote(whole.owner, pending, 'reject')).toMatchObject({ state: 'rejected', approvedVersion: 1 })
    expect(await asked(people.alice, 'kept')).toBe('first')
  })

  it('is not part of what a team approves unless it is approved itself', async () => {
    await draft(people.alice, 'def unseen: 1;')
    const parts = { tool: 'with_unseen', description: 'x', engine: 'jq', text: 'unseen' } as const
    expect(await whole.askAs(people.alice, 'tools.create', parts)).toMatchObject({
      functions: [{ name: 'unseen', version: 1 }],
    })
    const submitting = whole.askAs(people.alice, 'tools.submit', { tool: 'with_unseen' })
    expect(await problemOf(submitting)).toMatchObject({
      code: 'FUNCTION_NOT_APPROVED',
      kind: 'conflict',
      details: { functions: ['unseen/0'] },
    })
    await draft(people.alice, 'def upon_unseen: unseen;')
    expect(await problemOf(submit(people.alice, 'upon_unseen'))).toMatchObject({ code: 'FUNCTION_NOT_APPROVED' })
  })

  it('is withdrawn by its author or an admin alone', async () => {
    await draft(people.alice, 'def hasty: 1;')
    const pending = await submit(people.alice, 'hasty')
    await vote(people.bob, pending)
    const withdraw = (bearer: string) => whole.askAs(bearer, 'functions.withdraw', { function: 'hasty' })
    expect(await problemOf(withdraw(people.bob))).toMatchObject({ code: 'PROPOSAL_NOT_YOURS' })
    expect(await withdraw(people.alice)).toMatchObject({ state: 'draft', votes: [] })
    expect(await problemOf(withdraw(people.alice))).toMatchObject({ code: 'TOOL_STATE_CONFLICT' })
    const again = await submit(people.alice, 'hasty')
    expect(again).toMatchObject({ state: 'pending', votes: [] })
    expect(await vote(people.carol, again)).toMatchObject({ state: 'pending' })
    expect(await whole.askAs(whole.owner, 'functions.withdraw', { function: 'hasty' })).toMatchObject({
      state: 'draft',
    })
  })
})

describe('a newer version of a function', () => {
  it('changes no approved tool until that is approved with it', async () => {
    await approve(people.alice, 'def fee: 10;')
    const parts = { tool: 'fees', description: 'What it costs.', engine: 'jq', text: 'fee * 2' } as const
    await whole.askAs(people.alice, 'tools.create', parts)
    const proposed = await whole.askAs(people.alice, 'tools.submit', { tool: 'fees' })
    const voteOn = (bearer: string, hash: string) =>
      whole.askAs(bearer, 'tools.vote', { tool: 'fees', vote: 'approve', hash })
    await voteOn(people.bob, proposed.hash)
    await voteOn(people.carol, proposed.hash)
    await approve(people.bob, 'def fee: 12;')
    expect(await whole.run('fees')).toMatchObject({ value: 20 })
    const impact = await whole.ask('functions.impact', { function: 'fee' })
    expect(impact).toMatchObject({
      version: 2,
      users: [
        {
          kind: 'tool',
          name: 'fees',
          answers: true,
          pinned: 1,
          current: false,
          text: '- def fee: 10;\n+ def fee: 12;',
        },
      ],
    })
    const upgraded = await whole.askAs(people.alice, 'tools.upgrade', { tool: 'fees', expectedVersion: 1 })
    expect(upgraded).toMatchObject({ state: 'draft', version: 2, functions: [{ name: 'fee', version: 2 }] })
    expect(await whole.ask('tools.diff', { tool: 'fees' })).toMatchObject({
      ...{ from: 1, to: 2, changes: [], text: '' },
      functions: [{ name: 'fee', arity: 0, from: 1, to: 2, text: '- def fee: 10;\n+ def fee: 12;' }],
    })
    expect(await whole.run('fees')).toMatchObject({ value: 20 })
    const again = whole.askAs(people.alice, 'tools.upgrade', { tool: 'fees', expectedVersion: 2 })
    expect(await problemOf(again)).toMatchObject({
      ...{ code: 'TOOL_INVALID', message: 'nothing would change' },
      hint: expect.stringContaining('still uses an older function'),
    })
    const back = whole.askAs(people.alice, 'tools.rollback', { tool: 'fees', version: 2 })
    expect(await problemOf(back)).toMatchObject({ hint: 'Version 2 has that content; name another one.' })
  })

  it('is taken back by a new one with the earlier content', async () => {
    await approve(people.alice, 'def rate: 1;')
    await approve(people.alice, 'def rate: 2;')
    const back = (version: number, expectedVersion?: number) =>
      whole.askAs(people.bob, 'functions.rollback', {
        function: 'rate',
        version,
        ...(expectedVersion === undefined ? {} : { expectedVersion }),
      })
    expect(await problemOf(back(1, 1))).toMatchObject({ code: 'VERSION_CONFLICT', details: { currentVersion: 2 } })
    expect(await problemOf(back(2))).toMatchObject({ code: 'FUNCTION_INVALID', message: 'nothing would change' })
    expect(await back(1, 2)).toMatchObject({
      version: 3,
      state: 'draft',
      definition: 'def rate: 1;',
      approvedVersion: 2,
    })
    const { items } = await whole.ask('functions.history', { function: 'rate' })
    expect(items.map(each => [each.version, each.state, each.answers, each.follows, each.createdBy])).toEqual([
      [3, 'draft', false, 2, 'bob'],
      [2, 'approved', true, 1, 'alice'],
      [1, 'approved', false, null, 'alice'],
    ])
    expect(items[1]?.votes.map(each => [each.user, each.vote])).toEqual([
      ['bob', 'approve'],
      ['carol', 'approve'],
    ])
    expect(items[0]?.hash).toBe(items[2]?.hash)
  })
})

describe('disabling', () => {
  it('is refused while something depends on it, but not to an admin who insists', async () => {
    await approve(people.alice, 'def lower: 1;')
    await approve(people.alice, 'def upper: lower + 1;')
    const disable = (bearer: string, force = false) =>
      whole.askAs(bearer, 'functions.disable', { function: 'lower', force })
    expect(await problemOf(disable(people.alice))).toMatchObject({
      code: 'FUNCTION_IN_USE',
      details: { users: ['upper/0'] },
    })
    expect(await problemOf(disable(people.alice, true))).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(await disable(whole.owner, true)).toMatchObject({ state: 'disabled', active: false, approvedVersion: null })
    expect(await asked(people.alice, 'upper')).toBe(2)
    expect(await problemOf(asked(people.alice, 'lower'))).toMatchObject({ code: 'FUNCTION_UNKNOWN' })
    expect(await problemOf(disable(whole.owner, true))).toMatchObject({ code: 'TOOL_STATE_CONFLICT' })
    expect(await whole.ask('functions.restore', { function: 'lower' })).toMatchObject({
      state: 'approved',
      approvedVersion: 1,
    })
    expect(await asked(people.alice, 'lower')).toBe(1)
    expect(told('lower/0').slice(-2)).toEqual(['function.disabled', 'function.restored'])
  })
})
