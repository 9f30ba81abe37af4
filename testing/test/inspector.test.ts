import type { Server } from '@super-data/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Finished, MemoryPlatform, openTestServer, runCommand, testPrincipal } from '../src/index.ts'

describe.each(['modern', 'legacy'])('the MCP inspector in the %s era', era => {
  const answer = { value: 3, count: 1, truncated: false, source: [], elapsedMs: 1, runId: 'run_1' }
  const platform = new MemoryPlatform({
    keys: { 'sd-key': testPrincipal() },
    tools: [
      {
        name: 'count_orders',
        description: 'How many orders a region has.',
        inputSchema: { type: 'object', properties: { region: { type: 'string' } }, required: ['region'] },
      },
    ],
    handlers: { 'tools.run': () => answer as never },
  })
  let server: Server

  beforeAll(async () => {
    server = await openTestServer({ platform })
  })
  afterAll(() => server.close())

  function inspect(...args: string[]): Promise<Finished> {
    const target = ['--server-url', `http://localhost:${server.port}/mcp`, '--protocol-era', era]
    const key = ['--header', 'Authorization: Bearer sd-key', '--stored-auth-only']
    return runCommand('mcp-inspector', { args: ['--cli', '--format', 'json', '-q', ...target, ...key, ...args] })
  }

  it('lists a team tool, and finds every schema portable', async () => {
    const { code, stdout, stderr } = await inspect('--method', 'tools/list', '--strict')
    expect({ code, stderr: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('count_orders')
  })

  it('calls it', async () => {
    const args = ['--tool-name', 'count_orders', '--tool-args-json', '{"region":"north"}']
    const { code, stdout, stderr } = await inspect('--method', 'tools/call', ...args)
    expect({ code, stderr: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('run_1')
    expect(platform.requests.at(-1)).toMatchObject({
      name: 'tools.run',
      input: { tool: 'count_orders', params: { region: 'north' } },
    })
  })
})
