import { setTimeout as sleep } from 'node:timers/promises'
import { connectMcp, MemoryPlatform, openTestServer } from '@super-data/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'
import { hesitate } from './hesitate.ts'

describe('cancellation stops the work', () => {
  let platform: MemoryPlatform
  let server: Server
  let started: PromiseWithResolvers<void>
  let stopped: PromiseWithResolvers<string>

  beforeEach(async () => {
    started = Promise.withResolvers()
    stopped = Promise.withResolvers()
    platform = new MemoryPlatform()
    platform.handlers['queries.ask'] = (_input, { signal }) => {
      signal.addEventListener('abort', () => stopped.resolve('stopped'))
      started.resolve()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    server = await openTestServer({ platform })
  })
  afterEach(() => server.close())

  const question = { engine: 'jq', text: 'range(1e9)' }

  it('when an HTTP client leaves', async () => {
    const leave = new AbortController()
    const asking = fetch(`${server.url}/projects/default/queries`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(question),
      signal: leave.signal,
    }).catch(error => error.name)
    await started.promise
    leave.abort()
    expect(await stopped.promise).toBe('stopped')
    expect(await asking).toBe('AbortError')
  })

  it('when the time for one call is up, also for work that does not listen', async () => {
    platform.handlers['queries.ask'] = () => new Promise(() => undefined)
    await using server = await openTestServer({ platform, limits: { callTimeoutMs: 1_000 } })
    const response = await fetch(`${server.url}/projects/default/queries`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(question),
    })
    expect(response.status).toBe(504)
    expect(await response.json()).toMatchObject({ code: 'CALL_TIMED_OUT', kind: 'limited' })
  })

  it.each(['modern', 'legacy'] as const)('when an MCP client of the %s era cancels its call', async era => {
    await using mcp = await connectMcp(`${server.url}/mcp`, { era })
    const cancel = new AbortController()
    const asking = mcp.client
      .callTool({ name: 'queries', arguments: { action: 'ask', ...question } }, { signal: cancel.signal })
      .catch(() => 'cancelled')
    await started.promise
    cancel.abort()
    expect(await stopped.promise).toBe('stopped')
    expect(await asking).toBe('cancelled')
  })

  it.each(['modern', 'legacy'] as const)('when an MCP client of the %s era drops its connection', async era => {
    const drop = new AbortController()
    const asking = (await caller(era))(drop.signal)
    await started.promise
    drop.abort()
    expect(await stopped.promise).toBe('stopped')
    await asking
  })

  it.each(['modern', 'legacy'] as const)('when an MCP client of the %s era left before it was let in', async era => {
    const call = await caller(era)
    const { asked, tell } = hesitate(platform)
    const drop = new AbortController()
    const asking = call(drop.signal)
    await asked
    drop.abort()
    await sleep(200)
    tell()
    expect(await asking).toBe('dropped')
    // The one that is left is the one that asks.
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text())
      .toMatch(/super_data_requests_in_progress 1\n/)
  })

  /** Makes one call over MCP, in a session where the era has them. */
  async function caller(era: 'modern' | 'legacy') {
    const session = era === 'legacy' ? await initialize(server) : undefined
    return (signal: AbortSignal) =>
      fetch(`${server.url}/mcp`, {
        method: 'POST',
        headers: session ? { ...mcpHeaders, 'Mcp-Session-Id': session } : modernHeaders,
        body: JSON.stringify(callBody(era)),
        signal,
      }).catch(() => 'dropped')
  }

  function callBody(era: 'modern' | 'legacy') {
    const params = { name: 'queries', arguments: { action: 'ask', ...question } }
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    }
    return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: era === 'modern' ? { ...params, _meta } : params }
  }
})

const mcpHeaders = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' }
const modernHeaders = {
  ...mcpHeaders,
  'MCP-Protocol-Version': '2026-07-28',
  'Mcp-Method': 'tools/call',
  'Mcp-Name': 'queries',
}

async function initialize(server: Server): Promise<string> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
  const response = await fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: mcpHeaders,
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  })
  await response.text()
  return response.headers.get('mcp-session-id')!
}
