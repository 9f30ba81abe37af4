import { JqData } from './jq-data.ts'
import { load, measureProcess, median, megabytes, peakBytes, seconds, times } from './jq-measure.ts'
import { ask, callOf, fileInput, openPool, poolPids } from './jq-pool-call.ts'
import { machine, table } from './machine.ts'

const programs = [
  'length',
  '.[12345].email',
  'map(select(.id == 300000))',
  'map(.amount) | add',
  'map(.city) | unique',
  'group_by(.city) | map({city: .[0].city, total: (map(.amount) | add)})',
  'sort_by(.amount) | .[0].name',
  '[.[] | select(.active and .visits > 80) | .name] | length',
]
const rounds = 5

/** Claim: questions to 100 MB that are warm in the pool are answered five times faster than by jq. */
export async function jqResident(): Promise<void> {
  await using folder = await JqData.open()
  const data = await folder.orders(100)
  await using pool = await openPool({ workers: 1, memoryMb: 1024, cacheBytes: 2 ** 30 })
  const input = fileInput(data)
  const loading = performance.now()
  await ask(pool, callOf('length', input))
  const loaded = performance.now() - loading
  const rows = []
  for (const program of programs) {
    const own: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < rounds; round++) {
      const started = performance.now()
      await ask(pool, callOf(program, input))
      own.push(performance.now() - started)
      if (round < 2) theirs.push((await measureProcess('jq', ['-c', program, data.file], false)).ms)
    }
    const [ours, jq] = [median(own), Math.min(...theirs)]
    rows.push({
      program: `\`${program}\``,
      pool: `${ours.toFixed(1)} ms`,
      jq: seconds(jq),
      'jq : pool': times(jq / ours),
    })
  }
  const held = Math.max(...poolPids(pool).map(peakBytes))
  console.log(`Questions to ${data.records} warm records, 100 MB (${machine()}, ${load()})`)
  console.log(`first question, which loads them: ${seconds(loaded)}; peak of the process: ${megabytes(held)}\n`)
  console.log(table(rows))
}
