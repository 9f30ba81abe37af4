import { describe, expect, it } from 'vitest'
import { type ExplainRequest, explainIn, planOf } from '../src/explain/explain.ts'
import { type ExplainOptions, explainText } from '../src/explain/explain-text.ts'
import { withHypothetical } from '../src/explain/hypothetical.ts'
import { parsePlan } from '../src/explain/plan.ts'
import { planDifference } from '../src/explain/plan-difference.ts'
import { hiddenColumns } from '../src/explain/sargable.ts'
import { inspect, type Prepared, prepare, type Room } from './schema-database.ts'

const tables = [
  'CREATE TABLE wide (id int PRIMARY KEY, grp int, name varchar(40), at timestamptz, "Odd Col" int)',
  `INSERT INTO wide SELECT n, n % 1000, 'name ' || n, '2026-01-01Z'::timestamptz + n * interval '1 minute', n
   FROM generate_series(1, 50000) n`,
  'CREATE TABLE linked (a int, b int)',
  'INSERT INTO linked SELECT n % 100, n % 100 FROM generate_series(1, 50000) n',
  'CREATE TABLE fresh (id int)',
  'ALTER TABLE fresh SET (autovacuum_enabled = off)',
  'CREATE TABLE visited (id int PRIMARY KEY, v int) WITH (autovacuum_enabled = off)',
  'INSERT INTO visited SELECT n, 0 FROM generate_series(1, 20000) n',
  'ALTER TABLE wide SET (autovacuum_enabled = off)',
  'ALTER TABLE linked SET (autovacuum_enabled = off)',
  'ANALYZE wide, linked, visited',
  'GRANT SELECT ON ALL TABLES IN SCHEMA public TO cq_reader',
]

describe('EXPLAIN options', () => {
  it('become words of the statement', () => {
    expect(explainText('SELECT 1', {}, 180_004)).toBe('EXPLAIN (FORMAT JSON) SELECT 1')
    expect(explainText('SELECT 1', { analyze: false, costs: false }, 180_004)).toBe(
      'EXPLAIN (FORMAT JSON, COSTS OFF) SELECT 1',
    )
    const options: ExplainOptions = { analyze: true, buffers: true, timing: false, memory: true, serialize: 'text' }
    expect(explainText('SELECT 1', options, 180_004)).toBe(
      'EXPLAIN (FORMAT JSON, ANALYZE ON, BUFFERS ON, TIMING OFF, MEMORY ON, SERIALIZE TEXT) SELECT 1',
    )
  })

  it.each([
    [{ memory: true }, 16, 'memory'],
    [{ serialize: 'text', analyze: true }, 16, 'serialize'],
    [{ wal: true }, 18, 'wal'],
    [{ timing: true }, 18, 'timing'],
    [{ analyze: true, genericPlan: true }, 18, 'genericPlan'],
    [{ analyze: true, serialize: 'x) DELETE FROM t; --' as 'text' }, 18, 'serialize'],
  ] as const)('are refused where the server has them not, or they do not fit: %j on %i', (options, major, option) => {
    expect(() => explainText('SELECT 1', options, major * 10_000)).toThrow(
      expect.objectContaining({ code: 'POSTGRES_EXPLAIN_OPTION', details: { option } }),
    )
  })
})

describe('a filter that hides its column', () => {
  it.each([
    ["(lower((wide.name)::text) = 'x'::text)", 'name', 'lower()'],
    ["((wide.at)::date = '2026-01-01'::date)", 'at', 'a cast to date'],
    ["(date_trunc('day'::text, at) = now())", 'at', 'date_trunc()'],
    ['((wide.id + 1) = 10)', 'id', 'arithmetic (+)'],
    ["((name)::text ~~ '%x'::text)", 'name', 'a pattern that begins with a wildcard'],
    ['(COALESCE(grp, 0) = 5)', 'grp', 'coalesce()'],
    ["(EXTRACT(year FROM at) = '2026'::numeric)", 'at', 'extract()'],
    ['((grp = 1) AND (abs(id) = 2))', 'id', 'abs()'],
  ])('is seen in %s', async (filter, column, within) => {
    expect(await hiddenColumns(filter)).toEqual([{ column, within }])
  })

  it.each([
    "((name)::text = 'x'::text)",
    "((name)::text ~~ 'x%'::text)",
    '(grp = 5)',
    '(id > (now())::int)',
    '(a.x = b.y)',
    '(NOT (SubPlan 1))',
    '((a + 1) = (b + 1))',
  ])('is not seen in %s', async filter => {
    expect(await hiddenColumns(filter)).toEqual([])
  })
})

