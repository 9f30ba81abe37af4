import { openPool, ask, callOf } from './jq-pool-call.ts'
import { sample } from './jq-data.ts'
const programs = [
  '.[3].city',
  'map(select(.amount > 500)) | length',
  'group_by(.city) | map({city: .[0].city, total: (map(.amount) | add)})',
  '[.[] | {id, mail: (.email | ascii_upcase), tag: .tags[0]}]',
  'reduce .[] as $o ({}; .[$o.city] += $o.amount)',
]
const text = sample(20)
await using pool = await openPool()
const n = Number(process.argv[2] ?? 2000)
for (const program of ['1', ...programs]) {
  const t: number[] = []
  for (let i = 0; i < n; i++) {
    const s = performance.now()
    await ask(pool, callOf(program, program === '1' ? { kind: 'none' } : { kind: 'json', text }))
    t.push(performance.now() - s)
  }
  const u = t.slice(n / 4).sort((a, b) => a - b)
  console.log(program.slice(0, 20).padEnd(20), 'p10', (u[(u.length * 0.1) | 0]! * 1000).toFixed(0), 'p50', (u[u.length >> 1]! * 1000).toFixed(0), 'p90', (u[(u.length * 0.9) | 0]! * 1000).toFixed(0))
}
