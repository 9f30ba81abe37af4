import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, createClient, type JsonValue } from '@super-data/contract'
import { ServerProcess } from '@super-data/testing/server-process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { secondOpinion } from '../second-opinion.ts'
import { findSystemJq } from '../system-jq.ts'
import { vegaCalls } from '../vega/calls.ts'
import { copyVegaProject, vegaDocument, vegaFiles } from '../vega/datasets.ts'

const examples = fileURLToPath(new URL('..', import.meta.url))
const adminKey = 'sd_an_example_key_for_tests_only'
const jq = await findSystemJq()
const vegaFunctions = await seedsIn('vega/functions.yaml', 'functions')
const vegaTools = await seedsIn('vega/tools.yml', 'tools')
const jqTools = new Set(vegaTools.filter(tool => tool.engine === 'jq').map(tool => tool.name))

/** A server over a dataset folder of its own, for the tests of one block. */
function startedOver(fill: (datasets: string) => Promise<void>) {
  const started = {} as { client: Client; server: ServerProcess; folder: string }
  beforeAll(async () => {
    started.folder = await mkdtemp(join(tmpdir(), 'super-data-examples-'))
    const datasets = join(started.folder, 'datasets')
    await fill(datasets)
    started.server = await ServerProcess.open({ home: join(started.folder, 'home'), datasets, key: adminKey })
    started.client = createClient({ url: started.server.url, key: adminKey })
  })
  afterAll(async () => {
    await started.server?.close()
    await rm(started.folder, { recursive: true, force: true, maxRetries: 3 })
  })
  return started
}

/** Every value in a tree that is neither a list nor an object. */
function leaves(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
}

interface Seed {
  readonly name: string
  readonly engine?: 'jq' | 'sql'
}

async function seedsIn(file: string, list: 'functions' | 'tools'): Promise<Seed[]> {
  const content = parseYaml(await readFile(join(examples, file), 'utf8')) as Record<string, Seed[]>
  return content[list]!
}

const sortedNames = (named: readonly { name: string }[]) => named.map(each => each.name).sort()
const label = ({ tool, params }: { tool: string; params: object }) => `${tool} ${JSON.stringify(params)}`

describe('the project over vega-datasets', () => {
  const started = startedOver(copyVegaProject)

  it('is imported whole: every dataset, function and tool', async () => {
    const { client } = started
    const [datasets, functions, tools] = await Promise.all([
      client.datasets.list(),
      client.functions.list(),
      client.tools.list({ state: 'approved' }),
    ])
    expect(datasets.items.map(each => each.problem)).toEqual(vegaFiles.map(() => null))
    expect(sortedNames(functions.items)).toEqual(sortedNames(vegaFunctions))
    expect(sortedNames(tools.items)).toEqual(sortedNames(vegaTools))
  })

  it('has an example call for every tool', () => {
    const called = new Set(vegaCalls.map(call => call.tool))
    expect([...called].sort()).toEqual(sortedNames(vegaTools))
  })

  it.each(vegaCalls.map(call => [label(call), call] as const))('answers %s', async (_, { tool, params, holds }) => {
    const answer = await started.client.tools.run({ tool, params })
    const found = leaves(answer.rows ?? answer.value)
    expect(answer.truncated).toBe(false)
    expect(answer.source.length).toBeGreaterThan(0)
    expect(found).toEqual(expect.arrayContaining([...holds]))
  })

  it('refuses parameters that a tool cannot mean, and says which', async () => {
    const refused = started.client.tools.run({ tool: 'countries_ranked', params: { measure: 'gdp' } })
    await expect(refused).rejects.toMatchObject({
      code: 'PARAMETERS_INVALID',
      message: expect.stringContaining('measure'),
    })
    const unknown = started.client.tools.run({ tool: 'country_history', params: { country: 'Atlantis' } })
    await expect(unknown).rejects.toThrow('no such country')
  })

  describe.skipIf(jq === undefined)(`beside ${jq?.version ?? 'the installed jq, which is missing'}`, () => {
    const documents = new Map<string, Promise<string>>()
    const documentOf = (dataset: string) => {
      const kept = documents.get(dataset) ?? vegaDocument(started.client, dataset)
      documents.set(dataset, kept)
      return kept
    }

    it.each(vegaCalls.filter(call => jqTools.has(call.tool)).map(call => [label(call), call] as const))(
      'answers %s as jq does',
      async (_, call) => {
        const opinion = await secondOpinion(jq!, { client: started.client, ...call }, documentOf)
        const { value } = await started.client.tools.run({ tool: call.tool, params: call.params })
        expect(opinion).toBeDefined()
        expect(value).toEqual(opinion)
      },
    )
  })
})

