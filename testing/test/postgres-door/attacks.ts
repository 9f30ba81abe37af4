import { existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@super-data/testing/postgres'
import { expect, it } from 'vitest'
import type { Caller } from './caller.ts'
import type { Scene } from './scene.ts'
import { seeWorld } from './world.ts'

const file = join(tmpdir(), `super-data-door-attack-${process.pid}`)

/** One or more of each class; the engine's own tests try the whole list. */
const deniedReads: readonly string[] = [
  ...['COMMIT', 'ROLLBACK', 'BEGIN', 'SAVEPOINT x', 'SET TRANSACTION READ WRITE', 'SET transaction_read_only=off'],
  'SET default_transaction_read_only=off',
  'WITH x AS (DELETE FROM acct RETURNING *) SELECT * FROM x',
  `INSERT INTO acct VALUES (77, 'x', 1) RETURNING id`,
  'MERGE INTO acct a USING acct b ON a.id = b.id WHEN MATCHED THEN DELETE',
  ...['SELECT * INTO z FROM acct', 'CREATE TEMP TABLE z (a int)', 'TRUNCATE acct', 'REFRESH MATERIALIZED VIEW v'],
  ...['SELECT * FROM acct FOR UPDATE', 'SELECT * FROM acct FOR SHARE', 'LOCK TABLE acct'],
  'EXPLAIN ANALYZE DELETE FROM acct',
  `EXPLAIN (ANALYZE true) INSERT INTO acct VALUES (77, 'x', 1)`,
  'EXPLAIN ANALYZE EXECUTE p',
  ...[`COPY (SELECT 1) TO PROGRAM 'touch ${file}'`, `COPY acct TO '${file}'`, 'COPY acct FROM STDIN'],
  'COPY acct TO STDOUT',
  ...['DO $$ BEGIN DELETE FROM acct; END $$', 'CALL pc()', 'SELECT sd_write()', 'PREPARE p AS DELETE FROM acct'],
  ...['EXECUTE p', 'DECLARE c CURSOR WITH HOLD FOR SELECT 1', `LOAD 'x'`, `ALTER SYSTEM SET work_mem = '1MB'`],
  ...['VACUUM', 'DISCARD ALL'],
  ...[
    `SELECT nextval('s')`,
    `SELECT setval('s', 1)`,
    `SELECT lo_import('/etc/passwd')`,
    `SELECT lo_export(1, '${file}')`,
  ],
  ...['SELECT lo_creat(-1)', `SELECT lo_from_bytea(0, 'x')`, `SELECT pg_read_file('PG_VERSION')`],
  ...[`SELECT pg_read_binary_file('PG_VERSION')`, `SELECT * FROM pg_ls_dir('.')`, `SELECT pg_stat_file('PG_VERSION')`],
  `SELECT pg_logical_emit_message(false, 'a', 'b')`,
  `SELECT pg_create_physical_replication_slot('x')`,
  ...['SELECT pg_switch_wal()', 'SELECT pg_reload_conf()', 'SELECT pg_export_snapshot()', 'SELECT pg_stat_reset()'],
  `SELECT pg_import_system_collations('public')`,
  `SELECT query_to_xml('select pg_advisory_lock(7)', true, true, '')`,
  `SELECT * FROM dblink('dbname=postgres', 'select 1') AS t(a int)`,
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity',
  'SELECT pg_cancel_backend(pid) FROM pg_stat_activity',
  ...['SELECT pg_advisory_lock(1)', 'SELECT * FROM evil', 'LISTEN c', 'NOTIFY c', `SELECT pg_notify('c', 'x')`],
  ...['SELECT rolpassword FROM pg_authid', 'SELECT * FROM pg_shadow', 'SELECT * FROM pg_user_mappings'],
  ...['SHOW primary_conninfo', 'SELECT * FROM pg_hba_file_rules', 'SELECT pg_sleep(60)'],
]

/** What a write refuses, even with everything confirmed. */
const deniedWrites: readonly string[] = [
  ...[`COPY (SELECT 1) TO PROGRAM 'touch ${file}'`, `SELECT dblink_exec('dbname=postgres', 'drop table acct')`],
  ...[`INSERT INTO acct SELECT lo_import('/etc/passwd')::int, 'x', 1`, 'GRANT ALL ON acct TO PUBLIC'],
  ...['ALTER ROLE cq_writer SUPERUSER', 'DROP TABLE acct', 'TRUNCATE acct', 'SET ROLE cq_admin', 'VACUUM acct'],
  ...['UPDATE acct SET bal = pg_terminate_backend(1)::int', 'DO $$ BEGIN END $$', 'CALL pc()', 'COMMIT'],
]

const notOneStatement: readonly (readonly [text: string, code: string])[] = [
  ['COMMIT; DROP SCHEMA public CASCADE', 'POSTGRES_NOT_ONE_STATEMENT'],
  ['SELECT 1; SELECT 2', 'POSTGRES_NOT_ONE_STATEMENT'],
  [';SELECT 1;DELETE FROM acct', 'POSTGRES_NOT_ONE_STATEMENT'],
  ['SELECT 1\0; DROP TABLE acct', 'POSTGRES_SYNTAX'],
  [`SELECT '${'x'.repeat(1_000_000)}'`, 'INPUT_INVALID'],
  [`SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`, 'POSTGRES_TEXT_TOO_LONG'],
  [`SELECT 1${'+1'.repeat(10_000)}`, 'POSTGRES_TEXT_TOO_LONG'],
]

export function attacks(scene: () => Scene, alice: () => Caller): void {
  it('what is no read is refused by name as one, leaves a line in the audit, and changes nothing', async () => {
    const before = await seeWorld(scene())
    const trying = deniedReads.map(async sql => {
      const error = await alice().refused('pg_query', 'read', { sql })
      expect(error, sql).toMatchObject({ code: 'POLICY_DENIED', kind: 'denied', hint: expect.any(String) })
    })
    await Promise.all(trying)
    expect(await seeWorld(scene())).toEqual(before)
    expect(existsSync(file)).toBe(false)
    expect((await alice().read('SELECT 1')).rows).toEqual([[1]])
    const lines = (await scene().audit()).filter(
      line => line.operation === 'postgres.read' && line.code === 'POLICY_DENIED',
    )
    expect(lines.length).toBe(deniedReads.length)
    expect(lines[0]).toMatchObject({ user: 'alice', outcome: 'refused', door: 'mcp', project: 'default' })
  })

  it('what is not one statement is refused in good time, and leaves a line in the audit as well', async () => {
    const before = await seeWorld(scene())
    for (const [sql, code] of notOneStatement) {
      const { requestId, code: said } = await alice().refused('pg_query', 'read', { sql })
      expect(said, sql.slice(0, 60)).toBe(code)
      if (code === 'POSTGRES_NOT_ONE_STATEMENT' || code === 'POSTGRES_TEXT_TOO_LONG')
        expect((await scene().audit()).find(line => line.requestId === requestId)).toMatchObject({
          outcome: 'refused',
          code,
        })
    }
    expect(await seeWorld(scene())).toEqual(before)
    expect((await alice().read('SELECT 1')).rows).toEqual([[1]])
  })

  it('a write with autocommit is a change of rows and nothing else', async () => {
    const before = await seeWorld(scene())
    const trying = deniedWrites.map(async sql => {
      const error = await alice().refused('pg_query', 'write', { sql, autocommit: true, confirmAllRows: true })
      expect(error, sql).toMatchObject({ code: 'POLICY_DENIED' })
      const operations = [{ sql }]
      const batch = await alice().refused('pg_query', 'transaction', {
        operations,
        autocommit: true,
        confirmAllRows: true,
      })
      expect(batch, sql).toMatchObject({
        code: 'POSTGRES_OPERATION_FAILED',
        details: { index: 0, code: 'POLICY_DENIED' },
      })
    })
    await Promise.all(trying)
    expect(await seeWorld(scene())).toEqual(before)
    expect(existsSync(file)).toBe(false)
    rmSync(file, { force: true })
  })

  it('nor do the other actions that take SQL let anything through', async () => {
    const before = await seeWorld(scene())
    const sql = 'WITH x AS (DELETE FROM acct RETURNING *) SELECT * FROM x'
    expect(await alice().refused('pg_query', 'export', { sql, dataset: 'stolen' })).toMatchObject({
      code: 'POLICY_DENIED',
    })
    expect(await alice().refused('pg_query', 'explain', { sql: 'COMMIT' })).toMatchObject({ code: 'POLICY_DENIED' })
    expect(await alice().refused('pg_query', 'explain', { sql: 'EXECUTE p', analyze: true })).toMatchObject({
      code: 'POLICY_DENIED',
    })
    const index = 'CREATE INDEX ON acct (pg_advisory_lock(1))'
    const error = await alice().refused('pg_query', 'explain', {
      sql: 'SELECT 1',
      hypotheticalIndexes: [`${index}; DROP TABLE acct`],
    })
    expect(error.kind).toMatch(/invalid|denied|missing/)
    expect((await alice().ask('pg_admin', 'advise', { sql: ['DELETE FROM acct', sql] }))['missing']).toMatchObject({
      queries: 0,
    })
    for (const text of ['CREATE TABLE z AS SELECT 1; DROP TABLE acct', 'CREATE EXTENSION plperl', 'DROP TABLE acct'])
      expect((await alice().refused('pg_schema', 'create', { kind: 'table', sql: text })).kind).toMatch(
        /invalid|denied/,
      )
    const imported = { table: 'acct', schema: `public".acct; DROP TABLE acct --`, data: 'id\n1\n' }
    expect((await alice().refused('pg_query', 'import', imported)).kind).toMatch(/invalid|missing/)
    expect(await seeWorld(scene())).toEqual(before)
  })

  it('nobody who listens hears anything', async () => {
    const listener = new Client({ ...scene().shop.superuser })
    const heard: unknown[] = []
    listener.on('notification', message => heard.push(message))
    await listener.connect()
    await listener.query('LISTEN c')
    for (const sql of ['NOTIFY c', `SELECT pg_notify('c', 'x')`]) {
      await alice().refused('pg_query', 'read', { sql })
      await alice().refused('pg_query', 'write', { sql, autocommit: true })
    }
    await listener.query('SELECT 1')
    await listener.end()
    expect(heard).toEqual([])
  })

  it('a session is no way around: a read there is still a read, and a change still one statement', async () => {
    const before = await seeWorld(scene())
    const session = await alice().begin()
    for (const sql of ['DELETE FROM acct', 'COMMIT', 'SELECT pg_advisory_lock(1)', `SELECT nextval('s')`]) {
      const error = await alice().refused('pg_query', 'read', { sql, session })
      expect(error, sql).toMatchObject({ code: 'POLICY_DENIED', details: { session: { session, state: 'active' } } })
    }
    for (const sql of ['COMMIT', 'SET ROLE cq_admin', 'DROP TABLE acct', 'UPDATE acct SET bal = 0; COMMIT'])
      expect((await alice().refused('pg_query', 'write', { sql, session })).code).toMatch(
        /^(POLICY_DENIED|POSTGRES_NOT_ONE_STATEMENT)$/,
      )
    const everything = await alice().refused('pg_query', 'write', { sql: 'DELETE FROM entry', session })
    expect(everything).toMatchObject({ code: 'POSTGRES_CONFIRMATION_NEEDED' })
    for (const unclear of [{ dryRun: true }, { autocommit: true }])
      expect(
        await alice().refused('pg_query', 'write', { sql: 'DELETE FROM entry WHERE id = 1', session, ...unclear }),
      ).toMatchObject({
        code: 'POSTGRES_WRITE_UNCLEAR',
      })
    expect(await alice().ask('pg_tx', 'commit', { session })).toMatchObject({ state: 'closed' })
    expect(await seeWorld(scene())).toEqual(before)
  })

  it('secrets and the statements of others stay hidden', async () => {
    const { rows } = await alice().read(
      `SELECT DISTINCT query FROM pg_stat_activity WHERE usename IS DISTINCT FROM current_user AND query <> ''`,
    )
    expect(rows.every(([query]) => query === '<insufficient privilege>')).toBe(true)
    const hidden = await alice()
      .ask('pg_admin', 'settings', { name: 'data_directory' })
      .catch(() => ({ items: [{ value: null }] }))
    expect(hidden.items).toMatchObject([{ value: null }])
    const { sources } = { sources: await alice().text('pg_schema', 'sources') }
    expect(sources).not.toMatch(/reader"|127\.0\.0\.1|cq_reader:|password/)
  })
}
