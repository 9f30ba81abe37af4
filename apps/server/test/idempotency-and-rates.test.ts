import { MemoryPlatform, openTestServer, TestError } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

describe('idempotency keys and rates', () => {
  const platform = new MemoryPlatform()
  let server: Server
  let made = 0

  beforeAll(async () => {
    platform.handlers['projects.create'] = ({ name, description }) => ({
      id: `project_${++made}`,
      name,
      description,
      createdAt: 1,
    })
    platform.handlers['projects.list'] = () => {
      throw new TestError('RATE_LIMITED', 'limited')
    }
    server = await openTestServer({ platform })
  })
  afterAll(() => server.close())

  function create(key?: string): Promise<Response> {
    const headers = { 'Content-Type': 'application/json', ...(key === undefined ? {} : { 'X-Idempotency-Key': key }) }
    return fetch(`${server.url}/projects`, { method: 'POST', headers, body: '{"name":"sales"}' })
  }

  it('a repeated write is answered from the first, and says so', async () => {
    const first = await create('once')
    const again = await create('once')
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await again.json()).toEqual(await first.json())
    expect(platform.requests.at(-1)?.request.idempotencyKey).toBe('once')
  })

  it('every answer says where the caller stands, also a refusal', async () => {
    const limited = await fetch(`${server.url}/projects`)
    expect(limited.status).toBe(429)
    for (const response of [await create(), limited]) {
      expect(response.headers.get('ratelimit-limit')).toBe('600')
      expect(response.headers.get('ratelimit-remaining')).toBe('599')
      expect(response.headers.get('ratelimit-reset')).toBe('60')
    }
  })
})
