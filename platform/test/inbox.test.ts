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

  it('asks those who may vote for their vote, and not the author', async () => {
    expect((await inbox(bob)).items).toMatchObject([
      { type: 'tool.submitted', subject: 'total', by: 'ada', seen: false, todo: expect.stringContaining('vote') },
    ])
    expect((await inbox(ada)).items).toEqual([])
  })

  it('tells the author what became of a proposal', async () => {
    const { hash } = await whole.askAs(bob, 'tools.get', { tool: 'total' })
    const reject = { tool: 'total', vote: 'reject', hash, comment: 'Which currency?' } as const
    await whole.ask('tools.vote', reject)
    expect((await inbox(ada)).items).toMatchObject([{ type: 'tool.rejected', subject: 'total', todo: null }])
    expect((await inbox(bob)).items).toMatchObject([{ type: 'tool.submitted', todo: null }])
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
