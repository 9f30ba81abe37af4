import { afterAll, beforeAll, expect, it } from 'vitest'
import { openWhole, type Whole } from './whole-platform.ts'

let whole: Whole
const keys: Record<'alice' | 'bob' | 'carol' | 'viktor' | 'late', string> = {
  ...{ alice: '', bob: '', carol: '', viktor: '', late: '' },
}
beforeAll(async () => {
  const review = { approvalThreshold: 2, proposalHours: 24, pendingMax: 10, voteConfirmation: 'code' } as const
  whole = await openWhole({ settings: { review } })
  for (const name of ['alice', 'bob', 'carol'] as const) keys[name] = await whole.join(name)
  keys.viktor = await whole.join('viktor', 'viewer')
  const { alice, bob } = keys
  await whole.askAs(alice, 'functions.create', { definition: 'def twice: . * 2;', description: 'Doubles.' })
  await whole.askAs(alice, 'functions.submit', { function: 'twice' })
  await whole.askAs(alice, 'tools.create', { tool: 'shared', description: 'A question.', engine: 'jq', text: '1' })
  await whole.askAs(bob, 'tools.update', { tool: 'shared', expectedVersion: 1, text: '2' })
  await whole.askAs(bob, 'tools.submit', { tool: 'shared' })
  keys.late = await whole.join('late')
})
afterAll(() => whole[Symbol.asyncDispose]())

const seenBy = async (name: keyof typeof keys) => {
  const { items } = await whole.askAs(keys[name], 'proposals.list')
  return Object.fromEntries(items.map(item => [item.name, item.yourVote]))
}

it('what waits says to everybody whether their vote is wanted', async () => {
  expect(await seenBy('carol')).toEqual({ 'twice/0': 'wanted', shared: 'wanted' })
  // Bob made his version from Alice's, which nobody has approved.
  expect(await seenBy('bob')).toEqual({ 'twice/0': 'wanted', shared: 'own' })
  expect(await seenBy('alice')).toEqual({ 'twice/0': 'own', shared: 'own' })
  expect(await seenBy('viktor')).toEqual({ 'twice/0': 'none', shared: 'none' })
  expect(await seenBy('late')).toEqual({ 'twice/0': 'none', shared: 'none' })
})

it('what it says is what a vote comes to', async () => {
  const { items } = await whole.askAs(keys.carol, 'proposals.list')
  expect(items).toMatchObject([
    { kind: 'function', name: 'twice/0', version: 1, description: 'Doubles.', createdBy: 'alice', votesNeeded: 2 },
    { kind: 'tool', name: 'shared', version: 2, description: 'A question.', createdBy: 'bob', approvals: 0 },
  ])
  const hash = items[1]?.hash ?? ''
  for (const name of ['alice', 'bob', 'late', 'viktor'] as const)
    await expect(
      whole.askAs(keys[name], 'tools.vote', { tool: 'shared', vote: 'approve', hash }),
    ).rejects.toMatchObject({
      kind: 'denied',
    })
  await whole.askAs(keys.carol, 'tools.vote', { tool: 'shared', vote: 'approve', hash }, { door: 'mcp' })
  expect(await seenBy('carol')).toMatchObject({ shared: 'unconfirmed' })
  await whole.askAs(keys.carol, 'tools.vote', { tool: 'shared', vote: 'approve', hash })
  expect(await seenBy('carol')).toMatchObject({ shared: 'cast' })
  expect((await whole.ask('proposals.list')).items[1]).toMatchObject({ approvals: 1, yourVote: 'wanted' })
  await whole.ask('tools.vote', { tool: 'shared', vote: 'approve', hash })
  expect(await seenBy('carol')).toEqual({ 'twice/0': 'wanted' })
})

it('it comes page by page, and no more once its time is over', async () => {
  await whole.askAs(keys.alice, 'tools.create', { tool: 'more', description: 'Another.', engine: 'jq', text: '3' })
  await whole.askAs(keys.alice, 'tools.submit', { tool: 'more' })
  const first = await whole.ask('proposals.list', { limit: 1 })
  const second = await whole.ask('proposals.list', { limit: 1, cursor: first.cursor ?? '' })
  expect([first, second].map(page => page.items.map(item => item.name))).toEqual([['twice/0'], ['more']])
  expect(second.cursor).toBeNull()
  whole.clock.advance(25 * 3_600_000)
  expect((await whole.ask('proposals.list')).items).toEqual([])
})

it('whoever leaves is neither counted nor waited for, and who is left may decide with the same vote again', async () => {
  await using team = await openWhole({
    settings: { review: { approvalThreshold: 3, proposalHours: 24, pendingMax: 10 } },
  })
  const [ada, bob, cid, dan] = await Promise.all(['ada', 'bob', 'cid', 'dan'].map(name => team.join(name)))
  await team.askAs(ada!, 'tools.create', { tool: 'waits', description: 'A question.', engine: 'jq', text: '1' })
  const { hash } = await team.askAs(ada!, 'tools.submit', { tool: 'waits' })
  const approve = (bearer: string) => team.askAs(bearer, 'tools.vote', { tool: 'waits', vote: 'approve', hash })
  for (const each of [bob!, cid!]) await approve(each)
  const waiting = async (bearer: string) => (await team.askAs(bearer, 'proposals.list')).items[0]
  expect(await waiting(cid!)).toMatchObject({ approvals: 2, votesNeeded: 3, yourVote: 'cast' })
  await team.ask('members.remove', { user: 'bob' })
  expect(await waiting(cid!)).toMatchObject({ approvals: 1, votesNeeded: 3, yourVote: 'cast' })
  expect(await approve(cid!)).toMatchObject({ state: 'pending', votes: [{ user: 'cid' }], votesNeeded: 3 })
  await team.ask('members.set', { user: 'dan', role: 'viewer' })
  await team.ask('members.remove', { user: 'owner' })
  expect(await waiting(cid!)).toMatchObject({ approvals: 1, votesNeeded: 1, yourVote: 'wanted' })
  expect(await waiting(dan!)).toMatchObject({ yourVote: 'none' })
  const got = await team.askAs(cid!, 'tools.get', { tool: 'waits' })
  expect(got).toMatchObject({ state: 'pending', votes: [{ user: 'cid' }], votesNeeded: 1 })
  const approved = await approve(cid!)
  expect(approved).toMatchObject({ state: 'approved', approvedBy: ['cid'], votes: [{ user: 'cid' }], votesNeeded: 1 })
  expect(await team.askAs(cid!, 'tools.get', { tool: 'waits' })).toEqual(approved)
  const [version] = (await team.askAs(cid!, 'tools.history', { tool: 'waits' })).items
  expect(version).toMatchObject({ approvedBy: ['cid'] })
  expect(version?.votes.map(vote => vote.user)).toEqual(['bob', 'cid', 'cid'])
})
