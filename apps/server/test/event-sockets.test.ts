import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { MemoryPlatform, openTestServer, testPrincipal } from '@super-data/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Server } from '../src/server.ts'
import { hesitate } from './hesitate.ts'

describe('events over WebSocket', () => {
  let platform: MemoryPlatform
  let server: Server
  const opened = new Set<WebSocket>()

  beforeEach(async () => {
    platform = new MemoryPlatform({
      keys: { ada: testPrincipal(), bob: testPrincipal({ userId: 'user_2', keyId: 'key_2' }) },
    })
    server = await openTestServer({
      platform,
      limits: { streamsPerPrincipalMax: 2, streamCheckMs: 50 },
    })
  })
  afterEach(async () => {
    for (const webSocket of opened) webSocket.terminate()
    opened.clear()
    await server.close()
  })

  const authorization = (key: string) => ({ headers: { Authorization: `Bearer ${key}` } })

  function open(
    path = '/events',
    options: { headers?: Record<string, string> } = authorization('ada'),
    protocols: string[] = [],
    at: Server = server,
  ) {
    const webSocket = new WebSocket(`${at.url.replace('http', 'ws')}${path}`, protocols, options)
    opened.add(webSocket)
    const events: { subject: string }[] = []
    webSocket.on('message', text => events.push(JSON.parse(String(text))))
    webSocket.on('error', () => {})
    return { webSocket, events }
  }

  async function refusal(...given: Parameters<typeof open>): Promise<{ status: number; code: string }> {
    const { webSocket } = open(...given)
    const [, response] = await once(webSocket, 'unexpected-response')
    let body = ''
    for await (const chunk of response) body += chunk
    return { status: response.statusCode, code: JSON.parse(body).code }
  }

  async function openStreams(): Promise<number> {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return Number(/^super_data_open_streams (\d+)$/m.exec(text)?.[1])
  }

  it('tells what happens, and goes on after the last event the reader has', async () => {
    for (const name of ['one', 'two', 'three']) platform.events.add('tool.created', name)
    const { webSocket, events } = open('/api/v1/events?after=000001')
    await once(webSocket, 'open')
    await expect.poll(() => events.map(event => event.subject)).toEqual(['two', 'three'])
    platform.events.add('tool.approved', 'four')
    await expect.poll(() => events.map(event => event.subject)).toEqual(['two', 'three', 'four'])
  })

  it('lets in a web page that offers its key as a protocol', async () => {
    const { webSocket } = open('/events', {}, ['super-data.events', 'bearer.ada'])
    await once(webSocket, 'open')
    expect(webSocket.protocol).toBe('super-data.events')
  })

  it('is refused to strangers, other sites and other addresses, with the reason', async () => {
    expect(await refusal('/events', {})).toEqual({ status: 401, code: 'UNAUTHENTICATED' })
    expect(await refusal('/events', authorization('eve'))).toMatchObject({ status: 401 })
    const elsewhere = { headers: { ...authorization('ada').headers, Origin: 'https://evil.test' } }
    expect(await refusal('/events', elsewhere)).toEqual({ status: 403, code: 'ORIGIN_REFUSED' })
    expect(await refusal('/nowhere')).toEqual({ status: 404, code: 'ROUTE_MISSING' })
  })

  it('a caller may hold a few, and one that left makes room', async () => {
    const first = open()
    const second = open()
    await Promise.all([once(first.webSocket, 'open'), once(second.webSocket, 'open')])
    expect(await refusal()).toEqual({ status: 429, code: 'STREAMS_TOO_MANY' })
    first.webSocket.close()
    await once(first.webSocket, 'close')
    await expect.poll(() => platform.events.listenerCount).toBe(2)
    await once(open().webSocket, 'open')
  })

  it('ends when the key stops working', async () => {
    const { webSocket } = open()
    await once(webSocket, 'open')
    platform.revoke('ada')
    const [code] = await once(webSocket, 'close')
    expect(code).toBe(1001)
  })

  it('one that leaves before it is known who asks takes no place', async () => {
    const { asked, tell } = hesitate(platform)
    const socket = connect(server.port, '127.0.0.1').on('error', () => {})
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
    const key = `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nAuthorization: Bearer ada`
    socket.write(`GET /events HTTP/1.1\r\nHost: localhost:${server.port}\r\n${upgrade}\r\n${key}\r\n\r\n`)
    await asked
    socket.resetAndDestroy()
    await sleep(200)
    tell()
    await expect.poll(openStreams).toBe(0)
    await Promise.all([once(open().webSocket, 'open'), once(open().webSocket, 'open')])
  })

  it('one that is let in while the server stops is turned away', async () => {
    const { asked, tell } = hesitate(platform)
    const refused = refusal()
    await asked
    const closing = server.close()
    await new Promise(resolve => setImmediate(resolve))
    tell()
    expect(await refused).toEqual({ status: 503, code: 'SERVER_STOPPING' })
    await closing
  })

  it('disconnects a reader that stopped reading', async () => {
    await using server = await openTestServer({ platform, limits: { heartbeatMs: 50, streamStallMs: 200 } })
    const { webSocket } = open('/events', authorization('ada'), [], server)
    await expect.poll(() => platform.events.listenerCount).toBe(3)
    webSocket.pause()
    const large = 'x'.repeat(200_000)
    for (let index = 0; index < 200; index++) platform.events.add('tool.created', large)
    await expect.poll(() => platform.events.listenerCount).toBe(2)
  })

  it('a reader that says much is cut off', async () => {
    const { webSocket } = open()
    await expect.poll(() => platform.events.listenerCount).toBe(2)
    webSocket.send('x'.repeat(5_000))
    await once(webSocket, 'close')
    await expect.poll(() => platform.events.listenerCount).toBe(1)
  })

  it('does not keep the server from stopping', async () => {
    const { webSocket } = open()
    await once(webSocket, 'open')
    webSocket.pause()
    await server.close()
    expect(platform.events.listenerCount).toBe(0)
  })
})
