import { performance } from 'node:perf_hooks'
import { connectMcp, MemoryPlatform, openTestServer } from '@super-data/testing'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, it } from 'vitest'
import { builtInTools, postgresTools } from '../src/mcp/built-in-tools.ts'

function manyTools(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    name: `tool_${String(index).padStart(5, '0')}`,
    description: 'One of many saved questions, with a sentence that says what it answers.',
    inputSchema: { type: 'object' as const, properties: { n: { type: 'integer' }, region: { type: 'string' } } },
  }))
}

describe('what agents pay for', () => {
  it('a fresh list costs at most 2,000 tokens', async () => {
    await using server = await openTestServer()
    await using mcp = await connectMcp(`${server.url}/mcp`, { era: 'modern' })
    const { tools } = await mcp.client.listTools()
    expect(tools.map(tool => tool.name)).toEqual(['datasets', 'queries', 'library'])
    const tokens = encode(JSON.stringify({ tools })).length
    expect(tokens).toBeGreaterThan(500)
    expect(tokens).toBeLessThanOrEqual(2_000)
  })

  it('the tools of PostgreSQL cost at most 2,000 tokens more, and less where less is allowed', () => {
    const cost = (tools: (typeof postgresTools)['read']) =>
      encode(JSON.stringify({ tools: [...tools.values()].map(tool => tool.listed) })).length
    const [read, write, admin] = [postgresTools.read, postgresTools.write, postgresTools.admin].map(cost)
    expect(admin).toBeLessThanOrEqual(2_000)
    expect(write).toBeLessThan(admin!)
    expect(read).toBeLessThan(write!)
    expect(read).toBeGreaterThan(500)
  })

  it('every action names its arguments, and every tool has the schema of its answers', () => {
    for (const { listed, operations } of [...builtInTools.values(), ...postgresTools.admin.values()]) {
      for (const action of operations.keys()) expect(listed.description).toContain(`${action}(`)
      expect(listed.inputSchema.properties).not.toHaveProperty('project')
      expect(Object.keys(listed.outputSchema!.properties!).length).toBeGreaterThan(0)
    }
  })

  it('what people read at length is short for agents, or left out', () => {
    const { tests, justification } = builtInTools.get('library')!.listed.inputSchema.properties as Record<
      string,
      object
    >
    expect(tests).toMatchObject({ description: '{params, input? | dataset?, expected}' })
    expect(justification).toEqual({ type: 'string' })
  })

  it('a list of a thousand tools takes milliseconds, and comes in one page', async () => {
    const platform = new MemoryPlatform({ tools: manyTools(990) })
    await using server = await openTestServer({ platform })
    await using mcp = await connectMcp(`${server.url}/mcp`, { era: 'legacy' })
    const times: number[] = []
    for (let round = 0; round < 15; round++) {
      const started = performance.now()
      const { tools, nextCursor } = await mcp.client.listTools()
      times.push(performance.now() - started)
      expect(tools).toHaveLength(993)
      expect(nextCursor).toBeUndefined()
    }
    // A generous bound: `npm run bench -- tool-list` measures what it really takes.
    expect(times.sort((a, b) => a - b)[7]).toBeLessThan(1_000)
  })

  it('more come page by page, none twice, also when one is approved in between', async () => {
    const platform = new MemoryPlatform({ tools: manyTools(2_500) })
    await using server = await openTestServer({ platform })
    const list = async (cursor?: string) => {
      await using mcp = await connectMcp(`${server.url}/mcp/tools`, { era: 'modern' })
      return (await mcp.client.request({ method: 'tools/list', params: cursor === undefined ? {} : { cursor } })) as {
        tools: { name: string }[]
        nextCursor?: string
      }
    }
    const first = await list()
    platform.setTools([...manyTools(2_500), { ...manyTools(1)[0]!, name: 'a_new_one' }])
    const second = await list(first.nextCursor)
    const third = await list(second.nextCursor)
    const names = [first, second, third].flatMap(page => page.tools.map(tool => tool.name))
    expect(names).toEqual(manyTools(2_500).map(tool => tool.name))
    expect(third.nextCursor).toBeUndefined()
    await expect(list('bm90IG91cnM')).rejects.toMatchObject({ code: -32602 })
  })
})
