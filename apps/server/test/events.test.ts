import { MemoryPlatform, openTestServer, testPrincipal } from '@super-data/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

describe('the event stream', () => {
  let platform: MemoryPlatform
  let server: Server
  const leaving = new Set<AbortController>()

  beforeEach(async () => {
    platform = new MemoryPlatform({
      keys: { ada: testPrincipal(), bob: testPrincipal({ userId: 'user_2', keyId: 'key_2' }) },
    })
    server = await openTestServer({
      platform,
      limits: { streamsPerPrincipalMax: 2, heartbeatMs: 50, streamQueueMax: 20, streamCheckMs: 50 },
    })
  })
  afterEach(async () => {
    for (const controller of leaving) controller.abort()
    leaving.clear()
    await server.close()
  })

  async function open(key = 'ada', headers: Record<string, string> = {}, at = server): Promise<Response> {
    const controller = new AbortController()
    leaving.add(controller)
    return fetch(`${at.url}/events`, {
      headers: { Authorization: `Bearer ${key}`, ...headers },
      signal: controller.signal,
    })
  }

  it('is for known callers only', async () => {
    expect((await open('nobody')).status).toBe(401)
  })

  it('tells what happens, with ids to come back with', async () => {
    const stream = reader(await open())
    await stream.until(/retry: 2000/)
    platform.events.add('tool.approved', 'top_customers')
    const text = await stream.until(/data: .*\n\n/)
    expect(text).toMatch(/id: 000001\nevent: tool\.approved\ndata: \{"id":"000001"/)
  })

  it('goes on after the last event the reader has', async () => {
    for (const name of ['one', 'two', 'three']) platform.events.add('tool.created', name)
    const text = await reader(await open('ada', { 'Last-Event-ID': '000001' })).until(/three/)
    expect(text).toContain('two')
    expect(text).not.toContain('"one"')
  })

  it('shows that it lives when nothing happens', async () => {
    expect(await reader(await open()).until(/: alive/)).toContain(': alive')
  })

  it('a caller may hold a few, another caller as many again', async () => {
    expect((await open()).status).toBe(200)
    expect((await open()).status).toBe(200)
    const third = await open()
    expect(third.status).toBe(429)
    expect(await third.json()).toMatchObject({ code: 'STREAMS_TOO_MANY' })
    expect((await open('bob')).status).toBe(200)
  })

  it('a reader who left makes room, and nothing follows for them any more', async () => {
    await open()
    await open()
    for (const controller of leaving) controller.abort()
    await expect.poll(() => platform.events.listenerCount).toBe(1)
    expect((await open()).status).toBe(200)
  })

  it('ends when the key stops working', async () => {
    const stream = reader(await open())
    await stream.until(/retry/)
    platform.revoke('ada')
    await stream.end()
    expect((await open()).status).toBe(401)
  })

  it('a reader far behind gets everything, however long the queue', async () => {
    for (let index = 0; index < 2_000; index++) platform.events.add('tool.created', `tool_${index}`)
    const text = await reader(await open('ada', { 'Last-Event-ID': '000001' })).until(/tool_1999/)
    expect(text.match(/^id: /gm)).toHaveLength(1_999)
  })

  it('a reader who stops reading is disconnected instead of being waited for', async () => {
    await using server = await openTestServer({ platform, limits: { streamQueueMax: 20, streamStallMs: 200 } })
    const listening = platform.events.listenerCount
    const response = await open('ada', {}, server)
    await expect.poll(() => platform.events.listenerCount).toBe(listening + 1)
    const large = 'x'.repeat(200_000)
    for (let index = 0; index < 200; index++) platform.events.add('tool.created', large)
    await expect.poll(() => platform.events.listenerCount).toBe(listening)
    await expect.poll(async () => (await fetch(`${server.url}/metrics`)).text()).toMatch(/super_data_open_streams 0/)
    await response.body?.cancel()
  })
})

function reader(response: Response) {
  const source = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    async until(pattern: RegExp): Promise<string> {
      while (!pattern.test(text)) {
        const { done, value } = await source.read()
        if (done) throw new Error(`the stream ended after: ${text}`)
        text += value
      }
      return text
    },
    async end(): Promise<void> {
      for (let item = await source.read(); !item.done; item = await source.read()) text += item.value
    },
  }
}
