import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openWhole, type Whole } from './whole-platform.ts'

describe('the inbox', () => {
  let whole: Whole
  let ada: string
  let bob: string
  beforeEach(async () => {
    whole = await openWhole({ files: { 'orders.json': '[{"amount":1}]' } })
    ada = await whole.join('ada')
    bob = await whole.join('bob')
    const tool = { tool: 'total', description: 'Total.', engine: 'jq', source: 'orders', text: 'map(.amount) | add' }
    await whole.askAs(ada, 'tools.create', tool as never)
    await whole.askAs(ada, 'tools.submit', { tool: 'total' })
  })
  afterEach(() => whole[Symbol.asyncDispose]())

  const inbox = (bearer: string) => whole.askAs(bearer, 'inbox.list')

  const vote = async (bearer: string, vote: 'approve' | 'reject', comment = '') => {
    const { hash } = await whole.askAs(bearer, 'tools.get', { tool: 'total' })
    return whole.askAs(bearer, 'tools.vote', { tool: 'total', vote, hash, comment })
  }

  it('asks those who may vote for their vote, naming the hash, and not the author', async () => {
    const { hash } = await whole.ask('tools.get', { tool: 'total' })
    expect((await inbox(bob)).items).toMatchObject([
      { type: 'tool.submitted', subject: 'total', by: 'ada', seen: false, version: 1, hash, todo: 'vote' },
    ])
    expect((await inbox(ada)).items).toEqual([])
    expect((await inbox(await whole.join('cleo'))).items).toEqual([])
  })

  it('asks for votes on functions, and tells their author what became of them', async () => {
    await whole.askAs(ada, 'functions.create', { definition: 'def double: . * 2;' })
    await whole.askAs(ada, 'functions.submit', { function: 'double' })
    const { hash } = await whole.ask('functions.get', { function: 'double' })
    expect((await inbox(bob)).items[0]).toMatchObject({
      type: 'function.submitted',
      subject: 'double/0',
      hash,
      todo: 'vote',
    })
    await whole.askAs(bob, 'functions.vote', { function: 'double', vote: 'approve', hash })
    await whole.ask('functions.vote', { function: 'double', vote: 'approve', hash })
    expect((await inbox(ada)).items[0]).toMatchObject({ type: 'function.approved', subject: 'double/0' })
  })

  it('asks for the newest version only, and for nothing that was withdrawn, decided or voted on', async () => {
    await whole.askAs(ada, 'tools.update', { tool: 'total', expectedVersion: 1, description: 'The total.' })
    expect((await inbox(bob)).items).toEqual([])
    await whole.askAs(ada, 'tools.submit', { tool: 'total' })
    expect((await inbox(bob)).items).toMatchObject([{ type: 'tool.submitted', version: 2 }])
    await whole.askAs(ada, 'tools.withdraw', { tool: 'total' })
    expect((await inbox(bob)).items).toEqual([])
    await whole.askAs(ada, 'tools.submit', { tool: 'total' })
    await vote(bob, 'approve')
    expect(await inbox(bob)).toMatchObject({ items: [], unseen: 0 })
  })

  it('tells the author of a reject that stands, until it is taken back', async () => {
    await vote(bob, 'reject', 'Which currency?')
    expect((await inbox(ada)).items).toMatchObject([
      { type: 'tool.voted', subject: 'total', by: 'bob', version: 1, comment: 'Which currency?', todo: null },
    ])
    await vote(bob, 'approve')
    expect((await inbox(ada)).items).toEqual([])
  })

  it('tells the author what became of a proposal, and why', async () => {
    await whole.ask('tools.vote', {
      ...{ tool: 'total', vote: 'reject', comment: 'Which currency?' },
      hash: (await whole.ask('tools.get', { tool: 'total' })).hash,
    })
    expect((await inbox(ada)).items).toMatchObject([
      { type: 'tool.rejected', subject: 'total', version: 1, comment: 'Which currency?', todo: null },
    ])
    expect((await inbox(bob)).items).toEqual([])
  })

  it('tells the author when somebody else takes a proposal back, or saves over it', async () => {
    await whole.askAs(bob, 'tools.update', { tool: 'total', expectedVersion: 1, description: 'The total.' })
    expect((await inbox(ada)).items).toMatchObject([{ type: 'tool.withdrawn', subject: 'total', by: 'bob' }])
    expect((await inbox(bob)).items).toEqual([])
    await whole.askAs(bob, 'tools.submit', { tool: 'total' })
    await whole.ask('tools.withdraw', { tool: 'total' })
    expect((await inbox(bob)).items).toMatchObject([{ type: 'tool.withdrawn', subject: 'total', by: 'owner' }])
  })

  it('remembers what was seen', async () => {
    const { items, unseen } = await inbox(bob)
    expect(unseen).toBe(1)
    expect(await whole.askAs(bob, 'inbox.seen', { upTo: items[0]!.id })).toEqual({ unseen: 0 })
    expect(await whole.askAs(bob, 'inbox.list', { unseen: true })).toMatchObject({ items: [], unseen: 0 })
    expect((await inbox(bob)).items).toMatchObject([{ seen: true }])
  })

  it('shows nothing of projects one is no member of', async () => {
    await whole.ask('members.remove', { user: 'bob', project: 'default' } as never)
    expect((await inbox(bob)).items).toEqual([])
  })
})
