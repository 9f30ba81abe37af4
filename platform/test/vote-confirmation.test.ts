import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event, Tool } from '@super-data/contract'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openWhole, problemOf, type Whole } from './whole-platform.ts'

let whole: Whole
let alice: string
let bob: string
const told: Event[] = []
beforeAll(async () => {
  const review = { approvalThreshold: 1, proposalHours: 24, pendingMax: 10, voteConfirmation: 'code' } as const
  whole = await openWhole({ settings: { review } })
  alice = await whole.join('alice')
  bob = await whole.join('bob')
  whole.platform.events.onEvent(event => told.push(event))
})
afterAll(() => whole[Symbol.asyncDispose]())

const propose = (tool: string) =>
  whole.askAs(alice, 'tools.propose', { tool, description: 'A question.', engine: 'jq', text: '1' })
const vote = ({ name, hash }: Tool, how: 'approve' | 'reject' = 'approve') =>
  whole.askAs(bob, 'tools.vote', { tool: name, vote: how, hash, comment: 'Because.' }, { door: 'mcp' })
const codes = async (bearer: string) => (await whole.askAs(bearer, 'votes.unconfirmed')).items

it('a vote that an agent casts counts once its person confirms it elsewhere', async () => {
  const proposed = await propose('by_agent')
  const voted = await vote(proposed)
  expect(voted).toMatchObject({ state: 'pending', votes: [{ user: 'bob', confirmed: false }], approvedBy: [] })
  expect(await problemOf(whole.run('by_agent'))).toMatchObject({ code: 'TOOL_NOT_APPROVED' })
  const [waiting] = await codes(bob)
  expect(waiting).toMatchObject({ subject: 'by_agent', kind: 'tool', vote: 'approve', hash: proposed.hash })
  expect(await codes(alice)).toEqual([])
  expect(await codes(bob)).toEqual([waiting])
  const code = waiting?.code ?? ''
  expect(await problemOf(whole.askAs(alice, 'votes.confirm', { code }))).toMatchObject({ code: 'VOTE_CODE_WRONG' })
  expect(await whole.askAs(bob, 'votes.confirm', { code })).toMatchObject({ subject: 'by_agent', state: 'approved' })
  expect(await whole.run('by_agent')).toMatchObject({ value: 1 })
  expect(await problemOf(whole.askAs(bob, 'votes.confirm', { code }))).toMatchObject({ code: 'VOTE_CODE_WRONG' })
  expect(await codes(bob)).toEqual([])
})

it('no agent reads or gives the code', async () => {
  await vote(await propose('guarded'))
  const asAgent = { door: 'mcp' } as const
  expect(await problemOf(whole.askAs(bob, 'votes.unconfirmed', {}, asAgent))).toMatchObject({
    code: 'VOTE_CODE_ELSEWHERE',
  })
  const [waiting] = await codes(bob)
  const confirming = whole.askAs(bob, 'votes.confirm', { code: waiting?.code ?? '' }, asAgent)
  expect(await problemOf(confirming)).toMatchObject({ code: 'VOTE_CODE_ELSEWHERE', kind: 'denied' })
})

it('is told of when it counts, and once', async () => {
  const votes = () => told.filter(event => event.type === 'tool.voted' && event.subject === 'told_late')
  await vote(await propose('told_late'))
  const [waiting] = (await codes(bob)).filter(each => each.subject === 'told_late')
  expect(votes()).toEqual([])
  await whole.askAs(bob, 'votes.confirm', { code: waiting?.code ?? '' })
  expect(votes()).toMatchObject([{ by: 'bob', key: expect.stringMatching(/^fact_/) }])
})

it('is not told of again after an upgrade from before that was noted', async () => {
  const home = await mkdtemp(join(tmpdir(), 'super-data-upgrade-'))
  onTestFinished(() => rm(home, { recursive: true }))
  const before = await openWhole({ home })
  const voter = await before.join('voter')
  await before.join('another')
  const { hash } = await before.ask('tools.propose', { tool: 'old', description: 'x', engine: 'jq', text: '1' })
  await before.askAs(voter, 'tools.vote', { tool: 'old', vote: 'approve', hash })
  await before[Symbol.asyncDispose]()
  for (const column of ['counted', 'disabling_known']) before.tamper(`alter table votes drop column ${column}`)
  before.tamper(`delete from _migrations where name >= '0006-counted-votes'`)
  await using after = await openWhole({ home, owner: before.owner })
  const heard: string[] = []
  after.platform.events.onEvent(event => heard.push(event.type))
  await after.ask('tools.withdraw', { tool: 'old' })
  expect(heard).toEqual(['tool.withdrawn'])
})

it('of two votes on one version only the latest can be confirmed', async () => {
  const proposed = await propose('second_thought')
  await vote(proposed)
  await vote(proposed, 'reject')
  const waiting = (await codes(bob)).filter(each => each.subject === 'second_thought')
  expect(waiting.map(each => each.vote)).toEqual(['reject'])
  expect(await whole.askAs(bob, 'votes.confirm', { code: waiting[0]?.code ?? '' })).toMatchObject({ state: 'rejected' })
})

it('a vote that a person casts counts at once, and one that comes too late never', async () => {
  const proposed = await propose('by_hand')
  const { name: tool, hash } = proposed
  expect(await whole.askAs(bob, 'tools.vote', { tool, vote: 'approve', hash })).toMatchObject({ state: 'approved' })
  await vote(await propose('too_slow'))
  const [waiting] = (await codes(bob)).filter(each => each.subject === 'too_slow')
  whole.clock.advance(25 * 3_600_000)
  const confirming = whole.askAs(bob, 'votes.confirm', { code: waiting?.code ?? '' })
  expect(await problemOf(confirming)).toMatchObject({ code: 'VOTE_CODE_WRONG' })
  expect(await whole.ask('tools.get', { tool: 'too_slow' })).toMatchObject({ state: 'expired' })
})
