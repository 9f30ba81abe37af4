/** A server that opens a pool, tells the ids of its processes and waits to be killed. */
import { openPool } from './pool-fixture.ts'

const pool = await openPool({ workers: 1 })
process.stdout.write(JSON.stringify(pool.stats().processes.map(({ pid }) => pid)))
