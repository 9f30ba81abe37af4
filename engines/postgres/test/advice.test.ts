import { ManualClock, systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { candidates } from '../src/advice/candidates.ts'
import { columnUses } from '../src/advice/column-uses.ts'
import { adviseIndexes, type IndexAdviceRequest } from '../src/advice/index-advice.ts'
import type { TableFacts } from '../src/advice/table-facts.ts'
import { parseStatement } from '../src/schema/parsed-statement.ts'
import { PostgresSource } from '../src/source.ts'
import { connect, type Prepared, prepare } from './schema-database.ts'

const table = (more: Partial<TableFacts> = {}): TableFacts => ({
  id: 1,
  schema: 'public',
  name: 't',
  rows: 100_000,
  writes: 0,
  columns: ['a', 'b', 'c', 'd'].map(name => ({ name, distinct: 1_000, width: 4, indexable: true })),
  indexes: [],
  ...more,
})

async function columnsFor(text: string, facts = [table()]): Promise<string[]> {
  const found = candidates(columnUses(await parseStatement(text)), facts)
  return found.map(each => `${each.columns.join()}${each.descending ? ' desc' : ''}`)
}

describe('candidates for indexes', () => {
  it('are the compared columns, equality before ranges, and what is sorted by', async () => {
    expect(await columnsFor('SELECT * FROM t WHERE a = 1 AND b > 2')).toEqual(['a', 'b', 'a,b'])
    expect(await columnsFor('SELECT * FROM t WHERE a = $1 ORDER BY b DESC')).toEqual(['a', 'b desc', 'a,b desc'])
    expect(await columnsFor('SELECT * FROM t x WHERE x.a IN (1, 2) AND x.b BETWEEN 1 AND 2')).toContain('a,b')
    expect(await columnsFor(`SELECT * FROM t JOIN u ON u.z = t.c`)).toEqual(['c'])
    expect(await columnsFor('SELECT * FROM t WHERE a = 1 AND b = 2 AND c = 3 AND d = 4')).toContain('a,b,c')
  })

  it('are none where a column is hidden, another table is meant, or an index is there', async () => {
    expect(await columnsFor('SELECT * FROM t WHERE abs(a) = 1')).toEqual([])
    expect(await columnsFor('SELECT * FROM u WHERE a = 1')).toEqual([])
    expect(await columnsFor('SELECT * FROM t, u WHERE u.a = 1')).toEqual([])
    expect(await columnsFor('WITH t AS (SELECT 1 AS a) SELECT * FROM t WHERE a = 1')).toEqual([])
    expect(await columnsFor('SELECT * FROM t WHERE a = 1', [table({ indexes: [['a', 'b']] })])).toEqual([])
    expect(
      await columnsFor('SELECT * FROM t WHERE b = 1', [
        table({
          indexes: [
            ['a', 'b'],
            [null, 'b'],
          ],
        }),
      ]),
    ).toEqual(['b'])
    expect(await columnsFor('SELECT * FROM t WHERE a = 1', [table({ rows: 100 })])).toEqual([])
  })

  it('are no columns of few values by themselves', async () => {
    const flag = table({
      columns: [
        { name: 'a', distinct: 2, width: 1, indexable: true },
        { name: 'b', distinct: 9_000, width: 4, indexable: true },
      ],
    })
    expect(await columnsFor('SELECT * FROM t WHERE a = true AND b = 1', [flag])).toEqual(['b', 'b,a'])
  })
})

const statements = [
  'CREATE TABLE "Orders ü" (id int PRIMARY KEY, "Customer" int, status text, made timestamptz, flag bool)',
  `INSERT INTO "Orders ü" SELECT n, n % 5000, 's' || n % 20, '2026-01-01Z'::timestamptz + n * interval '1 minute', n % 2 = 0
   FROM generate_series(1, 60000) n`,
  'CREATE TABLE lines (id int PRIMARY KEY, ord int, sku text)',
  `INSERT INTO lines SELECT n, n % 20000, 'sku' || n % 300 FROM generate_series(1, 60000) n`,
  'CREATE TABLE covered (id int PRIMARY KEY, k int)',
  'INSERT INTO covered SELECT n, n % 1000 FROM generate_series(1, 20000) n',
  'CREATE INDEX covered_k ON covered (k)',
  'CREATE TABLE canary (id int)',
  'INSERT INTO canary VALUES (1)',
  'GRANT SELECT ON "Orders ü", lines, covered, canary TO cq_reader, cq_writer',
  'GRANT DELETE ON canary TO cq_writer',
  'ANALYZE',
]

for (const major of [18, 15] as const) {
  const plain: Prepared | undefined = await prepare(major, {
    superuser: ['CREATE EXTENSION pg_stat_statements'],
    owner: statements,
  })
  const hypopg = plain?.hasHypopg
    ? await prepare(major, {
        superuser: ['CREATE EXTENSION hypopg', 'CREATE EXTENSION pg_stat_statements'],
        owner: statements,
      })
    : undefined

  describe.skipIf(!plain)(`advice on PostgreSQL ${major}${plain ? '' : ' (not installed)'}`, () => {
    let source: PostgresSource
    beforeAll(async () => {
      source = await open(plain!)
    })
    afterAll(() => source.close())
    const advise = (request: IndexAdviceRequest) => adviseIndexes(source, request, { clock: systemClock })

    it('without HypoPG names what stands to reason, and says that it was not tried', async () => {
      const advice = await advise({
        queries: [
          { text: `SELECT * FROM "Orders ü" WHERE "Customer" = $1 AND status = 's1'`, weight: 10 },
          { text: 'SELECT * FROM covered WHERE k = 5' },
          { text: 'SELECT * FROM canary WHERE id = 1' },
        ],
      })
      expect(advice.basis).toBe('heuristic')
      expect(advice.suggestions).toMatchObject([
        { table: 'Orders ü', columns: ['Customer', 'status'], basis: 'heuristic', saving: null, indexesNow: 1 },
      ])
      expect(advice.suggestions[0]!.create).toBe(
        'CREATE INDEX CONCURRENTLY ON "public"."Orders ü" USING "btree" ("Customer", "status")',
      )
      expect(advice.suggestions[0]!.sizeBytes).toBeGreaterThan(500_000)
      expect(advice.notes.join()).toContain('not tried')
      await expect(
        (await connect(plain!.database.admin)).client.query(advice.suggestions[0]!.create),
      ).resolves.toBeDefined()
    })

    it('leaves out what may not be planned, and says why', async () => {
      const advice = await advise({
        queries: [
          { text: 'DELETE FROM canary' },
          { text: 'SELECT 1; DELETE FROM canary' },
          { text: 'SELECT pg_sleep(100)' },
          { text: 'SELECT * FROM nowhere WHERE id = 1' },
          { text: 'not sql' },
          { text: 'SELECT * FROM lines WHERE ord = $1' },
        ],
      })
      expect(advice.skipped).toHaveLength(5)
      expect(advice.queries).toBe(1)
      expect(advice.suggestions).toMatchObject([{ table: 'lines', columns: ['ord'] }])
      await using look = await connect(plain!.database.admin)
      expect(await look.rows('SELECT count(*)::int AS n FROM canary')).toEqual([{ n: 1 }])
    })

    describe.skipIf(!hypopg)(`with HypoPG${hypopg ? '' : ' (not installed for this server)'}`, () => {
      let trying: PostgresSource
      beforeAll(async () => {
        trying = await open(hypopg!)
      })
      afterAll(() => trying.close())
      const tried = (request: IndexAdviceRequest, clock: Parameters<typeof adviseIndexes>[2]['clock'] = systemClock) =>
        adviseIndexes(trying, request, { clock })

      it('takes the index that saves most, then the next, and counts what they save', async () => {
        const advice = await tried({
          queries: [
            { text: `SELECT * FROM "Orders ü" WHERE "Customer" = $1 AND status = $2`, weight: 100 },
            { text: 'SELECT o.id FROM "Orders ü" o JOIN lines l ON l.ord = o.id WHERE o.id = $1', weight: 50 },
            { text: 'SELECT * FROM covered WHERE k = 5', weight: 10_000 },
          ],
          savingMin: 0.01,
        })
        expect(advice.basis).toBe('hypopg')
        expect(advice.suggestions.map(each => [each.table, each.columns[0], each.basis])).toEqual([
          ['Orders ü', 'Customer', 'hypopg'],
          ['lines', 'ord', 'hypopg'],
        ])
        const [first] = advice.suggestions
        expect(first!.saving).toBeGreaterThan(0.1)
        expect(first!.helps[0]!.costAfter!).toBeLessThan(first!.helps[0]!.costBefore / 5)
        expect(first!.sizeBytes).toBeGreaterThan(100_000)
        expect(first!.create).toMatch(/^CREATE INDEX CONCURRENTLY ON "public"."Orders ü"/)
      })

      it('plans parameters with values the statistics know, else for any values, and says which', async () => {
        const advice = await tried({
          queries: [
            { text: 'SELECT * FROM "Orders ü" o WHERE o."Customer" = $1 ORDER BY id LIMIT $2' },
            { text: `SELECT count(*) FROM lines WHERE ord BETWEEN $1 AND $2 AND sku LIKE $3` },
            { text: 'SELECT * FROM lines WHERE ord = abs($1::int)' },
            { text: 'SELECT * FROM lines WHERE ord = 7' },
            { text: `SELECT * FROM "Orders ü" WHERE $1 > made AND status IN ($2, $3)` },
          ],
          savingMin: 0.001,
          indexesMax: 10,
        })
        expect(advice.skipped).toEqual([])
        const helps = new Map(
          advice.suggestions.flatMap(each => each.helps).map(help => [help.query.slice(0, 40), help]),
        )
        const of = (beginning: string) => [...helps.values()].find(help => help.query.startsWith(beginning))
        expect(of('SELECT * FROM "Orders ü" o')).toMatchObject({
          values: 'sampled',
          params: [/^\d+$/, '100'].map(matching),
        })
        const [from, to, like] = of('SELECT count(*)')!.params!.map(String)
        expect(Number(to) - Number(from)).toBeGreaterThan(1_000)
        expect(Number(to) - Number(from)).toBeLessThan(3_000)
        expect(like).toMatch(/^sk.*%$/)
        expect(of('SELECT * FROM lines WHERE ord = abs')).toMatchObject({ values: 'generic' })
        expect(of('SELECT * FROM lines WHERE ord = 7')).toMatchObject({ values: 'none' })
        expect(of('SELECT * FROM lines WHERE ord = 7')).not.toHaveProperty('params')
        const early = of('SELECT * FROM "Orders ü" WHERE $1 > made')
        if (early) expect(early.params![0]).toMatch(/^2026-01-0[45]/)
        expect(advice.notes.join()).toContain('sampled')
      })

      it('samples nothing of columns the login may not read', async () => {
        await using owner = await connect(hypopg!.database.admin)
        await owner.client.query('CREATE TABLE hidden AS SELECT n AS id, n AS secret FROM generate_series(1, 20000) n')
        await owner.client.query('ANALYZE hidden; GRANT SELECT (id) ON hidden TO cq_reader')
        const advice = await tried({ queries: [{ text: 'SELECT id FROM hidden WHERE id = $1' }] })
        expect(advice.suggestions[0]!.helps).toMatchObject([{ values: 'sampled' }])
        const secret = await tried({ queries: [{ text: 'SELECT id FROM hidden WHERE secret = $1' }] })
        expect(JSON.stringify(secret)).not.toContain('"params"')
        await owner.client.query('DROP TABLE hidden')
      })

      it('suggests an index that spares a sort', async () => {
        const advice = await tried({ queries: [{ text: 'SELECT * FROM "Orders ü" ORDER BY made DESC LIMIT 10' }] })
        expect(advice.suggestions).toMatchObject([{ columns: ['made'] }])
      })

      it('suggests nothing where nothing helps', async () => {
        const advice = await tried({
          queries: [
            { text: 'SELECT count(*) FROM lines' },
            { text: 'SELECT * FROM "Orders ü" WHERE flag' },
            { text: 'SELECT * FROM lines WHERE id = 5' },
          ],
        })
        expect(advice.suggestions).toEqual([])
      })

      it('keeps to its number, its bytes and its time', async () => {
        const queries = [
          { text: 'SELECT * FROM "Orders ü" WHERE "Customer" = 1' },
          { text: 'SELECT * FROM lines WHERE ord = 1' },
        ]
        expect((await tried({ queries, indexesMax: 1 })).suggestions).toHaveLength(1)
        expect((await tried({ queries, bytesMax: 10_000 })).suggestions).toEqual([])
        const clock = new ManualClock()
        const late = {
          now: () => clock.now(),
          elapsed() {
            clock.advance(6_000)
            return clock.elapsed()
          },
        }
        expect(await tried({ queries }, late)).toMatchObject({ cutShort: true })
      })

      it('takes its queries from pg_stat_statements', async () => {
        await using reader = await connect(hypopg!.database.reader)
        for (let n = 0; n < 30; n++) await reader.client.query(`SELECT count(*) FROM lines WHERE ord = ${n}`)
        const advice = await tried({ top: 50 })
        expect(advice.statistics).toMatchObject({ dealloc: expect.any(Number), since: expect.any(String) })
        expect(advice.suggestions.map(each => each.columns[0])).toContain('ord')
        expect(advice.skipped.map(each => each.reason).join()).toContain('pg_read_all_stats')
      })

      it('leaves no imagined index on the connections', async () => {
        const [left] = await Promise.all(
          Array.from({ length: 4 }, () => trying.inspect(undefined, catalog => catalog.rows('SELECT * FROM hypopg()'))),
        )
        expect(left).toEqual([])
      })
    })
  })
}

const matching = (pattern: RegExp | string) => (typeof pattern === 'string' ? pattern : expect.stringMatching(pattern))

function open({ database }: Prepared): Promise<PostgresSource> {
  const { reader, writer, admin } = database
  return PostgresSource.open({ name: 'shop', reader, writer, admin, clock: systemClock, random: systemRandom })
}
