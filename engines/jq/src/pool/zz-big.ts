import { readFileSync, statSync } from 'node:fs'
import { systemClock } from '@super-data/base/clock'
import { JqPool } from './jq-pool.ts'

const pool = await JqPool.open({ memoryMb: 700, workers: 1, cacheBytes: 1e9 }, { clock: systemClock })
const rss = () =>
  pool
    .stats()
    .processes.map(p => {
      try {
        return /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${p.pid}/status`, 'utf8'))![1]
      } catch {
        return ''
      }
    })
    .join(' ')
for (const [file, format, gzip, mode] of [
  ['a.json', 'json', false, 'records'],
  ['b.ndjson', 'ndjson', false, 'records'],
  ['a.json', 'json', false, 'document'],
  ['a.json', 'json', false, 'document'],
  ['b.ndjson', 'ndjson', false, 'document'],
  ['a.json.gz', 'json', true, 'records'],
] as const) {
  const t = performance.now()
  let n = 0
  const c0 = process.cpuUsage()
  const a = await pool.run(
    {
      program: process.argv[2] ?? 'none',
      variables: {},
      input: {
        kind: 'file',
        file: '/tmp/jqx/' + file,
        format,
        gzip,
        version: 'v1',
        sizeBytes: statSync('/tmp/jqx/' + file).size,
      },
      mode,
      caller: 'a',
      limits: { timeMs: 60000, bytes: 1e9 },
      policy: 'stranger',
    },
    {
      onItems: f => {
        n += f.lines.length
      },
    },
  )
  console.log(
    file,
    mode,
    JSON.stringify(a),
    Math.round(performance.now() - t),
    'ms; parent cpu',
    process.cpuUsage(c0).user / 1000,
    'child HWM kB',
    rss(),
  )
}
await pool.close()
