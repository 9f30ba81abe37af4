import { PersonNotAsked } from '@super-data/platform'
import { connectMcp, MemoryPlatform, openTestServer, TestError } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

const question = { message: 'Is this your vote?', subject: 'vote 1' }
const voting = { action: 'vote', tool: 'sales', vote: 'approve', hash: 'a'.repeat(64) }

let platform: MemoryPlatform
let server: Server
/** Does not wait for an answer for long. */
let hasty: Server
beforeAll(async () => {
  platform = new MemoryPlatform()
  platform.handlers['tools.vote'] = (_input, { person }) => {
    const answer = person?.answerTo(question)
    if (person && answer === undefined) throw new PersonNotAsked(question)
    throw new TestError(`ANSWER_${answer ?? 'nobody'}`.toUpperCase(), 'conflict')
  }
  server = await openTestServer({ platform })
  hasty = await openTestServer({ platform, limits: { answerTimeoutMs: 1_000 } })
})
afterAll(() => Promise.all([server.close(), hasty.close()]))

const vote = { name: 'library', arguments: voting }

describe.each(['modern', 'legacy'] as const)('a question to the person at the client (%s)', era => {
  it('is shown as it is, and answered once', async () => {
    const shown: string[] = []
    const person = (message: string) => {
      shown.push(message)
      return { action: 'accept' as const, content: { confirm: true } }
    }
    await using mcp = await connectMcp(`${server.url}/mcp`, { era, person })
    expect(await mcp.client.callTool(vote)).toMatchObject({
      structuredContent: { error: { code: 'ANSWER_ACCEPT' } },
    })
    expect(shown).toEqual([question.message])
  })

  it('that is answered too late was not answered', async () => {
    const person = async () => {
      await new Promise(resolve => setTimeout(resolve, 2_500))
      return { action: 'accept' as const, content: { confirm: true } }
    }
    await using mcp = await connectMcp(`${hasty.url}/mcp`, { era, person })
    const asking = mcp.client.callTool(vote)
    if (era === 'legacy') expect(await asking).toMatchObject({ isError: true })
    else await expect(asking).rejects.toMatchObject({ code: -32602 })
  })
})

it('a question that is never answered holds no call for ever', async () => {
  const nobody = () => new Promise<never>(() => undefined)
  await using mcp = await connectMcp(`${hasty.url}/mcp`, { era: 'legacy', person: nobody })
  expect(await mcp.client.callTool(vote)).toMatchObject({ isError: true })
})

it('a client that shows no forms is asked nothing', async () => {
  await using mcp = await connectMcp(`${server.url}/mcp`, { era: 'modern' })
  expect(await mcp.client.callTool(vote)).toMatchObject({ structuredContent: { error: { code: 'ANSWER_NOBODY' } } })
})
