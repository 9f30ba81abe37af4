import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { duplicateIndexes } from '../src/advice/duplicate-indexes.ts'
import { unusedIndexes } from '../src/advice/unused-indexes.ts'
import { readActivity } from '../src/monitor/activity.ts'
import { checkSignal, signalBackend } from '../src/monitor/backend-signal.ts'
import { readConnections } from '../src/monitor/connections.ts'
import { checkHealth, healthCheckNames } from '../src/monitor/health.ts'
import type { HealthThresholds } from '../src/monitor/health-check.ts'
import { type LockTree, readLocks } from '../src/monitor/locks.ts'
import { readSizes } from '../src/monitor/size.ts'
import { topQueries } from '../src/monitor/top-queries.ts'
import { connect, inspect, type Prepared, prepare, type Room } from './schema-database.ts'

const sick = {
  superuser: ['CREATE EXTENSION pg_stat_statements'],
  owner: [
    'CREATE TABLE "pile Up" (id int PRIMARY KEY, v int)',
    'INSERT INTO "pile Up" SELECT n, 0 FROM generate_series(1, 10) n',
    'CREATE TABLE keyless (a int, b int, c text)',
    'INSERT INTO keyless SELECT n, n % 7, md5(n::text) FROM generate_series(1, 20000) n',
    'CREATE INDEX k_a ON keyless (a)',
    'CREATE INDEX k_a_b ON keyless (a, b)',
    'CREATE INDEX k_a_again ON keyless (a)',
    'CREATE INDEX k_a_desc ON keyless (a DESC)',
    'CREATE INDEX k_a_some ON keyless (a) WHERE b = 1',
    'CREATE INDEX k_lower ON keyless (lower(c))',
    'CREATE INDEX k_lower_a ON keyless (lower(c), a)',
    'CREATE UNIQUE INDEX k_unique ON keyless (c)',
    'CREATE INDEX k_c ON keyless (c)',
    'CREATE INDEX k_b_with ON keyless (b) INCLUDE (a)',
    'CREATE INDEX k_b ON keyless (b)',
    'CREATE TABLE bloated (id int PRIMARY KEY, v text) WITH (autovacuum_enabled = off)',
    `INSERT INTO bloated SELECT n, repeat('x', 200) FROM generate_series(1, 20000) n`,
    'DELETE FROM bloated WHERE id % 10 <> 0',
    'CREATE TABLE "nearly full" (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)',
    `SELECT setval(pg_get_serial_sequence('"nearly full"', 'id'), 32000)`,
    'CREATE TABLE small_serial (id serial PRIMARY KEY)',
    `ALTER SEQUENCE small_serial_id_seq AS bigint`,
    `SELECT setval('small_serial_id_seq', 2000000000)`,
    `CREATE TABLE torn (v int)`,
    'INSERT INTO torn VALUES (1), (1)',
    'GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO cq_writer, cq_reader',
    'ANALYZE',
  ],
}

