import { beforeAll, expect, it } from 'vitest'
import { describePostgres } from './open-source.ts'

/** What strict guards refuse by mistake. */
const allowed: readonly string[] = [
  `SELECT 'DROP TABLE acct; DELETE FROM acct' AS text -- DELETE FROM acct`,
  '/* DROP TABLE acct */ SELECT 1',
  'SELECT 1 AS "delete", 2 AS "update"',
  `SELECT * FROM acct WHERE owner LIKE '%;%'`,
  'SELECT $$;DROP TABLE acct;$$, $q$ COMMIT $q$',
  'SELECT * FROM acct WHERE owner LIKE $1 ORDER BY id LIMIT 5;',
  'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY bal) FROM acct',
  'SELECT mode() WITHIN GROUP (ORDER BY owner) FROM acct',
  'SELECT id, sum(bal) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM acct',
  'SELECT row_number() OVER w, lag(bal) OVER w FROM acct WINDOW w AS (PARTITION BY id % 2 ORDER BY id)',
  'SELECT acct, sum(amount) FROM entry GROUP BY GROUPING SETS ((acct), ())',
  "SELECT acct, date_trunc('day', made), count(*) FROM entry GROUP BY ROLLUP (1, 2)",
  'SELECT a.id, e.amount FROM acct a CROSS JOIN LATERAL (SELECT * FROM entry WHERE acct = a.id LIMIT 1) e',
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n',
  'WITH a AS MATERIALIZED (SELECT * FROM acct) SELECT count(*) FROM a',
  `SELECT jsonb_path_query('{"a":[1,2]}', '$.a[*]'), '{"a":1}'::jsonb -> 'a', '{"a":1}'::jsonb @> '{}'`,
  `SELECT * FROM jsonb_to_recordset('[{"a":1}]') AS x(a int)`,
  `SELECT json_agg(row_to_json(a)) FROM acct a`,
  `SELECT regexp_replace('abc', '(b)', '[\\1]'), 'a' ~ '^a', string_to_table('a,b', ',')`,
  `SELECT to_char(now(), 'YYYY-MM'), now() - interval '1 day', extract(epoch FROM now()), now() AT TIME ZONE 'UTC'`,
  'SELECT random(), gen_random_uuid(), clock_timestamp()',
  'SELECT * FROM acct TABLESAMPLE system (50)',
  'SELECT ARRAY(SELECT id FROM acct), unnest(ARRAY[1, 2]), 3 = ANY (ARRAY[1, 3])',
  `SELECT to_tsvector('english', 'a cat') @@ to_tsquery('cat'), ts_headline('a cat', to_tsquery('cat'))`,
  "SELECT CASE WHEN bal > 500 THEN 'rich' ELSE 'poor' END, coalesce(NULL, 1), nullif(1, 1) FROM acct",
  'SELECT DISTINCT ON (acct) acct, made FROM entry ORDER BY acct, made DESC',
  'SELECT * FROM rich',
  'SELECT add_tax(bal) FROM acct',
  'SELECT factorial_of(5), rich_ones(), doubled(2)',
  'SELECT id FROM acct EXCEPT SELECT acct FROM entry UNION SELECT 1 INTERSECT SELECT 1',
  'SELECT * FROM acct ORDER BY bal DESC NULLS LAST OFFSET 2 ROWS FETCH FIRST 3 ROWS WITH TIES',
  'EXPLAIN SELECT * FROM acct',
  'EXPLAIN (ANALYZE off) SELECT 1',
  'EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT count(*) FROM acct',
  'EXPLAIN (COSTS off) SELECT 1',
  'SHOW server_version',
  'SHOW search_path',
  `SELECT current_setting('TimeZone'), current_user, current_database(), version()`,
  "SELECT pg_size_pretty(pg_total_relation_size('acct')), pg_typeof(1)",
  "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'",
  'SELECT relname, n_live_tup FROM pg_stat_user_tables',
  'SELECT pid, state FROM pg_stat_activity',
  'SELECT calls, query FROM pg_stat_statements LIMIT 3',
  "SELECT indexdef FROM pg_indexes WHERE tablename = 'acct'",
  'SELECT acct.id, (acct).owner, acct.* FROM acct',
  `SELECT '1 day'::interval, DATE '2026-01-01', B'101', 'x' COLLATE "C", 1::numeric(4,2), '{1}'::int[]`,
  `SELECT xmlelement(name a, 1), xpath('/a', '<a/>'::xml)`,
  'VALUES (1, 2), (3, 4)',
  'TABLE acct',
  '(SELECT 1)',
  'SELECT',
  `SELECT U&'d\\0061t\\+000061', E'a\\nb'`,
  'SELECT count(*) FILTER (WHERE bal > 100), array_agg(id ORDER BY id), bool_and(bal > 0) FROM acct',
]

const onlyNew: readonly string[] = [
  `SELECT * FROM JSON_TABLE('[{"a":1}]'::jsonb, '$[*]' COLUMNS (a int PATH '$.a')) t`,
  'SELECT JSON_ARRAYAGG(id) FROM acct',
  'SELECT uuidv7(), random(1, 6)',
]

const functions = `
  CREATE FUNCTION factorial_of(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT n $$;
  CREATE OR REPLACE FUNCTION factorial_of(n int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN n < 2 THEN 1 ELSE n * factorial_of(n - 1) END $$;
  CREATE FUNCTION rich_ones() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM rich; END;
  CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN n * 2; END $$;`

describePostgres('legitimate questions', {}, scene => {
  beforeAll(async () => {
    await scene.ask(functions)
  })

  it.each(allowed)('are answered: %s', async text => {
    const params = text.includes('$1') ? ['owner%'] : []
    expect(await scene.source.read({ text, params })).toMatchObject({ truncated: false })
  })

  it('are answered in the newest grammar where the server knows it', async () => {
    if (scene.postgres.major < 18) return
    for (const text of onlyNew) expect((await scene.source.read({ text })).rows).toHaveLength(1)
  })

  it('may call functions made a moment ago', async () => {
    await scene.source.read({ text: 'SELECT 1' })
    await scene.ask('CREATE FUNCTION fresh(int) RETURNS int LANGUAGE sql STABLE AS $$ SELECT $1 $$')
    await expect
      .poll(() =>
        scene.source.read({ text: 'SELECT fresh(1)' }).then(
          ({ rows }) => rows,
          () => [],
        ),
      )
      .toEqual([[1]])
  })

  it('are looked up where the policy says', async () => {
    await scene.ask('CREATE SCHEMA "the shop"; CREATE TABLE "the shop".only_here (a int)')
    await scene.ask('GRANT USAGE ON SCHEMA "the shop" TO cq_reader; GRANT SELECT ON "the shop".only_here TO cq_reader')
    const there = await scene.open({ policy: { searchPath: ['the shop', 'public'] } })
    expect(await there.read({ text: 'SELECT a FROM only_here, rich' })).toMatchObject({ rows: [] })
  })

  it('follow the policy of the source', async () => {
    const strict = await scene.open({
      policy: { denyTables: ['public.entry'], denyFunctions: ['add_tax'], allowFunctions: ['public.swallow'] },
    })
    await expect(strict.read({ text: 'SELECT * FROM entry' })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
    await expect(strict.read({ text: 'SELECT add_tax(1)' })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
    expect(await strict.read({ text: 'SELECT swallow(0)' })).toMatchObject({ rows: [['slept']] })
    await expect(scene.source.read({ text: 'SELECT swallow(0)' })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
  })
})
