import { createClient, RemoteError } from '@super-data/contract/client'
import { MemoryPlatform, openTestServer, TestError, testPrincipal } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

describe('the typed client against the server', () => {
  const platform = new MemoryPlatform({ keys: { ada: testPrincipal() } })
  let server: Server

  beforeAll(async () => {
    server = await openTestServer({ platform })
  })
  afterAll(() => server.close())

  it('asks, and gets the output', async () => {
    platform.handlers['datasets.list'] = ({ limit }) => ({ items: [], cursor: String(limit) })
    const client = createClient({ url: server.url, key: 'ada', project: 'other' })
    expect(await client.datasets.list({ limit: 5 })).toEqual({ items: [], cursor: '5' })
    expect(platform.requests.at(-1)?.input).toMatchObject({ project: 'other', limit: '5' })
  })

  it('gets the server’s error with its code, kind and details', async () => {
    platform.handlers['tools.vote'] = () => {
      throw new TestError('VOTE_STALE', 'conflict', 'it changed', { version: 3 })
    }
    const client = createClient({ url: server.url, key: 'ada', project: 'default' })
    const error = await client.tools
      .vote({ tool: 'top', vote: 'approve', hash: 'a'.repeat(64) })
      .catch(failure => failure)
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({
      code: 'VOTE_STALE',
      kind: 'conflict',
      message: 'it changed',
      hint: 'This is a test.',
      retryable: false,
      details: { version: 3 },
      requestId: platform.requests.at(-1)?.request.requestId,
    })
  })

  it('a stranger is told so', async () => {
    const client = createClient({ url: server.url, project: 'default' })
    await expect(client.tools.list()).rejects.toMatchObject({ kind: 'unauthenticated' })
  })
})