describe('the seeds of a new installation', () => {
  const started = startedOver(async datasets => {
    await cp(join(examples, 'seeds'), datasets, { recursive: true })
    await writeFile(join(datasets, 'metrics.json'), '{ "data": [1, 2, 3, 4, 5] }')
  })
  const run = async (tool: string, params: Record<string, JsonValue>) =>
    (await started.client.tools.run({ tool, params })).value

  it('are imported as approved tools that pin their functions', async () => {
    const tool = await started.client.tools.get({ tool: 'trend_analysis' })
    expect(tool).toMatchObject({ state: 'approved', origin: 'yaml', review: 'import' })
    expect(tool.functions).toMatchObject([{ name: 'analyze_trends', arity: 2, version: 1 }])
  })

  it('give three means and a direction for five points and a window of three', async () => {
    expect(await run('trend_analysis', { dataset: 'metrics', window_size: 3 })).toEqual({
      original_data: [1, 2, 3, 4, 5],
      trends: [2, 3, 4],
      direction: 'increasing',
    })
  })

  it('use a window of seven when none is given, and say when there is not enough data for it', async () => {
    const long = (await run('trend_analysis', { dataset: 'timeseries' })) as {
      original_data: number[]
      trends: number[]
    }
    expect(long.trends).toHaveLength(long.original_data.length - 6)
    expect(await run('trend_analysis', { dataset: 'metrics' })).toMatchObject({
      trends: [],
      direction: 'not enough data',
    })
  })

  it('tell profit from loss', async () => {
    const name = (dataset: string) => ({ dataset, dataset_name: `${dataset} "2025"` })
    expect(await run('analyze_performance', name('sales'))).toEqual({
      dataset: 'sales "2025"',
      efficiency: 52,
      profitable: true,
    })
    expect(await run('analyze_performance', name('products'))).toEqual({
      dataset: 'products "2025"',
      efficiency: -12,
      profitable: false,
    })
  })

  const ask = async (text: string) =>
    (await started.client.queries.ask({ engine: 'jq', text, source: 'metrics' })).value

  it('refuse an aggregate that does not exist instead of counting', async () => {
    await expect(ask('[{a: 1}] | group_and_aggregate("a"; "a"; "averge")')).rejects.toThrow(
      'sum, avg, max, min or count',
    )
  })

  it('keep the group when its field is called value', async () => {
    const records = '[{value: "a", n: 1}, {value: "a", n: 3}, {value: "b", n: null}]'
    expect(await ask(`${records} | group_and_aggregate("value"; "n"; "avg")`)).toEqual([
      { value: 'a', aggregate: 2 },
      { value: 'b', aggregate: null },
    ])
  })

  it('leave what has no number out of the sum, and count records without it', async () => {
    const records = '[{g: 1, n: 2}, {g: 1, n: null}, {g: 1}]'
    expect(await ask(`${records} | group_and_aggregate("g"; "n"; "sum", "count")`)).toEqual([
      [{ g: 1, value: 2 }],
      [{ g: 1, value: 3 }],
    ])
  })
})
