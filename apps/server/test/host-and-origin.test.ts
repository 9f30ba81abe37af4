import { request } from 'node:http'
import { MemoryPlatform, openTestServer } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

describe('Host and Origin', () => {
  const platform = new MemoryPlatform()
  let server: Server

  beforeAll(async () => {
    server = await openTestServer({ platform, publicUrl: 'https://data.example.com' })
  })
  afterAll(() => server.close())

  it.each(['localhost', '127.0.0.1', '[::1]', 'localhost:9999', 'data.example.com', 'DATA.example.com'])(
    'the host %s is ours',
    async host => {
      expect(await statusOf(server, { Host: host })).toBe(200)
    },
  )

  it.each([
    'evil.example',
    'localhost.evil.example',
    'data.example.com.evil.example',
    'data.example.com:8443',
    '127.0.0.2',
  ])('the host %s is refused', async host => {
    expect(await statusOf(server, { Host: host })).toBe(403)
  })

  it.each(['http://localhost:3000', 'http://127.0.0.1', 'https://data.example.com'])(
    'a page of %s may ask',
    async origin => {
      expect(await statusOf(server, { Host: 'localhost', Origin: origin })).toBe(200)
    },
  )

  it.each(['https://evil.example', 'http://data.example.com', 'null', 'file://', 'chrome-extension://abc'])(
    'a page of %s may not',
    async origin => {
      expect(await statusOf(server, { Host: 'localhost', Origin: origin })).toBe(403)
    },
  )

  it('refuses before it looks at any credential', async () => {
    platform.requests.length = 0
    expect(await statusOf(server, { Host: 'evil.example', Authorization: 'Bearer x' }, '/projects')).toBe(403)
    expect(platform.requests).toEqual([])
  })

  it('on all addresses, the one the connection arrived at is ours and no name is', async () => {
    await using everywhere = await openTestServer({ host: '0.0.0.0' })
    expect(await statusOf(everywhere, { Host: `127.0.0.1:${everywhere.port}` })).toBe(200)
    expect(await statusOf(everywhere, { Host: `machine.lan:${everywhere.port}` })).toBe(403)
    expect(await statusOf(everywhere, { Host: `10.9.8.7:${everywhere.port}` })).toBe(403)
  })
})

function statusOf(server: Server, headers: Record<string, string>, path = '/health/live'): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  request({ port: server.port, host: '127.0.0.1', path, headers }, response => {
    response.resume()
    resolve(response.statusCode ?? 0)
  })
    .on('error', reject)
    .end()
  return promise
}
