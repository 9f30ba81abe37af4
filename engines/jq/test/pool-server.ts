/** A server that opens a pool, keeps one process busy for ever, tells their ids and waits to be killed. */
import { callOf, openPool } from './pool-fixture.ts'

const pool = await openPool({ workers: 1 })
const endless = callOf('def f: f; f', { limits: { timeMs: 600_000, bytes: 1_000 } })
void pool.run(endless, { onItems: () => {} })
process.stdout.write(JSON.stringify(pool.stats().processes.map(({ pid }) => pid)))
