import { systemClock } from '@super-data/base/clock'
import { JqPool } from './jq-pool.ts'

const t0 = performance.now()
const pool = await JqPool.open({ memoryMb: 128 }, { clock: systemClock })
console.log('open', performance.now() - t0)
const call = (program: string, input: unknown, limits = {}, more = {}) => {
  const lines: string[] = []
  return pool
    .run(
      {
        program,
        variables: {},
        input: { kind: 'json', text: JSON.stringify(input) },
        mode: 'document',
        caller: 'a',
        limits: { timeMs: 2000, bytes: 1e6, ...limits },
        policy: 'stranger',
        ...more,
      },
      {
        onItems: f => {
          lines.push(...f.lines)
        },
      },
    )
    .then(a => ({ ...a, lines: lines.length > 5 ? lines.length : lines }))
}
console.log(
  await call('.', [1, 2, 3]),
  await call('.[]', [1, 2, 3]),
  await call('.', { a: 1 }),
  await call('.', [1, 2, 3], { outputs: 2 }),
)
console.log(await call('flood', 1, { outputs: 100000 }))
console.log(await call('flood', 1, { bytes: 100000 }))
for (const p of ['loop', 'bomb', 'crash']) {
  const t = performance.now()
  await call(p, 1, p === 'loop' ? { timeMs: 200 } : {}).catch(e =>
    console.log(p, e.code, e.message, performance.now() - t, e.cause),
  )
}
await call('.', [1])
const ts: number[] = []
for (let i = 0; i < 5000; i++) {
  const t = performance.now()
  await call('.', [1])
  ts.push(performance.now() - t)
}
ts.sort((a, b) => a - b)
console.log('p50', ts[2500], 'p99', ts[4950])
console.log(pool.stats())
await pool.close()
