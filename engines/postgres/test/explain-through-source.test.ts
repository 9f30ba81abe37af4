import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maintain } from '../src/admin/maintenance.ts'
import { getSetting, listSettings } from '../src/admin/server-settings.ts'
import { tableStatistics } from '../src/admin/table-statistics.ts'
import { duplicateIndexes } from '../src/advice/duplicate-indexes.ts'
import { unusedIndexes } from '../src/advice/unused-indexes.ts'
import { explain } from '../src/explain/explain.ts'
import { readActivity } from '../src/monitor/activity.ts'
import { checkSignal } from '../src/monitor/backend-signal.ts'
import { readConnections } from '../src/monitor/connections.ts'
import { checkHealth } from '../src/monitor/health.ts'
import { readLocks } from '../src/monitor/locks.ts'
import { readSizes } from '../src/monitor/size.ts'
import { topQueries } from '../src/monitor/top-queries.ts'
import { define } from '../src/schema/definition.ts'
import { describeObject } from '../src/schema/describe-object.ts'
import { impactOf, lookAtChange, type Rehearsed } from '../src/schema/impact.ts'
import { listObjects } from '../src/schema/list-objects.ts'
import { objectKinds } from '../src/schema/object-kind.ts'
import { outline } from '../src/schema/outline.ts'
import { searchObjects } from '../src/schema/search-objects.ts'
import { PostgresSource } from '../src/source.ts'
import { connect, type Prepared, prepare } from './schema-database.ts'
import { shop, weird } from './schema-shop.ts'

