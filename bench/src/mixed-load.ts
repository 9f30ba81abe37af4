import { ServerProcess } from '@super-data/testing/server-process'
import { LoadClient, type LoadRequest, type LoadResult, ms, percentile } from './load.ts'
import { machine, table } from './machine.ts'
import { carsParams, carsTool, publishCarsTool, SampleDatasets } from './team-tool.ts'

const clients = 200
const seconds = Number(process.env['BENCH_SECONDS'] ?? 60)

/** Claim: 200 clients, a request a second each, for a minute: no error, p99 of calls 150 ms at most. */
export async function mixedLoad(): Promise<void> {
  await using datasets = await SampleDatasets.open()
  await using server = await ServerProcess.open({ datasets: datasets.folder })
  await publishCarsTool(server)
  const client = new LoadClient(server.url, server.key)
  const results = (await Promise.all(Array.from({ length: clients }, (_, index) => onePerson(client, index)))).flat()
  client.close()
  console.log(`${clients} clients, one request a second each, ${seconds} s (${machine()})\n`)
  console.log(table(['call', 'list', 'write'].map(kind => row(kind, results))))
  console.log(`\nmemory of the server process after it: ${((await server.residentBytes()) / 2 ** 20).toFixed(0)} MB`)
}

/** Starts at its own place within the second, so that the load is even. */
async function onePerson(client: LoadClient, index: number): Promise<LoadResult[]> {
  const started = performance.now() + (index * 1000) / clients
  const results: LoadResult[] = []
  for (let second = 0; second < seconds; second++) {
    const due = started + second * 1000 - performance.now()
    if (due > 0) await new Promise(resolve => setTimeout(resolve, due))
    const { kind, request } = choose(index, second)
    const { text: _, ...result } = await client.send(kind, request)
    results.push(result)
  }
  return results
}

/** Of ten requests seven call a tool, two list tools, one writes. */
function choose(index: number, second: number): { kind: string; request: LoadRequest } {
  const turn = (index + second) % 10
  if (turn < 7)
    return {
      kind: 'call',
      request: { method: 'POST', path: carsTool.path, body: JSON.stringify({ params: carsParams() }) },
    }
  if (turn < 9) return { kind: 'list', request: { method: 'GET', path: '/api/v1/projects/default/tools' } }
  const definition = `def note_${index}: ${second};`
  return {
    kind: 'write',
    request: { method: 'POST', path: '/api/v1/projects/default/functions', body: JSON.stringify({ definition }) },
  }
}

function row(kind: string, results: readonly LoadResult[]): Record<string, string> {
  const own = results.filter(result => result.kind === kind)
  const times = own.map(result => result.ms)
  return {
    request: kind,
    number: String(own.length),
    errors: String(own.filter(result => result.status !== 200).length),
    p50: ms(percentile(times, 0.5)),
    p99: ms(percentile(times, 0.99)),
    slowest: ms(Math.max(...times)),
  }
}
