import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describePostgres } from './open-source.ts'
import { seeWorld } from './world.ts'

const runs = process.env['SUPER_DATA_TORTURE'] ? 20_000 : 250

/** Things that must not happen, things that may, and things that are not SQL, glued together in every way SQL allows. */
const effects = fc.constantFrom(
  `nextval('s')`,
  'sd_write()',
  'pg_advisory_lock(1)',
  `setval('s', 77)`,
  `lo_creat(-1)`,
  `lo_from_bytea(0, 'x')`,
  `set_config('transaction_read_only', 'off', false)`,
  `query_to_xml('select nextval(''s'')', true, true, '')::text`,
  `dblink_exec('dbname=postgres', 'select 1')`,
  `pg_notify('a', 'b')::text`,
  `pg_catalog."setval"('s', 78)`,
)

const { query } = fc.letrec<{ scalar: string; query: string }>(tie => ({
  scalar: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('1', `'DROP TABLE acct'`, 'NULL', '$$;$$', 'now()', 'random()', 'id', 'a.id', '"id"', 'count(*)'),
    effects,
    tie('scalar').map(inner => `abs((${inner})::int)`),
    tie('scalar').map(inner => `CASE WHEN true THEN (${inner})::text END`),
    tie('scalar').map(inner => `ARRAY[(${inner})::text]`),
    tie('scalar').map(inner => `coalesce((${inner})::text, 'x') /* ; COMMIT; */`),
    tie('scalar').map(inner => `sum(1) FILTER (WHERE (${inner}) IS NOT NULL)`),
    tie('query').map(inner => `(${inner} LIMIT 1)`),
    tie('query').map(inner => `EXISTS (${inner})`),
    tie('query').map(inner => `ARRAY(${inner})`),
  ),
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('SELECT 1', 'SELECT id FROM acct a', 'SELECT id FROM rich a', 'SELECT 1 FROM evil', 'VALUES (1)'),
    tie('scalar').map(inner => `SELECT ${inner} FROM acct a`),
    tie('scalar').map(inner => `SELECT 1 FROM acct a WHERE (${inner}) IS NOT NULL`),
    tie('scalar').map(inner => `SELECT 1 FROM acct a ORDER BY (${inner})`),
    tie('scalar').map(inner => `SELECT 1 FROM acct a, LATERAL (SELECT ${inner}) x`),
    tie('scalar').map(inner => `SELECT 1 FROM generate_series(1, (${inner})::int) id`),
    tie('scalar').map(inner => `SELECT 1 FROM ROWS FROM (unnest(ARRAY[(${inner})::text]), generate_series(1, 2)) a`),
    tie('query').map(inner => `WITH x AS (${inner}) SELECT * FROM x`),
    tie('query').map(inner => `${inner} UNION ALL SELECT 1`),
    tie('query').map(inner => `SELECT * FROM (${inner}) x FOR UPDATE`),
    tie('scalar').map(
      inner => `WITH x AS (UPDATE acct a SET bal = 1 WHERE (${inner}) IS NOT NULL RETURNING 1) SELECT 1`,
    ),
    fc.constantFrom(
      `WITH x AS (DELETE FROM entry RETURNING id) SELECT 1`,
      `INSERT INTO acct SELECT 50, 'x', 1 RETURNING id`,
      'SELECT 1 INTO z',
    ),
  ),
}))

const statement = fc.oneof(
  { weight: 6, arbitrary: query },
  { weight: 1, arbitrary: query.map(inner => `EXPLAIN ${inner}`) },
  { weight: 2, arbitrary: query.map(inner => `EXPLAIN (ANALYZE) ${inner}`) },
  { weight: 1, arbitrary: query.map(inner => `CREATE TABLE z AS ${inner}`) },
  { weight: 1, arbitrary: query.map(inner => `COPY (${inner}) TO PROGRAM 'cat > /dev/null'`) },
  { weight: 1, arbitrary: query.map(inner => `DO $x$ BEGIN PERFORM 1; ${inner}; END $x$`) },
  { weight: 1, arbitrary: fc.tuple(query, query).map(([one, two]) => `${one}; ${two}`) },
  {
    weight: 1,
    arbitrary: fc.tuple(query, fc.constantFrom('COMMIT', 'ROLLBACK')).map(([one, two]) => `${two}; ${one}`),
  },
)

describePostgres('whatever a grammar comes up with', { source: { limits: { readTimeoutMs: 3_000 } } }, scene => {
  it('changes nothing when it is let through as a read', async () => {
    const before = await seeWorld(scene)
    let ran = 0
    await fc.assert(
      fc.asyncProperty(statement, async text => {
        const outcome = await scene.source.read({ text }).then(
          () => 'ran',
          error => error.code as string,
        )
        if (outcome === 'ran') ran++
        expect(outcome).not.toBe('INTERNAL')
        expect(outcome).toEqual(expect.any(String))
      }),
      { numRuns: runs },
    )
    expect(ran).toBeGreaterThan(runs / 20)
    expect(await seeWorld(scene)).toEqual(before)
  }, 1_800_000)

  it('changes nothing either when its effects are let through on purpose: the login and the transaction hold', async () => {
    const before = await seeWorld(scene)
    const open = await scene.open({
      policy: { allowFunctions: ['nextval', 'setval', 'sd_write', 'set_config', 'pg_advisory_lock', 'query_to_xml'] },
      limits: { readTimeoutMs: 3_000 },
    })
    await fc.assert(
      fc.asyncProperty(query, async text => {
        await open.read({ text }).catch(error => expect(error.code).toEqual(expect.any(String)))
      }),
      { numRuns: runs / 2 },
    )
    await expect.poll(() => seeWorld(scene)).toEqual(before)
  }, 1_800_000)
})
