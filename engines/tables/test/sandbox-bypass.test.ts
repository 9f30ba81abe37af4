import { existsSync } from 'node:fs'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SqlPool } from '../src/index.ts'
import { Workbench } from './workbench.ts'

const secret = 'planted-secret-7431'
let bench: Workbench
beforeAll(async () => {
  process.env['PLANTED_SECRET'] = secret
  bench = await Workbench.open()
  delete process.env['PLANTED_SECRET']
  await bench.write('safe', 'json', '[{"id":1}]')
  await writeFile(join(bench.folder, 'data', 'other.csv'), `word\n${secret}\n`)
  await writeFile(join(bench.folder, 'outside.csv'), `word\n${secret}\n`)
})
afterAll(() => bench[Symbol.asyncDispose]())

const refused = [
  "SELECT * FROM read_csv('/etc/passwd')",
  "SELECT * FROM read_csv(['/etc/passwd'])",
  "SELECT * FROM read_text('/etc/passwd')",
  "SELECT * FROM read_blob('/etc/passwd')",
  "SELECT * FROM read_json('/etc/passwd')",
  "SELECT * FROM READ_PARQUET('/etc/passwd')",
  "SELECT * FROM parquet_metadata('/etc/passwd')",
  "SELECT * FROM sniff_csv('/etc/passwd')",
  "SELECT * FROM glob('/etc/*')",
  "SELECT * FROM read_duckdb('/etc/passwd')",
  "FROM '/etc/passwd'",
  'FROM "/etc/passwd"',
  "FROM 'other.csv'",
  "FROM 'https://example.com/x.csv'",
  "SELECT * FROM safe WHERE id IN (SELECT * FROM read_csv('/etc/passwd'))",
  "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
  "WITH safe AS (SELECT * FROM '/etc/passwd') SELECT * FROM safe",
  "SELECT (SELECT content FROM read_text('/etc/passwd'))",
  "SELECT * FROM safe, LATERAL (SELECT * FROM read_text('/etc/passwd'))",
  "SELECT * FROM safe JOIN read_text('/etc/passwd') ON true",
  "SELECT 1 UNION ALL SELECT content FROM read_text('/etc/passwd')",
  "SELECT * FROM (DESCRIBE FROM read_csv('/etc/passwd'))",
  "SUMMARIZE FROM read_csv('/etc/passwd')",
  "DESCRIBE '/etc/passwd'",
  "EXPLAIN ANALYZE SELECT * FROM read_csv('/etc/passwd')",
  "EXPLAIN ANALYZE COPY safe TO '/tmp/x.csv'",
  "UNPIVOT '/etc/passwd' ON a",
  "PIVOT '/etc/passwd' ON a IN (1) USING count(*)",
  "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
  "SELECT * FROM query_table('/etc/passwd')",
  "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
  "SELECT list_transform([1], lambda x: getenv('PLANTED_SECRET'))",
  "SELECT getenv('PLANTED_SECRET')",
  "SELECT 'PLANTED_SECRET'.getenv()",
  "SELECT current_setting('secret_directory')",
  "SELECT getvariable('x')",
  'SELECT pg_get_viewdef(1)',
  "SELECT write_log('x')",
  'FROM duckdb_settings()',
  'FROM duckdb_views()',
  'FROM duckdb_secrets()',
  'FROM pragma_version()',
  "FROM pragma_table_info('safe')",
  'FROM duckdb_tables',
  'FROM sqlite_master',
  'FROM information_schema.tables',
  'FROM pg_catalog.pg_class',
  'FROM system.main.duckdb_settings',
  'SHOW TABLES',
  'SHOW ALL TABLES',
  "ATTACH '/tmp/x.db'",
  'DETACH memory',
  'USE memory',
  "COPY safe TO '/tmp/planted.csv'",
  "COPY (SELECT 1) TO '/tmp/planted.csv'",
  "COPY safe FROM '/etc/passwd'",
  "EXPORT DATABASE '/tmp/x'",
  "IMPORT DATABASE '/tmp/x'",
  'INSTALL httpfs',
  'LOAD httpfs',
  "LOAD '/tmp/x.so'",
  'SET threads=1',
  'SET enable_external_access=true',
  'RESET memory_limit',
  'SET VARIABLE x = 1',
  'PRAGMA database_list',
  'PRAGMA enable_profiling',
  'CREATE TABLE x (a INT)',
  'CREATE MACRO f() AS 1',
  'CREATE TEMP VIEW v AS SELECT 1',
  "CREATE SECRET s (TYPE s3, KEY_ID 'a')",
  'INSERT INTO safe VALUES (1)',
  'UPDATE safe SET id = 2',
  'DELETE FROM safe',
  'DROP TABLE safe',
  'ALTER TABLE safe ADD COLUMN x INT',
  'TRUNCATE safe',
  'MERGE INTO safe USING safe AS s ON true WHEN MATCHED THEN DELETE',
  'BEGIN',
  'CHECKPOINT',
  'VACUUM',
  'CALL pragma_version()',
  'PREPARE p AS SELECT 1',
  'EXECUTE p',
  'SELECT 1; SELECT 2',
  'SELECT 1; DROP TABLE safe',
  'SELECT 1;/* ; */ SELECT 2 --',
  "/* SELECT */ COPY safe TO '/tmp/planted.csv' -- SELECT",
  '-- SELECT 1\nDROP TABLE safe',
  'WITH x AS (SELECT 1) INSERT INTO safe SELECT * FROM x',
  'WITH x AS (DELETE FROM safe RETURNING *) SELECT * FROM x',
  '',
  ';',
  '-- nothing',
]

