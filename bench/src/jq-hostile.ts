import type { JqPool } from '@super-data/jq'
import { sample } from './jq-data.ts'
import { load, megabytes } from './jq-measure.ts'
import { ask, callOf, openPool } from './jq-pool-call.ts'
import { ms, percentile } from './load.ts'
import { machine, table } from './machine.ts'

const hostile = [
  'def f: f; f',
  '[range(1e9)]',
  'def f: 1 + f; f',
  '"x" * 1e9',
  '("a" * 40 + "!") | test("^(a+)+$")',
  '[limit(1e9; repeat(1))]',
  'reduce range(60) as $i ("x"; . + .)',
]
const cheap = 'map(select(.amount > 500)) | length'
const periodMs = Number(process.env['BENCH_SECONDS'] ?? 15) * 1000
const clients = 4

/** Claim: while programs of strangers do their worst, cheap calls of others are answered, and the server does not grow. */
export async function jqHostile(): Promise<void> {
  const rows = []
  for (const workers of [2, 4]) {
    await using pool = await openPool({ workers })
    const quiet = await cheapCalls(pool)
    const before = process.memoryUsage.rss()
    const stop = new AbortController()
    const attacks = attackers(workers / 2, pool, stop.signal)
    const loud = await cheapCalls(pool)
    const grown = process.memoryUsage.rss() - before
    stop.abort()
    const ends = (await Promise.all(attacks)).flat()
    const ended = ends.map(({ code }) => code)
    rows.push(row(`${workers} workers, nobody else`, quiet), {
      ...row(`${workers} workers, ${workers / 2} attackers`, loud),
      'hostile programs ended': `${ended.length}: ${tally(ended)}`,
      'latest end': ms(Math.max(...ends.map(each => each.ms))),
      'growth of the server': megabytes(grown),
    })
  }
  console.log(`${clients} clients with cheap calls beside hostile ones, limit 1 s each (${machine()}, ${load()})\n`)
  console.log(table(rows.map(ordered)))
}

function ordered(each: Record<string, string>): Record<string, string> {
  const last = ['hostile programs ended', 'latest end', 'growth of the server']
  return { ...each, ...Object.fromEntries(last.map(column => [column, each[column] ?? ''])) }
}

async function cheapCalls(pool: JqPool): Promise<number[]> {
  const text = sample(20)
  const found: number[] = []
  const end = performance.now() + periodMs
  const one = async (caller: string) => {
    while (performance.now() < end) {
      const started = performance.now()
      await ask(pool, callOf(cheap, { kind: 'json', text }, { caller }))
      found.push(performance.now() - started)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, at) => one(`client ${at}`)))
  return found
}

interface End {
  readonly code: string
  /** From the question to its end, the wait for a process included. */
  readonly ms: number
}

/** Each keeps one hostile program running all the time; tells how they ended. */
function attackers(count: number, pool: JqPool, stop: AbortSignal): Promise<End[]>[] {
  return Array.from({ length: count }, async (_, at) => {
    const ends: End[] = []
    for (let turn = at; !stop.aborted; turn++) {
      const program = hostile[turn % hostile.length] ?? '.'
      const limits = { timeMs: 1_000, bytes: 1e6 }
      const started = performance.now()
      const end = ask(pool, callOf(program, { kind: 'none' }, { caller: `mallory ${at}`, limits }))
      const code = await end.then(
        () => 'answered',
        (failure: { code?: string }) => failure.code ?? 'untyped',
      )
      ends.push({ code, ms: performance.now() - started })
    }
    return ends
  })
}

function tally(codes: readonly string[]): string {
  return [...new Set(codes)].map(code => `${codes.filter(each => each === code).length} ${code}`).join(', ')
}

function row(situation: string, found: readonly number[]): Record<string, string> {
  return {
    situation,
    calls: String(found.length),
    p50: ms(percentile(found, 0.5)),
    p99: ms(percentile(found, 0.99)),
    slowest: ms(Math.max(...found)),
  }
}
