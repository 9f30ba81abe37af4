import { createClient } from '@super-data/contract/client'
import { LoadClient, type LoadRequest, ms, percentile } from './load.ts'
import { table } from './machine.ts'
import { mcpCall } from './mcp-call.ts'
import { load, type PostgresScene } from './postgres-scene.ts'

const sql = 'SELECT id, grp, txt FROM big WHERE id = $1'
const tool = 'big_row'
const callsARound = 200
const rounds = 6

/** One row by its key: what each layer adds to `pg`. */
export async function postgresLookup(scene: PostgresScene): Promise<void> {
  await publish(scene)
  const client = new LoadClient(scene.server.url, scene.server.key)
  const rivals = { ...direct(scene), ...served(client) }
  const best: Record<string, { p50: number; p99: number }> = {}
  for (let round = 0; round <= rounds; round++) {
    for (const [name, ask] of Object.entries(rivals)) {
      const times = await measure(ask)
      const found = { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
      // The first round warms up.
      if (round > 0 && found.p50 < (best[name]?.p50 ?? Number.POSITIVE_INFINITY)) best[name] = found
    }
  }
  client.close()
  const bare = best['pg']!.p50
  const rows = Object.entries(best).map(([name, { p50, p99 }]) => ({
    'one row by its key': name,
    p50: ms(p50),
    p99: ms(p99),
    'of pg': `${(p50 / bare).toFixed(2)}x`,
    'more than pg': ms(p50 - bare),
  }))
  console.log(`One client; the fastest of ${rounds} rounds of ${callsARound} calls, taking turns; ${load()}\n`)
  console.log(table(rows))
}

async function measure(ask: (id: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let call = 0; call < callsARound; call++) {
    const started = performance.now()
    await ask(1 + ((call * 7919) % 1_000_000))
    times.push(performance.now() - started)
  }
  return times
}

function direct({ bare, source }: PostgresScene) {
  return {
    pg: (id: number) => bare.query(sql, [id]),
    'engine: parsed, judged, read-only, rolled back, reset': (id: number) => source.read({ text: sql, params: [id] }),
  }
}

function served(client: LoadClient) {
  const over = (name: string, request: (id: number) => LoadRequest) => async (id: number) => {
    const { status, text } = await client.send(name, request(id))
    if (status !== 200 || text.includes('"isError":true')) throw new Error(`${name}: ${text}`)
  }
  const post = (path: string, body: object) =>
    ({ method: 'POST', path: `/api/v1/projects/default${path}`, body: JSON.stringify(body) }) as const
  return {
    'HTTP, postgres.read': over('read', id => post('/postgres/read', { sql, params: [id] })),
    'HTTP, a reviewed tool': over('tool', id => post(`/tools/${tool}/run`, { params: { id } })),
    'MCP, pg_query read': over('pg_query', id => mcpCall('pg_query', { action: 'read', sql, params: [id] })),
    'MCP, a reviewed tool': over('mcp tool', id => mcpCall(tool, { id })),
  }
}

async function publish({ server }: PostgresScene): Promise<void> {
  const client = createClient({ url: server.url, key: server.key })
  const parameters = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }
  const text = sql.replace('$1', '$id')
  await client.tools.create({
    ...{ project: 'default', tool, description: 'One row.', engine: 'postgres', source: 'bench', text, parameters },
  })
  await client.tools.submit({ project: 'default', tool })
}