describe('a statement that reaches outside its data', () => {
  it.each(refused)('is refused: %s', async text => {
    const error = await bench.ask(text).then(
      answer => ({ code: 'ANSWERED', answer }),
      failure => failure,
    )
    expect(['SQL_REFUSED', 'SQL_UNKNOWN_TABLE', 'SQL_SYNTAX'], JSON.stringify(error)).toContain(error.code)
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toMatch(
      /root:x|planted-secret|sql-[A-Za-z0-9]{6}/,
    )
  })

  it('leaves nothing behind, and the data is still there', async () => {
    expect(existsSync('/tmp/planted.csv')).toBe(false)
    expect((await bench.ask('FROM safe')).lines).toEqual(['[1]'])
  })
})

it('a data file outside the data folder is refused, and so is a link to one', async () => {
  const table = {
    name: 'out',
    file: join(bench.folder, 'outside.csv'),
    format: 'csv',
    version: '1',
    sizeBytes: 9,
  } as const
  const link = join(bench.folder, 'data', 'link.csv')
  await symlink(table.file, link)
  for (const file of [table.file, link, join(bench.folder, 'data', '..', 'outside.csv')]) {
    await expect(bench.pool.parse('FROM out', { tables: [{ ...table, file }] })).rejects.toMatchObject({
      code: 'SQL_REFUSED',
    })
  }
})

it('an export outside the cache folder is refused', async () => {
  const target = join(bench.folder, 'stolen.ndjson')
  await expect(bench.pool.export(bench.tables[0]!, target)).rejects.toMatchObject({ code: 'SQL_REFUSED' })
  expect(existsSync(target)).toBe(false)
})

it.runIf(process.platform === 'linux')('the processes know nothing of the environment', async () => {
  await bench.ask('SELECT 1')
  expect(bench.pool.pids).not.toEqual([])
  for (const pid of bench.pool.pids) {
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain(secret)
  }
})

it('a plan of data read in place names the dataset, not the file', async () => {
  const line = `${JSON.stringify({ id: 1, text: 'x'.repeat(1000) })}\n`
  const large = await bench.write('large', 'ndjson', line.repeat(68_000))
  expect(large.sizeBytes).toBeGreaterThan(64 * 1024 * 1024)
  const plan = await bench.ask('EXPLAIN ANALYZE SELECT count(*) FROM large')
  expect(plan.lines.join()).not.toContain(bench.folder)
  expect((await bench.ask('SELECT count(*), min(id) FROM large')).lines).toEqual(['[68000,1]'])
})

it('a pool needs no process to refuse what is closed', async () => {
  const closed = await Workbench.open()
  await closed[Symbol.asyncDispose]()
  expect(closed.pool).toBeInstanceOf(SqlPool)
  await expect(closed.ask('SELECT 1')).rejects.toMatchObject({ code: 'SQL_WORKER_LOST' })
})