for (const major of [18, 15] as const) {
  const prepared: Prepared | undefined = await prepare(major, {
    superuser: shop.superuser,
    owner: [
      ...shop.owner,
      'GRANT USAGE ON SCHEMA sales TO cq_writer',
      'GRANT ALL ON sales.customer TO cq_writer',
      'GRANT SELECT ON "Weird ""Name""" TO cq_reader',
    ],
  })
  describe.skipIf(!prepared)(`through a source of PostgreSQL ${major}${prepared ? '' : ' (not installed)'}`, () => {
    let source: PostgresSource
    beforeAll(async () => {
      const { reader, writer, admin } = prepared!.database
      source = await PostgresSource.open({
        name: 'shop',
        reader,
        writer,
        admin,
        clock: systemClock,
        random: systemRandom,
      })
    })
    afterAll(() => source.close())

    it('everything can be looked at', async () => {
      await source.inspect(undefined, async catalog => {
        for (const kind of objectKinds)
          expect((await listObjects(catalog, { kind, sizes: true })).items, kind).not.toEqual([])
        expect(await describeObject(catalog, { name: 'orders' })).toMatchObject({
          schema: 'sales',
          columns: { length: 5 },
        })
        expect(await searchObjects(catalog, { text: 'customer invoices' })).not.toEqual([])
        expect((await outline(catalog)).mode).toBe('detailed')
        expect(await tableStatistics(catalog)).not.toEqual([])
        expect(await getSetting(catalog, 'work_mem')).toMatchObject({ unit: 'kB' })
        expect((await listSettings(catalog, { changed: true })).items).not.toEqual([])
        expect((await checkHealth(catalog)).failed).toEqual([])
        expect((await readConnections(catalog)).total).toBeGreaterThan(0)
        expect(await readActivity(catalog, { whose: 'all', idle: true })).toBeInstanceOf(Array)
        expect((await readLocks(catalog)).roots).toEqual([])
        expect((await readSizes(catalog)).tables).not.toEqual([])
        expect((await topQueries(catalog)).queries).toBeInstanceOf(Array)
        expect(await duplicateIndexes(catalog)).toEqual([])
        expect((await unusedIndexes(catalog)).indexes).not.toEqual([])
      })
    })

    it('near names come with what is missing', async () => {
      const looking = source.inspect(undefined, catalog => describeObject(catalog, { name: 'ordres' }))
      await expect(looking).rejects.toMatchObject({
        code: 'POSTGRES_OBJECT_MISSING',
        details: { near: ['sales.orders'] },
      })
    })

    it('reads are explained, and analyzed', async () => {
      const text = 'SELECT * FROM sales.customer WHERE id = $1'
      expect((await explain(source, { text, params: [5] })).tree).toContain('customer')
      const measured = await explain(source, { text, params: [5], options: { analyze: true, buffers: true } })
      expect(measured.plan.root.actual?.rows).toBe(1)
      expect((await explain(source, { text, options: { genericPlan: true } })).plan.root.totalCost).toBeGreaterThan(0)
    })

    it('writes are explained with the right to write only, and analyzed without leaving a trace', async () => {
      const text = 'DELETE FROM sales.customer WHERE id <= 10'
      const options = { analyze: true }
      await expect(explain(source, { text, options })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
      const found = await explain(source, { text, options, as: 'write' })
      expect(found.plan.root.children[0]!.actual?.rows).toBe(10)
      expect(found.plan.triggers.length).toBeGreaterThan(0)
      expect(found.notes.join()).toContain('rolled back')
      await using look = await connect(prepared!.database.superuser)
      expect(await look.rows('SELECT count(*)::int AS n FROM sales.customer')).toEqual([{ n: 100 }])
    })

    it.each([
      'SELECT 1; DELETE FROM sales.customer',
      'EXPLAIN ANALYZE DELETE FROM sales.customer',
      'EXECUTE p',
      'SELECT pg_sleep(9)',
      '',
    ])('nothing else is explained: %j', async text => {
      await expect(explain(source, { text, options: { analyze: true } })).rejects.toMatchObject({
        kind: expect.stringMatching(/denied|invalid/),
      })
    })

    it('hypothetical indexes say what they need', async () => {
      const asking = explain(source, {
        text: 'SELECT 1',
        hypotheticalIndexes: ['CREATE INDEX ON sales.customer (name)'],
      })
      await expect(asking).rejects.toMatchObject({ code: 'POSTGRES_EXTENSION_MISSING' })
    })

    it('tables with any name are vacuumed, analyzed and reindexed', async () => {
      const table = { name: weird }
      const done = [
        await maintain(source, { do: 'vacuum', table, verbose: true }),
        await maintain(source, { do: 'analyze', table }),
        await maintain(source, { do: 'reindex', target: 'table', name: weird }),
      ]
      expect(done.map(each => each.tag)).toEqual(['VACUUM', 'ANALYZE', 'REINDEX'])
      expect(done[0]!.notices.length).toBeGreaterThan(0)
    })

    it('a change is rehearsed, looked at and rolled back, then made', async () => {
      const definition = await define({
        do: 'add column',
        table: { schema: 'sales', name: 'orders' },
        column: { name: 'größe "x"', type: 'int', default: '0' },
      })
      const impact = await source.inspect(undefined, catalog => impactOf(catalog, definition))
      expect(impact).toMatchObject({ exists: true, lock: 'ACCESS EXCLUSIVE', rewrites: 'maybe' })
      let seen: Rehearsed | undefined
      const look = async (catalog: Parameters<typeof lookAtChange>[0]) => {
        seen = await lookAtChange(catalog)
      }
      const columns = async () => {
        const found = await source.inspect(undefined, catalog => describeObject(catalog, { name: 'orders' }))
        return found.kind === 'table' ? found.columns.length : 0
      }
      const rehearsed = await source.define(undefined, { statements: [definition.text], dryRun: true, look })
      expect(rehearsed.rolledBack).toBe(true)
      expect(seen!.locks).toContainEqual({ relation: 'sales.orders', mode: 'AccessExclusiveLock' })
      expect(await columns()).toBe(5)
      await source.define(undefined, { statements: [definition.text] })
      expect(await columns()).toBe(6)
      await source.define(undefined, { statements: [impact.undo!] })
      expect(await columns()).toBe(5)
    })

    it('an index is built without blocking anybody', async () => {
      const { text, alone } = await define({
        do: 'create index',
        table: { schema: 'sales', name: 'orders' },
        name: 'calm',
        keys: [{ column: 'made' }],
        concurrently: true,
      })
      expect(alone).toBe(true)
      expect((await source.define(undefined, { statements: [text], alone })).tags).toEqual(['CREATE INDEX'])
    })

    it('its own connections are nobody’s to end', async () => {
      const [pid] = await source.inspect(undefined, async () => [...source.ownBackends()])
      const own = source.ownBackends()
      await expect(
        source.inspect(undefined, catalog => checkSignal(catalog, { pid: pid!, own, signal: 'cancel' })),
      ).rejects.toMatchObject({ code: 'POSTGRES_SIGNAL_REFUSED' })
    })
  })
}
