import type { Client } from '@super-data/contract'
import { secondOpinion } from '../second-opinion.ts'
import { type SystemJq, SystemJqFailed } from '../system-jq.ts'
import { vegaCalls } from '../vega/calls.ts'
import { vegaDocument } from '../vega/datasets.ts'
import { contentOf, type Differences, glimpse } from './answers.ts'
import type { Door, Params } from './doors.ts'
import type { Screen } from './screen.ts'

/** The calls to show: tools of both engines, over JSON and CSV. */
const shown = [
  'movies_top_rated',
  'movies_best_return',
  'cars_named',
  'seattle_longest_spells',
  'seattle_temperature_summary',
  'stocks_growth',
  'stocks_moving_average',
  'flights_busiest_airports',
  'flights_delay_percentiles',
  'countries_ranked',
  'penguins_correlation',
  'earthquakes_near',
  'jobs_largest',
]

interface Table {
  readonly screen: Screen
  readonly client: Client
  /** The first one also makes the call that finds nothing ready. */
  readonly doors: readonly Door[]
  readonly jq: SystemJq | undefined
  readonly differences: Differences
}

/** Calls tools at every door, says how long each took, and compares the answers with each other and with jq's. */
export async function showSideBySide(table: Table): Promise<void> {
  const rows = []
  for (const tool of shown) {
    const call = vegaCalls.find(each => each.tool === tool)!
    rows.push(await rowOf(table, call))
  }
  const headings = ['tool', 'first', ...table.doors.map(door => door.name), 'same', 'jq', 'the answer begins']
  table.screen.table(headings, rows)
}

async function rowOf(table: Table, { tool, params }: { tool: string; params: Params }): Promise<string[]> {
  const [first, ...others] = table.doors
  const cold = await timed(() => first!.run(tool, params))
  const reference = await timed(() => first!.run(tool, params))
  const times = [cold.ms, reference.ms]
  let same = true
  for (const door of others) {
    const { value, ms } = await timed(() => door.run(tool, params))
    times.push(ms)
    const pair = [
      { name: first!.name, value: contentOf(reference.value) },
      { name: door.name, value: contentOf(value) },
    ] as const
    same = table.differences.compare(tool, pair) && same
  }
  const agrees = await jqAgrees(table, { tool, params, value: reference.value.value })
  return [tool, ...times.map(inMs), same ? '✓' : '✗', agrees, glimpse(reference.value, 46)]
}

async function jqAgrees(table: Table, call: { tool: string; params: Params; value: unknown }): Promise<string> {
  const { jq, client, differences } = table
  if (jq === undefined) return ''
  try {
    const opinion = await secondOpinion(jq, { client, ...call }, dataset => vegaDocument(client, dataset))
    if (opinion === undefined) return ''
    const pair = [
      { name: 'the platform', value: call.value },
      { name: jq.version, value: opinion },
    ] as const
    return differences.compare(call.tool, pair) ? '✓' : '✗'
  } catch (failure) {
    if (!(failure instanceof SystemJqFailed)) throw failure
    differences.add(`${call.tool}: ${jq.version} does not run the program: ${failure.message}`)
    return '✗'
  }
}

/** How long something took, in milliseconds. */
export async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now()
  const value = await work()
  return { value, ms: performance.now() - start }
}

const inMs = (ms: number) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