for (const major of [18, 15] as const) {
  const prepared: Prepared | undefined = await prepare(major, sick)
  describe.skipIf(!prepared)(`watching PostgreSQL ${major}${prepared ? '' : ' (not installed)'}`, () => {
    const monitoring = <T>(work: (room: Room) => Promise<T>) => inspect(prepared!.database.monitor, work)
    const reading = <T>(work: (room: Room) => Promise<T>) => inspect(prepared!.database.reader, work)

    describe('health', () => {
      const health = (only: string[], thresholds: Partial<HealthThresholds> = {}) =>
        monitoring(room => checkHealth(room, { only, thresholds }))
      const titles = async (only: string, thresholds: Partial<HealthThresholds> = {}) =>
        (await health([only], thresholds)).findings.map(finding => `${finding.severity}: ${finding.title}`)

      it('runs every check for a login that may only monitor, and for one that may only read', async () => {
        for (const look of [monitoring, reading]) {
          const report = await look(room => checkHealth(room))
          expect(report.failed).toEqual([])
          expect(report.checked.map(each => each.check)).toEqual(healthCheckNames)
          for (const finding of report.findings) expect(finding.fix).not.toBe('')
        }
      })

      it('finds sequences that run out, also where only the column is too narrow', async () => {
        await using admin = await connect(prepared!.database.admin)
        const report = await checkHealthOf(admin, ['sequences'])
        expect(report.map(finding => [finding.severity, finding.evidence['column']])).toEqual([
          ['critical', '"nearly full".id'],
          ['critical', 'small_serial.id'],
        ])
      })

      it('finds dead rows, and that autovacuum is off for them', async () => {
        await wait(1_200)
        const { findings } = await health(['vacuum'])
        expect(findings).toMatchObject([
          { severity: 'critical', evidence: { name: 'public.bloated', autovacuum: false } },
        ])
      })

      it('estimates bloat', async () => {
        await using admin = await connect(prepared!.database.admin)
        const found = await checkHealthOf(admin, ['bloat'], { bloatBytesMin: 1_000_000 })
        expect(found).toMatchObject([{ evidence: { name: 'public.bloated', estimated: true } }])
        expect(found[0]!.evidence['share']).toBeGreaterThan(0.8)
      })

      it('finds invalid indexes', async () => {
        await using admin = await connect(prepared!.database.admin)
        await expect(admin.client.query('CREATE UNIQUE INDEX CONCURRENTLY torn_v ON torn (v)')).rejects.toThrow(
          'torn_v',
        )
        expect(await titles('invalid_indexes')).toEqual(['warning: the index public.torn_v on public.torn is invalid'])
        await admin.client.query('DROP INDEX torn_v')
      })

      it('finds tables without a primary key', async () => {
        const found = (await health(['primary_keys'])).findings.map(finding => finding.evidence['name'])
        expect(found).toEqual(['public.keyless', 'public.torn'])
      })

      it('measures what it is told to measure', async () => {
        expect(await titles('wraparound')).toEqual([])
        expect(await titles('wraparound', { wraparoundWarning: 0 })).toHaveLength(20)
        expect(await titles('connections')).toEqual([])
        expect(await titles('connections', { connectionsWarning: 0 })).toHaveLength(1)
        expect((await titles('cache', { cacheBlocksMin: 0, cacheHitMin: 1.1 }))[0]).toContain('of block reads')
        expect((await health(['connections'], { connectionsWarning: 0, connectionsCritical: 0 })).status).toBe(
          'critical',
        )
      })

      it('finds transactions that sit idle', async () => {
        await using idler = await connect(prepared!.database.writer)
        await idler.client.query('BEGIN; SELECT 1')
        await wait(30)
        const { findings } = await health(['transactions'], { idleInTransactionSecondsWarning: 0.02 })
        expect(findings.map(finding => finding.evidence['pid'])).toContain(idler.backendPid)
      })

      it('finds inactive slots', async () => {
        await using superuser = await connect(prepared!.database.superuser)
        const slot = `s_${major}_${superuser.backendPid}`
        await superuser.client.query('SELECT pg_create_physical_replication_slot($1, true)', [slot])
        try {
          const { findings } = await health(['replication'], { replicationLagBytesWarning: 0 })
          expect(findings.map(finding => finding.evidence['name'])).toContain(slot)
        } finally {
          await superuser.client.query('SELECT pg_drop_replication_slot($1)', [slot])
        }
      })

      it('says when it cannot see enough', async () => {
        const look = (room: Room) => checkHealth(room, { only: ['visibility'] })
        expect((await reading(look)).findings).toMatchObject([{ severity: 'info' }])
        expect((await monitoring(look)).findings).toEqual([])
        expect((await inspect(prepared!.database.superuser, look)).findings).toMatchObject([{ severity: 'warning' }])
      })
    })

    it('finds indexes that others make superfluous, and no others', async () => {
      const found = await reading(room => duplicateIndexes(room))
      const pairs = found.map(each => `${each.index} < ${each.coveredBy} ${each.how}`).sort()
      expect(pairs).toEqual([
        'public.k_a < public.k_a_b prefix',
        'public.k_a_again < public.k_a same',
        'public.k_b < public.k_b_with same',
        'public.k_c < public.k_unique same',
        'public.k_lower < public.k_lower_a prefix',
      ])
      await using admin = await connect(prepared!.database.admin)
      await admin.client.query('BEGIN')
      for (const { drop } of found) await admin.client.query(drop.replace('CONCURRENTLY ', ''))
      expect(await duplicateIndexes(admin)).toEqual([])
      await admin.client.query('ROLLBACK')
    })

    it('finds indexes nobody scanned', async () => {
      await using admin = await connect(prepared!.database.admin)
      await admin.client.query('SET enable_seqscan = off; SELECT 1 FROM keyless WHERE b = 3 AND a < 0')
      await wait(1_200)
      await admin.client.query('SELECT 1')
      const { indexes } = await reading(room => unusedIndexes(room))
      const names = indexes.map(each => each.index)
      expect(names).toContain('public.k_lower_a')
      expect(names).not.toContain('public.k_unique')
      expect(indexes[0]!.sizeBytes).toBeGreaterThanOrEqual(indexes.at(-1)!.sizeBytes)
    })

    describe('locks', () => {
      it('are shown as a tree, from who blocks to who waits, with queries and ages', async () => {
        await using blocker = await connect(prepared!.database.writer)
        await using second = await connect(prepared!.database.writer)
        await using third = await connect(prepared!.database.admin)
        await blocker.client.query('BEGIN')
        await blocker.client.query('UPDATE "pile Up" SET v = 1 WHERE id = 1')
        await second.client.query('BEGIN')
        const waiting = second.client.query('UPDATE "pile Up" SET v = 2 WHERE id = 1')
        await until(
          () => monitoring(room => readLocks(room)),
          tree => tree.waiting === 1,
        )
        const behind = third.client.query('ALTER TABLE "pile Up" ADD COLUMN IF NOT EXISTS w int')
        const tree = await until(
          () => monitoring(room => readLocks(room)),
          found => found.waiting === 2,
        )

        const [root] = tree.roots
        expect(tree.roots).toHaveLength(1)
        expect(root).toMatchObject({
          pid: blocker.backendPid,
          state: 'idle in transaction',
          waitSeconds: null,
          waitsFor: null,
        })
        expect(root!.query).toContain('UPDATE "pile Up" SET v = 1')
        expect(root!.holds).toContainEqual({ relation: 'public."pile Up"', mode: 'RowExclusiveLock' })
        const below = root!.blocks.map(node => [node.pid, node.waitsFor?.relation])
        expect(below).toContainEqual([second.backendPid, 'public."pile Up"'])
        expect(pids(tree)).toContain(third.backendPid)
        expect(tree.waitSecondsMax).toBeGreaterThan(0)

        await blocker.client.query('ROLLBACK')
        await waiting
        await second.client.query('ROLLBACK')
        await behind
        expect((await monitoring(room => readLocks(room))).roots).toEqual([])
      })

      it('name relations of this database only', async () => {
        const other = (await prepare(major, { owner: ['CREATE TABLE elsewhere (id int)'] }))!
        await using one = await connect(other.database.admin)
        await using two = await connect(other.database.admin)
        await one.client.query('BEGIN; LOCK TABLE elsewhere')
        const waiting = two.client.query('SELECT * FROM elsewhere')
        const tree = await until(
          () => monitoring(room => readLocks(room)),
          found => pids(found).includes(two.backendPid),
        )
        const root = tree.roots.find(node => node.pid === one.backendPid)!
        expect(root.holds).toEqual([])
        expect(root.blocks[0]!.waitsFor).toMatchObject({ type: 'relation', relation: null })
        await one.client.query('ROLLBACK')
        await waiting
      })
    })

    describe('activity', () => {
      it('shows own sessions only until all are asked for', async () => {
        await using other = await connect(prepared!.database.writer)
        await other.client.query('BEGIN; SELECT 1')
        const look = (whose: 'own' | 'all') =>
          reading(async room => (await readActivity(room, { whose })).map(backend => backend.pid))
        expect(await look('own')).not.toContain(other.backendPid)
        expect(await look('all')).toContain(other.backendPid)
        const [seen] = await reading(async room =>
          (await readActivity(room, { whose: 'all' })).filter(backend => backend.pid === other.backendPid),
        )
        expect(seen).toMatchObject({ visible: false, state: null, query: '<insufficient privilege>' })
      })

      it('caps the text of queries and says so', async () => {
        await using other = await connect(prepared!.database.writer)
        await other.client.query(`BEGIN; SELECT '${'x'.repeat(900)}'`)
        const all = await monitoring(room => readActivity(room, { whose: 'all', queryMax: 50 }))
        const seen = all.find(backend => backend.pid === other.backendPid)!
        expect(seen).toMatchObject({ queryTruncated: true, state: 'idle in transaction', visible: true })
        expect(seen.query).toHaveLength(50)
        expect(seen.transactionSeconds).toBeGreaterThanOrEqual(0)
      })

      it('leaves out idle sessions and background processes until asked for', async () => {
        await using other = await connect(prepared!.database.writer)
        await other.client.query('SELECT 1')
        const look = (more: object) => monitoring(room => readActivity(room, { whose: 'all', ...more }))
        expect((await look({})).map(backend => backend.pid)).not.toContain(other.backendPid)
        expect((await look({ idle: true })).map(backend => backend.pid)).toContain(other.backendPid)
        expect((await look({ background: true })).map(backend => backend.type)).toContain('checkpointer')
      })
    })

    it('counts connections against what the server allows', async () => {
      const counts = await monitoring(readConnections)
      expect(counts).toMatchObject({ max: 100, partial: false })
      expect(counts.usable).toBeLessThan(100)
      expect(Object.values(counts.byState).reduce((sum, each) => sum + each, 0)).toBe(counts.total)
      expect((await reading(readConnections)).total).toBeGreaterThan(0)
    })

    it('measures the database, its tables and its indexes, the biggest first', async () => {
      const sizes = await reading(room => readSizes(room, { limit: 2 }))
      expect(sizes.database).toBe(prepared!.database.name)
      expect(sizes.bytes).toBeGreaterThan(sizes.tables[0]!.totalBytes)
      expect(sizes.tables.map(table => table.name).sort()).toEqual(['bloated', 'keyless'])
      expect(sizes.indexes).toHaveLength(2)
      expect(sizes.schemas).toMatchObject([{ schema: 'public' }])
    })

    describe('top queries', () => {
      it('are those of this database, in the order asked for', async () => {
        await using admin = await connect(prepared!.database.admin)
        for (let n = 0; n < 5; n++) await admin.client.query(`SELECT count(*) FROM keyless WHERE b = ${n}`)
        const top = await monitoring(room => topQueries(room, { by: 'calls', limit: 100, callsMin: 5 }))
        const mine = top.queries.find(query => query.query === 'SELECT count(*) FROM keyless WHERE b = $1')
        expect(mine).toMatchObject({ calls: 5, rows: 5, user: 'cq_admin', id: expect.stringMatching(/^-?\d+$/) })
        expect(top.since).not.toBeNull()
        expect(top.dealloc).toBeTypeOf('number')
        const elsewhere = (await prepare(major, { superuser: sick.superuser, owner: [] }))!
        const other = await inspect(elsewhere.database.monitor, room => topQueries(room, { limit: 100 }))
        expect(other.queries.map(query => query.query)).not.toContain(mine!.query)
        for (const by of ['total', 'mean', 'rows', 'blocks_read', 'temp'] as const)
          expect((await monitoring(room => topQueries(room, { by, limit: 2 }))).queries).toHaveLength(2)
      })

      it('say how to get the extension where it is missing', async () => {
        const bare = (await prepare(major, { owner: [] }))!
        await expect(inspect(bare.database.reader, room => topQueries(room))).rejects.toMatchObject({
          code: 'POSTGRES_EXTENSION_MISSING',
          kind: 'missing',
          hint: expect.stringContaining('CREATE EXTENSION'),
        })
      })
    })

    describe('signals', () => {
      const none = new Set<number>()

      it('spare own pools, the server, superusers, other databases and who is not there', async () => {
        await using mine = await connect(prepared!.database.writer)
        await using superuser = await connect(prepared!.database.superuser)
        const check = (pid: number, own: ReadonlySet<number> = none) =>
          monitoring(room => checkSignal(room, { pid, own, signal: 'terminate' }))
        await expect(check(mine.backendPid, new Set([mine.backendPid]))).rejects.toMatchObject({
          code: 'POSTGRES_SIGNAL_REFUSED',
        })
        await expect(check(superuser.backendPid)).rejects.toMatchObject({ code: 'POSTGRES_SIGNAL_REFUSED' })
        for (const pid of [0, -1, 1.5, 2 ** 40, 999_999])
          await expect(check(pid)).rejects.toMatchObject({ code: 'POSTGRES_BACKEND_MISSING' })
        const { rows } = await superuser.client.query<{ pid: number }>(
          `SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'`,
        )
        await expect(check(rows[0]!.pid)).rejects.toMatchObject({ code: 'POSTGRES_SIGNAL_REFUSED' })
        const other = (await prepare(major, { owner: [] }))!
        await using elsewhere = await connect(other.database.writer)
        await expect(check(elsewhere.backendPid)).rejects.toMatchObject({ code: 'POSTGRES_BACKEND_MISSING' })
        expect(await check(mine.backendPid)).toMatchObject({ user: 'cq_writer' })
      })

      it('cancel a query, and end a connection', async () => {
        await using admin = await connect(prepared!.database.admin)
        await using victim = await connect(prepared!.database.writer)
        const sleeping = victim.client.query('SELECT pg_sleep(30)').catch((error: Error) => error)
        await until(
          () => monitoring(room => readActivity(room, { whose: 'all' })),
          all => all.some(each => each.pid === victim.backendPid),
        )
        const own = new Set([admin.backendPid])
        expect(await signalBackend(admin, { pid: victim.backendPid, signal: 'cancel', own })).toMatchObject({
          sent: true,
        })
        expect(await sleeping).toMatchObject({ code: '57014' })
        expect(await signalBackend(admin, { pid: victim.backendPid, signal: 'terminate', own })).toMatchObject({
          sent: true,
        })
        await until(
          () => monitoring(room => readActivity(room, { whose: 'all', idle: true })),
          all => all.every(each => each.pid !== victim.backendPid),
        )
      })
    })
  })
}

async function checkHealthOf(room: Room, only: string[], thresholds: Partial<HealthThresholds> = {}) {
  await room.client.query('BEGIN')
  const { findings } = await checkHealth(room, { only, thresholds })
  await room.client.query('ROLLBACK')
  return findings
}

function pids(tree: LockTree): number[] {
  const below = (nodes: LockTree['roots']): number[] => nodes.flatMap(node => [node.pid, ...below(node.blocks)])
  return below(tree.roots)
}

async function until<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 1_000; tries++) {
    const seen = await look()
    if (holds(seen)) return seen
    await wait(20)
  }
  throw new Error('it did not come to that')
}
