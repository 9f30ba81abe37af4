import { spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { compile, parseJson } from '@super-data/jq'
import { sample } from './jq-data.ts'
import { jqjsCompile, jqWeb } from './jq-engines.ts'
import { load, median, micros, times } from './jq-measure.ts'
import { ask, callOf, openPool } from './jq-pool-call.ts'
import { machine, table } from './machine.ts'

const programs = [
  '.[3].city',
  'map(select(.amount > 500)) | length',
  'group_by(.city) | map({city: .[0].city, total: (map(.amount) | add)})',
  '[.[] | {id, mail: (.email | ascii_upcase), tag: .tags[0]}]',
  'reduce .[] as $o ({}; .[$o.city] += $o.amount)',
]
const records = 20
const rounds = 9

/** Claim: a warm call in process is no slower than jqjs; through the pool it is 100 times faster than starting jq. */
export async function jqSmall(): Promise<void> {
  console.log(`Small calls on ${records} records, medians of ${rounds} interleaved rounds (${machine()}, ${load()})\n`)
  console.log(table(await inProcess()))
  console.log('')
  console.log(table(await acrossProcesses()))
  console.log(
    `\nThe floor: the same bytes to a process and a few back, nothing done with them: ${micros(await echo())}`,
  )
}

const echoing = `
  const { readSync, writeSync } = require('node:fs')
  const bytes = Buffer.alloc(65_536)
  while (readSync(3, bytes, 0, bytes.length, null) > 0) writeSync(3, bytes, 0, 200)
`

/** Median of messages to a process that only answers. */
async function echo(): Promise<number> {
  const child = spawn(process.execPath, ['-e', echoing], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
  const pipe = child.stdio[3] as Duplex
  const message = sample(records)
  const found: number[] = []
  for (let call = 0; call < 2_000; call++) {
    const answered = new Promise(resolve => pipe.once('data', resolve))
    found.push(
      await timed(() => {
        pipe.write(message)
        return answered
      }),
    )
  }
  pipe.destroy()
  child.kill()
  return median(found.slice(500))
}

async function inProcess(): Promise<Record<string, string>[]> {
  const compileJqjs = await jqjsCompile()
  const input = parseJson(sample(records))
  return programs.map(text => {
    const own = compile(text)
    const theirs = compileJqjs(text)
    const runOwn = () => own.run(input, { emit: ignore })
    const runTheirs = () => {
      for (const output of theirs(input)) ignore(output)
    }
    const jqjsFails = fails(runTheirs)
    const [ours, jqjs] = interleaved([() => perCall(runOwn), () => (jqjsFails ? Number.NaN : perCall(runTheirs))])
    return {
      program: `\`${text}\``,
      'in process': micros(ours!),
      jqjs: jqjsFails ? 'fails' : micros(jqjs!),
      'ours : jqjs': jqjsFails ? '' : times(ours! / jqjs!),
    }
  })
}

function fails(run: () => void): boolean {
  try {
    run()
    return false
  } catch {
    return true
  }
}

const ignore = (_: unknown) => {}

function perCall(run: () => void): number {
  const started = performance.now()
  let calls = 0
  while (performance.now() - started < 40) {
    for (let call = 0; call < 20; call++) run()
    calls += 20
  }
  return (performance.now() - started) / calls
}

/** Medians of each, measured in turns. The first turn warms up. */
function interleaved(rivals: readonly (() => number)[]): number[] {
  const found = rivals.map(() => [] as number[])
  for (let round = 0; round <= rounds; round++) {
    for (const [at, rival] of rivals.entries()) {
      const ms = rival()
      if (round > 0) found[at]!.push(ms)
    }
  }
  return found.map(median)
}

async function acrossProcesses(): Promise<Record<string, string>[]> {
  await using pool = await openPool()
  const web = await jqWeb()
  const text = sample(records)
  const rows = []
  for (const program of programs) {
    const rivals: readonly Rival[] = [
      { calls: 200, run: () => ask(pool, callOf(program, { kind: 'json', text })) },
      { calls: 10, run: () => spawnJq(program, text) },
      { calls: 50, run: async () => web.raw(text, program, ['-c']) },
    ]
    const [own, spawned, wasm] = await inBlocks(rivals)
    rows.push({
      program: `\`${program}\``,
      'through the pool': micros(own!),
      'jq started for each': micros(spawned!),
      'jq-web': micros(wasm!),
      'jq : pool': times(spawned! / own!),
      'jq-web : pool': times(wasm! / own!),
    })
  }
  return rows
}

interface Rival {
  readonly calls: number
  readonly run: () => Promise<unknown>
}

/** Medians of each, measured in turns of many calls. The first turn warms up. */
async function inBlocks(rivals: readonly Rival[]): Promise<number[]> {
  const found = rivals.map(() => [] as number[])
  for (let round = 0; round <= 5; round++) {
    for (const [at, { calls, run }] of rivals.entries()) {
      for (let call = 0; call < calls; call++) {
        const ms = await timed(run)
        if (round > 0) found[at]!.push(ms)
      }
    }
  }
  return found.map(median)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function spawnJq(program: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('jq', ['-c', program], { stdio: ['pipe', 'pipe', 'ignore'] })
    child.stdout.resume()
    child.on('error', reject)
    child.on('close', () => resolve())
    child.stdin.end(text)
  })
}
