import { JqData } from './jq-data.ts'
import { load, measureProcess, megabytes, PeakWatch, seconds, times } from './jq-measure.ts'
import { ask, callOf, fileInput, openPool, poolPids } from './jq-pool-call.ts'
import { machine, table } from './machine.ts'

const program = 'select(.amount > 900) | {id, city, total: (.amount * 2)}'
const size = Number(process.env['BENCH_MEGABYTES'] ?? 1_000)

/** Claim: a gigabyte of NDJSON, record by record, in at most 200 MB and faster than jq. */
export async function jqStream(): Promise<void> {
  await using folder = await JqData.open()
  const data = await folder.orders(size, { format: 'ndjson' })
  const jq = await measureProcess('jq', ['-c', program, data.file], false)
  await using pool = await openPool({ workers: 1 })
  const watches = poolPids(pool).map(pid => new PeakWatch(pid))
  const before = process.memoryUsage.rss()
  let server = before
  const look = setInterval(() => {
    server = Math.max(server, process.memoryUsage.rss())
  }, 20)
  const started = performance.now()
  await ask(pool, callOf(program, fileInput(data), { mode: 'records' }), false)
  const ms = performance.now() - started
  clearInterval(look)
  const own = Math.max(...watches.map(watch => watch.stop()))
  console.log(`select and project over ${data.records} lines, ${size} MB of NDJSON (${machine()}, ${load()})\n`)
  const rate = (took: number) => `${(size / (took / 1000)).toFixed(0)} MB/s`
  console.log(
    table([
      {
        engine: 'Super Data, pool',
        time: seconds(ms),
        rate: rate(ms),
        'of jq': times(ms / jq.ms),
        'peak memory': `${megabytes(own)} (server process + ${megabytes(server - before)})`,
      },
      {
        engine: 'jq 1.6',
        time: seconds(jq.ms),
        rate: rate(jq.ms),
        'of jq': '1.00x',
        'peak memory': megabytes(jq.peakBytes),
      },
    ]),
  )
}
