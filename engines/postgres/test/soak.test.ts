import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { describePostgres } from './open-source.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const calls = process.env['SUPER_DATA_TORTURE'] ? 10_000 : 500
const readersMax = 3
const writersMax = 2

const alice = { owner: 'alice', channel: 'phone' }

describePostgres(
  'thousands of mixed calls',
  { template: 'big', source: { limits: { readersMax, writersMax, waitingMax: 1_000, waitMs: 60_000 } } },
  scene => {
    const backends = async () => {
      const [row] = await scene.ask<Record<string, number>>(
        `SELECT count(*)::int AS all, count(*) FILTER (WHERE state LIKE 'idle in%')::int AS open
       FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      )
      return row!
    }

    it('leave no connection, lock, statement or memory behind', async () => {
      const { source } = scene
      const kill = () =>
        scene.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND usename ~ '^cq_' ORDER BY random() LIMIT 1`)
      const kinds = [
        () => source.read({ text: 'SELECT id, bal FROM acct WHERE id = $1', params: [3] }),
        () => source.read({ text: 'SELECT * FROM big' }),
        () => source.read({ text: 'SELECT 1/0' }),
        () => source.read({ text: 'DELETE FROM acct' }),
        () => source.read({ text: 'SELECT broken(' }),
        () => source.read({ text: 'SELECT * FROM nowhere' }),
        () => source.write({ text: 'UPDATE acct SET bal = bal WHERE id = $1', params: [2] }),
        () => source.write({ text: 'INSERT INTO acct VALUES (1)' }),
        () => source.read({ text: 'SELECT count(*) FROM big a, big b', signal: AbortSignal.timeout(20) }),
        async () => {
          const { id } = await source.sessions.begin(alice)
          await source.sessions.run(id, alice, { text: 'SELECT * FROM big', rowsMax: 5 })
          await source.sessions.rollback(id, alice)
        },
        async () => {
          const { id } = await source.sessions.begin(alice)
          await source.sessions.run(id, alice, { text: `INSERT INTO acct VALUES (20, 'soak', 1)` })
          await source.sessions.closeChannel(alice.channel)
        },
      ]
      const some = async (count: number) => {
        let next = 0
        const worker = async () => {
          while (next < count) {
            if (next % 50 === 0) await kill()
            await kinds[next++ % kinds.length]!().catch(() => {})
          }
        }
        await Promise.all(Array.from({ length: 6 }, worker))
      }
      await some(calls / 5)
      collectGarbage()
      const before = process.memoryUsage().heapUsed
      await some(calls)
      collectGarbage()
      const grown = process.memoryUsage().heapUsed - before
      expect(grown).toBeLessThan(30 << 20)

      // Those whose answer was an error are still there: their connection was killed at the wrong moment.
      await source.sessions.closeChannel(alice.channel)
      expect(source.sessions.size).toBe(0)
      expect(await scene.ask('SELECT FROM acct WHERE id = 20')).toEqual([])
      expect(source.connections).toBeLessThanOrEqual(readersMax + writersMax + 6)
      await expect.poll(async () => (await backends())['open']).toBe(0)
      expect((await backends())['all']).toBeLessThanOrEqual(readersMax + writersMax + 6)
      const left = await source.inspect(undefined, catalog =>
        catalog.rows(`SELECT
        (SELECT count(*)::int FROM pg_catalog.pg_prepared_statements) AS statements,
        (SELECT count(*)::int FROM pg_catalog.pg_cursors WHERE name <> '') AS cursors,
        (SELECT count(*)::int FROM pg_catalog.pg_locks WHERE locktype = 'advisory') AS locks`),
      )
      expect(left).toEqual([{ statements: 0, cursors: 0, locks: 0 }])
    }, 1_800_000)
  },
)
