import { createClient } from '@super-data/contract/client'
import { ServerProcess } from '@super-data/testing/server-process'
import { LoadClient, ms, percentile } from './load.ts'
import { machine, table } from './machine.ts'
import { SampleDatasets } from './team-tool.ts'

const tools = 1_000

/** Claim: with 1,000 approved tools, `tools/list` answers within 10 ms (median). */
export async function toolList(): Promise<void> {
  await using datasets = await SampleDatasets.open()
  await using server = await ServerProcess.open({ datasets: datasets.folder })
  const client = createClient({ url: server.url, key: server.key })
  for (let index = 0; index < tools; index++) {
    const tool = `tool_${String(index).padStart(4, '0')}`
    await client.tools.create({
      project: 'default',
      tool,
      description: `Number ${index} of many.`,
      engine: 'jq',
      source: 'cars',
      text: `.[${index}]`,
    })
    await client.tools.submit({ project: 'default', tool })
  }
  const load = new LoadClient(server.url, server.key)
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  }
  const request = {
    method: 'POST',
    path: '/mcp',
    headers: {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/list',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } }),
  } as const
  const times: number[] = []
  let bytes = 0
  for (let round = 0; round < 220; round++) {
    const result = await load.send('list', request)
    bytes = result.text.length
    if (round >= 20) times.push(result.ms)
  }
  load.close()
  console.log(`tools/list at ${tools} approved tools (${machine()})\n`)
  console.log(
    table([
      { p50: ms(percentile(times, 0.5)), p99: ms(percentile(times, 0.99)), answer: `${(bytes / 1024).toFixed(0)} KB` },
    ]),
  )
}
