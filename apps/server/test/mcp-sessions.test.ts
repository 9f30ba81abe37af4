import { ManualClock } from '@super-data/base/clock'
import { MemoryPlatform, openTestServer, testPrincipal } from '@super-data/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ServerLimits } from '../src/limits.ts'
import type { Server } from '../src/server.ts'

describe('sessions of the legacy era', () => {
  let clock: ManualClock
  let platform: MemoryPlatform
  let server: Server

  beforeEach(() => {
    clock = new ManualClock()
    platform = new MemoryPlatform({
      keys: { ada: testPrincipal(), bob: testPrincipal({ userId: 'user_2', keyId: 'key_2' }) },
    })
  })
  afterEach(() => server.close())

  async function open(limits: Partial<ServerLimits> = {}): Promise<void> {
    server = await openTestServer({ platform, clock, limits })
  }

  function send(options: { method?: string; key?: string; session?: string; path?: string; body?: unknown }) {
    const { method = 'POST', key = 'ada', session, path = '/mcp', body } = options
    const headers: Record<string, string> = {
      Authorization: `Bearer ${key}`,
      Accept: 'application/json, text/event-stream',
      'Content-Type': 'application/json',
      ...(session === undefined ? {} : { 'Mcp-Session-Id': session }),
    }
    return fetch(server.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  }

  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
  const ping = { jsonrpc: '2.0', id: 7, method: 'ping' }

  async function begin(key = 'ada', path = '/mcp'): Promise<string> {
    const response = await send({ key, path, body: { jsonrpc: '2.0', id: 1, method: 'initialize', params } })
    expect(response.status).toBe(200)
    await response.text()
    return response.headers.get('mcp-session-id')!
  }

  async function statusOf(options: Parameters<typeof send>[0]): Promise<number> {
    const response = await send(options)
    await response.body?.cancel()
    return response.status
  }

  it('exist for the caller who made them, at the address they were made', async () => {
    await open()
    const session = await begin()
    expect(await statusOf({ session, body: ping })).toBe(200)
    expect(await statusOf({ session, body: ping, key: 'bob' })).toBe(404)
    expect(await statusOf({ session, body: ping, key: 'nobody' })).toBe(401)
    expect(await statusOf({ session, body: ping, path: '/projects/other/mcp' })).toBe(404)
    expect(await statusOf({ session, method: 'GET', key: 'bob' })).toBe(404)
    expect(await statusOf({ session, method: 'DELETE', key: 'bob' })).toBe(404)
    expect(await statusOf({ session, body: ping })).toBe(200)
  })

  it('an unknown one is 404, none at all is 400', async () => {
    await open()
    expect(await statusOf({ session: 'made-up', body: ping })).toBe(404)
    expect(await statusOf({ body: ping })).toBe(400)
    expect(await statusOf({ method: 'GET' })).toBe(400)
    expect(await statusOf({ method: 'DELETE' })).toBe(400)
  })

  it('are not made for what is no valid beginning', async () => {
    await open()
    expect(await statusOf({ key: 'nobody', body: { jsonrpc: '2.0', id: 1, method: 'initialize', params } })).toBe(401)
    expect(await statusOf({ body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} } })).toBe(400)
    expect(
      await statusOf({ path: '/projects/unknown/mcp', body: { jsonrpc: '2.0', id: 1, method: 'initialize', params } }),
    ).toBe(404)
    expect(await gauge('super_data_mcp_sessions')).toBe(0)
  })

  it('end when their caller says so', async () => {
    await open()
    const session = await begin()
    expect(await statusOf({ session, method: 'DELETE' })).toBe(200)
    expect(await statusOf({ session, body: ping })).toBe(404)
  })

  it('end when nobody used them for ten minutes, unless a stream is open', async () => {
    await open({ sessionIdleMs: 100 })
    const idle = await begin()
    const listening = await begin()
    const stream = await send({ session: listening, method: 'GET' })
    expect(stream.status).toBe(200)
    clock.advance(101)
    await expect.poll(() => gauge('super_data_mcp_sessions')).toBe(1)
    expect(await statusOf({ session: idle, body: ping })).toBe(404)
    expect(await statusOf({ session: listening, body: ping })).toBe(200)
    await stream.body?.cancel()
  })

  it('make room for new ones: the longest idle goes first', async () => {
    await open({ sessionsMax: 3 })
    const sessions: string[] = []
    for (let index = 0; index < 3; index++) {
      sessions.push(await begin())
      clock.advance(10)
    }
    await statusOf({ session: sessions[0]!, body: ping })
    clock.advance(10)
    await begin('bob')
    expect(await statusOf({ session: sessions[1]!, body: ping })).toBe(404)
    expect(await statusOf({ session: sessions[0]!, body: ping })).toBe(200)
    expect(await gauge('super_data_mcp_sessions')).toBe(3)
  })

  it('one caller cannot push out another', async () => {
    await open({ sessionsPerPrincipalMax: 2 })
    const bobs = await begin('bob')
    for (let index = 0; index < 5; index++) {
      clock.advance(10)
      await begin()
    }
    expect(await statusOf({ session: bobs, key: 'bob', body: ping })).toBe(200)
    expect(await gauge('super_data_mcp_sessions')).toBe(3)
  })

  it('when all are in use a new one is refused', async () => {
    await open({ sessionsMax: 1 })
    const session = await begin()
    const stream = await send({ session, method: 'GET' })
    const response = await send({ key: 'bob', body: { jsonrpc: '2.0', id: 1, method: 'initialize', params } })
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'MCP_SESSIONS_FULL', retryable: true })
    await stream.body?.cancel()
  })

  it('a stream of notifications ends when the key stops working', async () => {
    await open({ streamCheckMs: 30 })
    const stream = await send({ session: await begin(), method: 'GET' })
    platform.revoke('ada')
    expect(await stream.text()).not.toContain('data')
  })

  async function gauge(name: string): Promise<number> {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
  }
})
