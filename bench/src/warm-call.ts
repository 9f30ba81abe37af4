import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ServerProcess } from '@super-data/testing/server-process'
import { LoadClient, type LoadRequest, ms, percentile } from './load.ts'
import { machine, table } from './machine.ts'
import { mcpCall } from './mcp-call.ts'
import { carsParams, carsTool, publishCarsTool, SampleDatasets } from './team-tool.ts'

interface Rival {
  readonly name: string
  readonly client: LoadClient
  readonly request: () => LoadRequest
}

/** Claim: a warm jq tool call takes 5 ms at most with one client; 16 clients get 800 a second at least. */
export async function warmCall(): Promise<void> {
  await using datasets = await SampleDatasets.open()
  await using server = await ServerProcess.open({ datasets: datasets.folder })
  await publishCarsTool(server)
  const spawning = await startSpawningServer(datasets.cars)
  try {
    const rivals = [overHttp(server), overMcp(server), spawningJq(spawning.url)]
    const rows = []
    for (const rival of rivals) rows.push(await measure(rival))
    console.log(`Warm tool call (${machine()}); load generator on the same cores\n`)
    console.log(table(rows))
    for (const rival of rivals) rival.client.close()
  } finally {
    spawning.child.kill()
  }
}

async function measure(rival: Rival): Promise<Record<string, string>> {
  const send = async () => {
    const result = await rival.client.send(rival.name, rival.request())
    if (result.status !== 200 || result.text.includes('"isError":true'))
      throw new Error(`${rival.name}: ${result.text}`)
    return result.ms
  }
  for (let warmUp = 0; warmUp < 50; warmUp++) await send()
  const single: number[] = []
  for (let call = 0; call < 500; call++) single.push(await send())
  const { rate, times } = await together(16, 5_000, send)
  return {
    server: rival.name,
    'p50, 1 client': ms(percentile(single, 0.5)),
    'p99, 1 client': ms(percentile(single, 0.99)),
    'calls a second, 16 clients': rate.toFixed(0),
    'p99, 16 clients': ms(percentile(times, 0.99)),
  }
}

async function together(clients: number, durationMs: number, send: () => Promise<number>) {
  const started = performance.now()
  const times: number[] = []
  const one = async () => {
    while (performance.now() - started < durationMs) times.push(await send())
  }
  await Promise.all(Array.from({ length: clients }, one))
  return { rate: (times.length * 1000) / (performance.now() - started), times }
}

function overHttp(server: ServerProcess): Rival {
  return {
    name: 'Super Data, HTTP',
    client: new LoadClient(server.url, server.key),
    request: () => ({ method: 'POST', path: carsTool.path, body: JSON.stringify({ params: carsParams() }) }),
  }
}

function overMcp(server: ServerProcess): Rival {
  return {
    name: 'Super Data, MCP',
    client: new LoadClient(server.url, server.key),
    request: () => mcpCall(carsTool.name, carsParams()),
  }
}

function spawningJq(url: string): Rival {
  return {
    name: 'MCP server that spawns jq for each call',
    client: new LoadClient(url, 'none'),
    request: () => mcpCall('cars_by_cylinders', { cylinders: 8 }),
  }
}

async function startSpawningServer(file: string): Promise<{ url: string; child: ChildProcess }> {
  const script = fileURLToPath(new URL('./spawn-jq-server.ts', import.meta.url))
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<string>(resolve => child.stdout?.once('data', data => resolve(String(data).trim())))
  return { url: `http://127.0.0.1:${port}`, child }
}
