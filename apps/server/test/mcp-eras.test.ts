import { connectMcp, MemoryPlatform, openTestServer, TestError, testPrincipal } from '@super-data/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../src/server.ts'

const answer = { value: [1, 2], count: 2, truncated: false, source: [], elapsedMs: 1, runId: 'run_1' }
const topCustomers = {
  name: 'top_customers',
  description: 'The largest customers.',
  inputSchema: { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false },
} as const

describe.each(['modern', 'legacy'] as const)('MCP in the %s era', era => {
  const platform = new MemoryPlatform({
    keys: { ada: testPrincipal(), bob: testPrincipal({ userId: 'user_2', keyId: 'key_2', project: 'other' }) },
    tools: [topCustomers, { ...topCustomers, name: 'a_first_tool' }, { ...topCustomers, name: 'queries' }],
    handlers: {
      'queries.ask': () => answer as never,
      'tools.run': () => answer as never,
      'datasets.list': () => ({ items: [], cursor: null }),
    },
  })
  let server: Server

  beforeAll(async () => {
    server = await openTestServer({ platform })
  })
  afterAll(() => server.close())

  const connect = (path = '/mcp', key = 'ada') => connectMcp(server.url + path, { era, key })
  const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]!.text

  it('lists the built-in tools, then the team’s by name; a team tool never hides a built-in one', async () => {
    await using mcp = await connect()
    const { tools } = await mcp.client.listTools()
    expect(tools.map(tool => tool.name)).toEqual(['datasets', 'queries', 'library', 'a_first_tool', 'top_customers'])
    expect(tools.at(-1)).toMatchObject({ description: 'The largest customers.', inputSchema: topCustomers.inputSchema })
  })

  it('narrows to one group at its own address', async () => {
    const names = async (path: string) => {
      await using mcp = await connect(path)
      return (await mcp.client.listTools()).tools.map(tool => tool.name)
    }
    expect(await names('/mcp/queries')).toEqual(['queries'])
    expect(await names('/mcp/tools')).toEqual(['a_first_tool', 'top_customers'])
    expect(await names('/projects/other/mcp/library')).toEqual(expect.arrayContaining(['library', 'propose_new_tool']))
    await expect(connect('/mcp/nothing')).rejects.toThrow()
  })

  it('calls an action as its operation, in the project of the address or of the key', async () => {
    await using mcp = await connect('/projects/other/mcp')
    const result = await mcp.client.callTool({
      name: 'queries',
      arguments: { action: 'ask', engine: 'jq', source: 'orders', text: '.' },
    })
    expect(result).toMatchObject({
      structuredContent: answer,
      content: [{ type: 'text', text: JSON.stringify(answer) }],
    })
    const { name, input, request } = platform.requests.at(-1)!
    expect({ name, input }).toEqual({ name: 'queries.ask', input: { engine: 'jq', source: 'orders', text: '.' } })
    expect(request).toMatchObject({ door: 'mcp', project: 'other', credentials: { bearer: 'ada' } })
    await using own = await connect('/mcp', 'bob')
    await own.client.callTool({ name: 'datasets', arguments: { action: 'list' } })
    expect(platform.requests.at(-1)!.request.project).toBeUndefined()
  })

  it('shows how long requests took, under the names dashboards know, and no name that a team or a caller chose', async () => {
    await using mcp = await connect()
    await mcp.client.listTools()
    await mcp.client.callTool({ name: 'top_customers', arguments: {} })
    await mcp.client.callTool({ name: 'queries', arguments: { action: 'dance' } }).catch(() => {})
    const figures = await (await fetch(`${server.url}/metrics`)).text()
    const count = 'mcp_server_operation_duration_seconds_count'
    expect(figures).toMatch(new RegExp(`^${count}\\{mcp_method_name="tools/list"\\} \\d+$`, 'm'))
    expect(figures).toMatch(
      new RegExp(`^${count}\\{mcp_method_name="tools/call",gen_ai_tool_name="team_tool"\\} `, 'm'),
    )
    expect(figures).toMatch(new RegExp(`^${count}\\{.*gen_ai_tool_name="queries",error_type="[^"]+"\\} `, 'm'))
    expect(figures).not.toContain('top_customers')
  })

  it('calls a team tool by its own name', async () => {
    await using mcp = await connect()
    expect(await mcp.client.callTool({ name: 'top_customers', arguments: { n: 3 } })).toMatchObject({
      structuredContent: answer,
    })
    expect(platform.requests.at(-1)).toMatchObject({
      name: 'tools.run',
      input: { tool: 'top_customers', params: { n: 3 } },
    })
  })

  it('an error is a result the model can act on', async () => {
    await using mcp = await connect()
    const ask = (input: Record<string, unknown>) => mcp.client.callTool({ name: 'queries', arguments: input })
    platform.handlers['queries.explain'] = () => {
      throw new TestError('QUERY_INVALID', 'invalid', 'unexpected token at 3')
    }
    const refused = await ask({ action: 'explain', engine: 'jq', text: '.[' })
    expect(refused.isError).toBe(true)
    expect(textOf(refused)).toBe('unexpected token at 3 (QUERY_INVALID)\nThis is a test.')
    expect(textOf(await ask({ action: 'askk' }))).toMatch(/no action "askk" \(ACTION_UNKNOWN\)\nActions: ask, explain/)
    expect(textOf(await ask({}))).toMatch(/needs an action/)
    expect(textOf(await ask({ action: 'ask', enginee: 'jq' }))).toMatch(/Did you mean engine\?/)
    expect(textOf(await ask({ action: 'ask', engine: 'jq' }))).toMatch(/INPUT_INVALID/)
  })

  it('a hint names the tool and the action that an agent calls', async () => {
    await using mcp = await connect()
    platform.handlers['queries.explain'] = () => {
      throw new TestError(
        'TOOL_MISSING',
        'missing',
        'no such tool',
        {},
        'See `tools list` or `tools dry-run`, or ask an admin: `keys list`.',
      )
    }
    const refused = await mcp.client.callTool({
      name: 'queries',
      arguments: { action: 'explain', engine: 'jq', text: '.' },
    })
    expect(textOf(refused)).toBe(
      'no such tool (TOOL_MISSING)\nSee `library {"action":"list"}` or `library {"action":"dry_run"}`, or ask an admin: `keys list`.',
    )
  })

  it('a bug says nothing of itself', async () => {
    await using mcp = await connect()
    platform.handlers['datasets.describe'] = () => {
      throw new Error('secret at /srv/data')
    }
    const result = await mcp.client.callTool({ name: 'datasets', arguments: { action: 'describe', dataset: 'orders' } })
    expect(result.isError).toBe(true)
    expect(JSON.stringify(result)).not.toMatch(/secret|srv/)
    expect(textOf(result)).toContain('INTERNAL')
  })

  it('a tool that is not listed at the address cannot be called there', async () => {
    await using mcp = await connect('/mcp/tools')
    for (const name of ['queries', 'no_such_tool'])
      await expect(mcp.client.callTool({ name, arguments: { action: 'ask' } })).rejects.toMatchObject({ code: -32602 })
    await using queries = await connect('/mcp/queries')
    await expect(queries.client.callTool({ name: 'top_customers', arguments: {} })).rejects.toMatchObject({
      code: -32602,
    })
  })

  it('a stranger and a stranger’s project are refused before anything of MCP', async () => {
    for (const [path, key, status] of [
      ['/mcp', 'nobody', 401],
      ['/projects/unknown/mcp', 'ada', 404],
    ] as const) {
      const response = await fetch(server.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
      })
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    }
  })

  it('reports progress to a client that asks for it, in order, before the result', async () => {
    platform.handlers['queries.ask'] = async (_input, { onProgress }) => {
      for (let done = 1; done <= 3; done++) {
        onProgress?.({ done, total: 3, message: `step ${done}` })
        await new Promise(resolve => setTimeout(resolve, 30))
      }
      return answer as never
    }
    await using mcp = await connect()
    const steps: number[] = []
    const input = { action: 'ask', engine: 'jq', text: '.' }
    await mcp.client.callTool(
      { name: 'queries', arguments: input },
      { onprogress: ({ progress }: { progress: number }) => void steps.push(progress) },
    )
    expect(steps).toEqual([1, 2, 3])
    expect(await mcp.client.callTool({ name: 'queries', arguments: input })).toMatchObject({
      structuredContent: answer,
    })
  })

  it('says what it is, briefly', async () => {
    await using mcp = await connect()
    expect(mcp.client.getServerVersion()).toMatchObject({ name: 'super-data' })
    const instructions = mcp.client.getInstructions()
    expect(instructions).toContain('datasets')
    expect(instructions!.length).toBeLessThan(400)
  })
})