for (const major of [18, 15] as const) {
  const server: Prepared | undefined = await prepare(major, { owner: tables })
  const hypopg = server?.hasHypopg
    ? await prepare(major, {
        superuser: [
          'CREATE SCHEMA "odd ext"',
          'CREATE EXTENSION hypopg SCHEMA "odd ext"',
          'GRANT USAGE ON SCHEMA "odd ext" TO PUBLIC',
        ],
        owner: tables,
      })
    : undefined
  describe.skipIf(!server)(`explaining on PostgreSQL ${major}${server ? '' : ' (not installed)'}`, () => {
    const asking = <T>(work: (room: Room) => Promise<T>) => inspect(server!.database.admin, work)
    const explained = (request: ExplainRequest, before = '') =>
      asking(async room => {
        if (before !== '') await room.client.query(before)
        return explainIn(room, request)
      })
    const findings = async (text: string, before = '') =>
      (await explained({ text, options: { analyze: true, timing: false } }, before)).findings

    it('finds a scan of a big table that keeps little, also without running it', async () => {
      const {
        findings: found,
        tree,
        plan,
      } = await explained({ text: 'SELECT * FROM wide WHERE grp = 5', options: { costs: true } })
      expect(found).toMatchObject([
        { finding: 'sequential_scan', step: 'Seq Scan on wide', evidence: { rows: 50_000 } },
      ])
      expect(tree).toContain('Seq Scan on public.wide')
      expect(tree).toContain('filter: (wide.grp = 5)')
      expect(plan.executionMs).toBeNull()
      expect(await findings('SELECT * FROM wide WHERE id = 5')).toEqual([])
      expect(await findings('SELECT * FROM wide WHERE grp >= 0')).toEqual([])
    })

    it('runs and measures when asked, with parameters', async () => {
      const { plan, tree, analyzed } = await explained({
        text: 'SELECT * FROM wide WHERE id < $1',
        params: [11],
        options: { analyze: true, buffers: true, settings: true, summary: true, wal: true },
      })
      expect(plan.root.actual).toMatchObject({ rows: 10, loops: 1 })
      expect(plan.root.blocks!.hit + plan.root.blocks!.read).toBeGreaterThan(0)
      expect(plan.executionMs).toBeGreaterThan(0)
      expect(tree).toMatch(/actual rows=10 loops=1/)
      expect(analyzed).toBe(true)
    })

    it('finds estimates that are far off, once, where they begin', async () => {
      const found = await findings(
        'SELECT count(*) FROM (SELECT * FROM linked WHERE a = 5 AND b = 5 OFFSET 0) x, (SELECT 1) y',
      )
      expect(found.filter(each => each.finding === 'estimate_off')).toMatchObject([
        { step: 'Seq Scan on linked', evidence: { actual: 500 } },
      ])
    })

    it('does not take an early stop for a wrong estimate', async () => {
      const found = await findings('SELECT * FROM wide LIMIT 3')
      expect(found).toEqual([])
    })

    it('finds sorts and hashes that go to disk', async () => {
      const sort = await findings(
        'SELECT * FROM wide ORDER BY name',
        "SET work_mem = '64kB'; SET enable_incremental_sort = off",
      )
      expect(sort.map(each => each.finding)).toContain('spill')
      expect(await findings('SELECT * FROM wide ORDER BY name', "SET work_mem = '256MB'")).toEqual([])
    })

    it('finds index-only scans that are not', async () => {
      const found = await findings(
        'SELECT count(id) FROM visited WHERE id < 5000',
        'SET enable_seqscan = off; SET enable_bitmapscan = off',
      )
      expect(found.map(each => each.finding)).toContain('heap_fetches')
    })

    it('finds nested loops that blow up', async () => {
      const found = await findings(
        'SELECT count(*) FROM wide w JOIN linked l ON l.a < w.grp - 998 WHERE w.id < 200 AND l.b < 50',
        'SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off',
      )
      expect(found).toContainEqual(expect.objectContaining({ finding: 'nested_loop' }))
    })

    it('finds tables without statistics and columns no index can reach', async () => {
      expect(await findings('SELECT * FROM fresh')).toMatchObject([{ finding: 'no_statistics' }])
      const hidden = await findings(`SELECT * FROM wide WHERE lower(name) = 'name 7'`)
      expect(hidden.map(each => each.finding)).toContain('hidden_column')
    })

    it('leaves the transaction usable after a statement that cannot be planned', async () => {
      await asking(async room => {
        await expect(planOf(room, { text: 'SELECT nothing FROM nowhere' })).rejects.toThrow('nowhere')
        expect((await planOf(room, { text: 'SELECT 1' })).root.type).toBe('Result')
      })
    })

    it('plans for any value, and leaves no prepared statement behind', async () => {
      const { plan } = await explained({ text: 'SELECT * FROM wide WHERE grp = $1', options: { genericPlan: true } })
      expect(plan.root.filter).toContain('$1')
      await asking(async room => {
        const options = { genericPlan: true }
        await planOf(room, { text: 'SELECT * FROM wide WHERE grp = $1 AND name = $2', options })
        await expect(planOf(room, { text: 'SELECT $1 FROM nowhere', options })).rejects.toThrow('nowhere')
        expect(await room.rows('SELECT name FROM pg_prepared_statements')).toEqual([])
        expect(await room.rows('SHOW plan_cache_mode')).toEqual([{ plan_cache_mode: 'auto' }])
      })
    })

    it.runIf(major >= 17)('measures memory and serialization', async () => {
      const { plan } = await explained({
        text: 'SELECT * FROM wide',
        options: { analyze: true, memory: true, serialize: 'text' },
      })
      expect(plan.root.actual?.rows).toBe(50_000)
    })

    it('compares two plans', async () => {
      const [scan, look] = await asking(async room => [
        await planOf(room, { text: 'SELECT * FROM wide WHERE grp = 5' }),
        await planOf(room, { text: 'SELECT * FROM wide WHERE id = 5' }),
      ])
      expect(planDifference(scan!, look!)).toMatchObject({
        gone: ['Seq Scan on wide'],
        come: ['Index Scan using wide_pkey on wide'],
        indexesUsed: ['wide_pkey'],
      })
      expect(planDifference(scan!, look!).ratio).toBeLessThan(0.1)
    })

    const hypothetical = ['CREATE INDEX ON wide (grp)']

    it('says what is missing for hypothetical indexes', async () => {
      const request = { text: 'SELECT 1', hypotheticalIndexes: hypothetical }
      await expect(explained(request)).rejects.toMatchObject({
        code: 'POSTGRES_EXTENSION_MISSING',
        details: { extension: 'hypopg', available: server!.hasHypopg },
      })
    })

    describe.skipIf(!hypopg)(`with HypoPG${hypopg ? '' : ' (not installed for this server)'}`, () => {
      const imagining = <T>(work: (room: Room) => Promise<T>) => inspect(hypopg!.database.reader, work)
      const left = (room: Room) => room.rows('SELECT * FROM "odd ext".hypopg()')

      it('shows what an index would change, and leaves none behind', async () => {
        await imagining(async room => {
          const { hypothetical: found, findings: now } = await explainIn(room, {
            text: 'SELECT * FROM wide WHERE grp = $1',
            params: [5],
            hypotheticalIndexes: [...hypothetical, 'CREATE INDEX ON wide ("Odd Col")'],
          })
          expect(found!.difference.ratio).toBeLessThan(0.3)
          expect(found!.indexes.map(index => index.used)).toEqual([true, false])
          expect(found!.indexes[0]!.sizeBytes).toBeGreaterThan(0)
          expect(now.map(each => each.finding)).toEqual(['sequential_scan'])
          expect(await left(room)).toEqual([])
        })
      })

      it('leaves none behind when the work fails in the middle', async () => {
        await imagining(async room => {
          const work = () => room.rows('SELECT 1 / 0')
          await expect(withHypothetical(room, hypothetical, work)).rejects.toThrow('division by zero')
          await expect(withHypothetical(room, ['CREATE INDEX ON wide (nothing)'], async () => {})).rejects.toThrow()
          expect(await left(room)).toEqual([])
        })
      })

      it.each([
        'DROP TABLE wide',
        'CREATE INDEX ON wide (grp); DROP TABLE wide',
        'CREATE TABLE x (id int)',
        'SELECT 1',
      ])('imagines nothing but indexes: not %s', async text => {
        await expect(imagining(room => withHypothetical(room, [text], async () => {}))).rejects.toMatchObject({
          kind: 'invalid',
        })
      })

      it('does not run statements on what does not exist', async () => {
        const request = { text: 'SELECT 1', options: { analyze: true }, hypotheticalIndexes: hypothetical }
        await expect(imagining(room => explainIn(room, request))).rejects.toMatchObject({
          code: 'POSTGRES_EXPLAIN_OPTION',
        })
      })
    })
  })
}

it('a plan is read from its text as from its JSON', () => {
  const json = [{ Plan: { 'Node Type': 'Result', 'Total Cost': 1, 'Plan Rows': 1 } }]
  expect(parsePlan(JSON.stringify(json))).toEqual(parsePlan(json))
})
