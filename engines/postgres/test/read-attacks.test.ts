import { existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@super-data/testing/postgres'
import { expect, it } from 'vitest'
import { PostgresSource } from '../src/index.ts'
import { describePostgres } from './open-source.ts'
import { seeWorld } from './world.ts'

const file = join(tmpdir(), `super-data-attack-${process.pid}`)

/** Constructs that are refused, and how the message names them. */
const refused: readonly (readonly [text: string, named: string])[] = [
  // Ways out of the transaction.
  ['COMMIT', 'COMMIT'],
  ['ROLLBACK', 'ROLLBACK'],
  ['BEGIN', 'BEGIN'],
  ['SAVEPOINT x', 'SAVEPOINT'],
  ['END', 'COMMIT'],
  ['ABORT', 'ROLLBACK'],
  [`PREPARE TRANSACTION 'x'`, 'PREPARE TRANSACTION'],
  ['SET TRANSACTION READ WRITE', 'SET'],
  ['SET transaction_read_only = off', 'SET'],
  ['SET default_transaction_read_only = off', 'SET'],
  ['SET LOCAL transaction_read_only = off', 'SET'],
  ['SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE', 'SET'],
  ['RESET ALL', 'SET or RESET'],
  ['SET ROLE cq_admin', 'SET'],
  ['SET SESSION AUTHORIZATION postgres', 'SET'],
  [`SELECT set_config('transaction_read_only', 'off', false)`, 'set_config'],
  // Changes in disguise.
  ['WITH x AS (DELETE FROM acct RETURNING *) SELECT * FROM x', 'DELETE'],
  [`WITH x AS (INSERT INTO acct VALUES (11, 'x', 1) RETURNING *) SELECT 1`, 'INSERT'],
  [`INSERT INTO acct VALUES (11, 'x', 1) RETURNING id`, 'INSERT'],
  ['UPDATE acct SET bal = 0', 'UPDATE'],
  ['DELETE FROM acct', 'DELETE'],
  ['MERGE INTO acct a USING acct b ON a.id = b.id WHEN MATCHED THEN DELETE', 'MERGE'],
  ['SELECT * INTO z FROM acct', 'SELECT INTO'],
  ['CREATE TABLE z AS SELECT 1', 'CREATE TABLE AS'],
  ['CREATE TEMP TABLE z (a int)', 'CREATE TABLE'],
  ['TRUNCATE acct', 'TRUNCATE'],
  ['REFRESH MATERIALIZED VIEW v', 'REFRESH'],
  ['SELECT * FROM acct FOR UPDATE', 'FOR UPDATE'],
  ['SELECT * FROM (SELECT * FROM acct FOR SHARE) x', 'FOR UPDATE or SHARE'],
  ['SELECT (SELECT id FROM acct LIMIT 1 FOR NO KEY UPDATE)', 'FOR UPDATE'],
  ['LOCK TABLE acct', 'LOCK'],
  ['DROP TABLE acct', 'DROP'],
  ['ALTER TABLE acct ADD x int', 'ALTER TABLE'],
  ['CREATE INDEX ON acct (owner)', 'CREATE INDEX'],
  ['GRANT ALL ON acct TO PUBLIC', 'GRANT'],
  [`COMMENT ON TABLE acct IS 'x'`, 'COMMENT'],
  // EXPLAIN that runs.
  ['EXPLAIN ANALYZE DELETE FROM acct', 'DELETE'],
  [`EXPLAIN (ANALYZE true) INSERT INTO acct VALUES (11, 'x', 1)`, 'INSERT'],
  ['EXPLAIN (ANALYZE off, ANALYZE on) DELETE FROM acct', 'DELETE'],
  ['EXPLAIN (ANALYZE 1) DELETE FROM acct', 'DELETE'],
  ['EXPLAIN ANALYZE EXECUTE p', 'EXECUTE'],
  ['EXPLAIN ANALYZE CREATE TABLE z AS SELECT 1', 'CREATE TABLE AS'],
  ['EXPLAIN ANALYZE SELECT pg_advisory_lock(1)', 'pg_advisory_lock'],
  ['EXPLAIN ANALYZE DECLARE c CURSOR FOR SELECT 1', 'DECLARE'],
  // COPY and other ways to files.
  [`COPY (SELECT 1) TO PROGRAM 'touch ${file}'`, 'COPY'],
  [`COPY acct TO '${file}'`, 'COPY'],
  [`COPY acct FROM '${file}'`, 'COPY'],
  ['COPY acct TO STDOUT', 'COPY'],
  ['COPY acct FROM STDIN', 'COPY'],
  [`SELECT pg_read_file('PG_VERSION')`, 'pg_read_file'],
  [`SELECT * FROM pg_read_file('PG_VERSION')`, 'pg_read_file'],
  [`SELECT * FROM ROWS FROM (pg_ls_dir('.'), generate_series(1, 2))`, 'pg_ls_dir'],
  [`SELECT pg_read_binary_file('PG_VERSION')`, 'pg_read_binary_file'],
  [`SELECT pg_stat_file('PG_VERSION')`, 'pg_stat_file'],
  [`SELECT lo_import('/etc/passwd')`, 'lo_import'],
  [`SELECT lo_export(1, '${file}')`, 'lo_export'],
  ['SELECT lo_creat(-1)', 'lo_creat'],
  [`SELECT lo_from_bytea(0, 'x')`, 'lo_from_bytea'],
  ['SELECT lo_get(1)', 'lo_get'],
  // Code.
  ['DO $$ BEGIN DELETE FROM acct; END $$', 'DO'],
  ['CALL pc()', 'CALL'],
  ['SELECT sd_write()', 'sd_write'],
  ['SELECT * FROM sd_write()', 'sd_write'],
  ['SELECT id FROM acct ORDER BY sd_write()', 'sd_write'],
  ['SELECT count(*) FROM acct GROUP BY owner HAVING sd_write() > 0', 'sd_write'],
  ['SELECT count(*) FILTER (WHERE sd_write() > 0) FROM acct', 'sd_write'],
  ['SELECT sum(id) OVER (ORDER BY sd_write()) FROM acct', 'sd_write'],
  ['SELECT * FROM acct LIMIT sd_write()', 'sd_write'],
  ['SELECT CASE WHEN true THEN sd_write() END', 'sd_write'],
  ['SELECT ARRAY[sd_write()]', 'sd_write'],
  ['SELECT * FROM acct, LATERAL (SELECT sd_write()) x', 'sd_write'],
  ['VALUES (sd_write())', 'sd_write'],
  ['PREPARE p AS DELETE FROM acct', 'PREPARE'],
  ['EXECUTE p', 'EXECUTE'],
  ['DEALLOCATE ALL', 'DEALLOCATE'],
  ['DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'DECLARE'],
  ['FETCH ALL FROM c', 'FETCH'],
  [`LOAD 'x'`, 'LOAD'],
  [`ALTER SYSTEM SET work_mem = '1MB'`, 'ALTER SYSTEM'],
  ['VACUUM', 'VACUUM'],
  ['ANALYZE acct', 'ANALYZE'],
  ['REINDEX TABLE acct', 'REINDEX'],
  ['CLUSTER', 'CLUSTER'],
  ['CHECKPOINT', 'CHECKPOINT'],
  ['DISCARD ALL', 'DISCARD'],
  // Functions with effects.
  [`SELECT nextval('s')`, 'nextval'],
  [`SELECT setval('s', 1)`, 'setval'],
  [`SELECT pg_logical_emit_message(false, 'a', 'b')`, 'pg_logical_emit_message'],
  [`SELECT pg_create_physical_replication_slot('x')`, 'pg_create_physical_replication_slot'],
  ['SELECT pg_switch_wal()', 'pg_switch_wal'],
  ['SELECT pg_reload_conf()', 'pg_reload_conf'],
  ['SELECT pg_export_snapshot()', 'pg_export_snapshot'],
  ['SELECT pg_stat_reset()', 'pg_stat_reset'],
  [`SELECT pg_import_system_collations('public')`, 'pg_import_system_collations'],
  ['SELECT txid_current()', 'txid_current'],
  ['SELECT pg_current_xact_id()', 'pg_current_xact_id'],
  ['SELECT pg_sleep(60)', 'pg_sleep'],
  [`SELECT pg_sleep_for('1 min')`, 'pg_sleep_for'],
  ['SELECT pg_advisory_lock(1)', 'pg_advisory_lock'],
  ['SELECT pg_try_advisory_lock_shared(1)', 'pg_try_advisory_lock_shared'],
  ['SELECT pg_terminate_backend(pid) FROM pg_stat_activity', 'pg_terminate_backend'],
  ['SELECT pg_cancel_backend(pid) FROM pg_stat_activity', 'pg_cancel_backend'],
  ['LISTEN c', 'LISTEN'],
  ['NOTIFY c', 'NOTIFY'],
  ['UNLISTEN *', 'UNLISTEN'],
  [`SELECT pg_notify('c', 'x')`, 'pg_notify'],
  [`SELECT "pg_catalog"."pg_notify"('c', 'x')`, 'pg_notify'],
  // SQL inside of strings.
  [`SELECT query_to_xml('select pg_advisory_lock(7)', true, true, '')`, 'query_to_xml'],
  [`SELECT table_to_xml('pg_authid', true, true, '')`, 'table_to_xml'],
  [`SELECT schema_to_xml('pg_catalog', true, true, '')`, 'schema_to_xml'],
  [`SELECT * FROM ts_stat('select to_tsvector(pg_read_file(''PG_VERSION''))')`, 'ts_stat'],
  [`SELECT ts_rewrite('a'::tsquery, 'select pg_notify(''c'', ''d'')::text::tsquery, ''b''::tsquery')`, 'ts_rewrite'],
  [`SELECT * FROM dblink('dbname=postgres', 'select 1') AS t(a int)`, 'dblink'],
  [`SELECT dblink_connect('host=127.0.0.1')`, 'dblink_connect'],
  // Secrets.
  ['SELECT rolpassword FROM pg_authid', 'pg_authid'],
  ['SELECT rolpassword FROM pg_catalog.pg_authid', 'pg_authid'],
  ['SELECT * FROM pg_shadow', 'pg_shadow'],
  ['SELECT * FROM pg_user_mappings', 'pg_user_mappings'],
  ['SELECT * FROM information_schema.user_mapping_options', 'user_mapping_options'],
  ['TABLE pg_hba_file_rules', 'pg_hba_file_rules'],
  ['SELECT * FROM pg_db_role_setting', 'pg_db_role_setting'],
  ['SHOW primary_conninfo', 'primary_conninfo'],
  ['SHOW ssl_key_file', 'ssl_key_file'],
  ['SHOW app.secret', 'app.secret'],
  [`SELECT current_setting('data_directory')`, 'current_setting'],
  [`SELECT current_setting('app.' || 'secret')`, 'current_setting'],
  ['SELECT pg_config()', 'pg_config'],
  // Through views, and rows.
  ['SELECT * FROM evil', 'pg_advisory_lock'],
  ['SELECT 1 FROM acct JOIN public.evil ON true', 'pg_advisory_lock'],
  ['WITH evil AS (SELECT 1) SELECT * FROM evil, (SELECT * FROM public.evil) x', 'pg_advisory_lock'],
  ['SELECT * FROM evil_too', 'pg_advisory_lock'],
  ['SELECT * FROM shadows', 'pg_authid'],
  ['SELECT a.bump FROM acct a', 'bump'],
  ['SELECT (a).bump FROM acct a', 'bump'],
  ['SELECT bump(a) FROM acct a', 'bump'],
  ['SELECT 1 ### 2', '###'],
  ['SELECT 1 OPERATOR(public.###) 2', '###'],
  ['SELECT total_bad(id) FROM acct', 'total_bad'],
  [`SELECT id::text::odd FROM acct`, 'odd'],
  ['SELECT quiet_lock(1)', 'pg_advisory_lock'],
  ['SELECT quieter_lock()', 'pg_advisory_lock'],
  ['SELECT * FROM calls_quietly', 'pg_advisory_lock'],
  ['SELECT peek()', 'pg_shadow'],
  [`SELECT run_text('select pg_advisory_lock(1)')`, 'run_text'],
  // A function written like a column, behind an argument that was left out, and in what a domain checks.
  ['SELECT a.locks_row FROM acct a', 'pg_advisory_lock'],
  ['SELECT (a).locks_row FROM acct a', 'pg_advisory_lock'],
  [`SELECT (ROW(1, 'x', 2)::acct).locks_row`, 'pg_advisory_lock'],
  ['SELECT (SELECT a FROM acct a LIMIT 1).locks_row', 'pg_advisory_lock'],
  ['SELECT locks_by_default()', 'pg_advisory_lock'],
  ['SELECT * FROM locks_quietly', 'pg_advisory_lock'],
  [`SELECT '1'::careful`, 'pg_advisory_lock'],
  ['SELECT CAST(1 AS careful)', 'pg_advisory_lock'],
  ['SELECT $1::careful', 'pg_advisory_lock'],
  [`SELECT '{1}'::careful[]`, 'pg_advisory_lock'],
  [`SELECT * FROM json_to_recordset('[{"a":1}]') AS x(a careful)`, 'pg_advisory_lock'],
  [`SELECT * FROM XMLTABLE('/a' PASSING '<a>1</a>' COLUMNS b careful PATH '.')`, 'pg_advisory_lock'],
  // Every setting at once.
  ['SHOW ALL', 'all'],
  ['SELECT name, setting FROM pg_settings', 'pg_settings'],
  [`SELECT setting FROM pg_catalog.pg_settings WHERE name = 'ssl_key_file'`, 'pg_settings'],
  ['SELECT * FROM pg_show_all_settings()', 'pg_show_all_settings'],
  ['SELECT * FROM settings_too', 'pg_settings'],
  // SQL/JSON, SQL/XML and corners of the grammar.
  [`SELECT JSON_OBJECT('a': sd_write())`, 'sd_write'],
  ['SELECT JSON_ARRAY(SELECT sd_write())', 'sd_write'],
  ['SELECT JSON_ARRAYAGG(sd_write())', 'sd_write'],
  [`SELECT JSON_VALUE('{}', '$.a' DEFAULT sd_write() ON EMPTY)`, 'sd_write'],
  [`SELECT * FROM JSON_TABLE('[1]', '$[*]' PASSING sd_write() AS x COLUMNS (a int PATH '$'))`, 'sd_write'],
  ['SELECT XMLELEMENT(NAME a, sd_write())', 'sd_write'],
  [`SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS b text DEFAULT sd_write()::text)`, 'sd_write'],
  ['SELECT id FROM acct TABLESAMPLE bernoulli (sd_write())', 'sd_write'],
  ['SELECT DISTINCT ON (sd_write()) 1', 'sd_write'],
  ['SELECT 1 FETCH FIRST (sd_write()) ROWS ONLY', 'sd_write'],
  ['SELECT id FROM acct GROUP BY CUBE (id, sd_write())', 'sd_write'],
  ['SELECT sum(1) OVER (ROWS sd_write() PRECEDING) FROM acct', 'sd_write'],
  ['SELECT (ARRAY[1, 2])[sd_write()]', 'sd_write'],
  [`SELECT 'a' LIKE 'b' ESCAPE sd_write()::text`, 'sd_write'],
  ["SELECT OVERLAY('a' PLACING 'b' FROM sd_write())", 'sd_write'],
  ['SELECT concat(VARIADIC ARRAY[sd_write()])', 'sd_write'],
  ['WITH RECURSIVE t AS (SELECT 1 a UNION ALL SELECT sd_write() FROM t) SELECT * FROM t', 'sd_write'],
  ['SELECT U&"\\0073d_write"()', 'sd_write'],
  ['SELECT U&"pg_\\0061dvisory_lock"(1)', 'pg_advisory_lock'],
  ['SELECT id FROM acct ORDER BY id USING ###', '###'],
  ['SELECT 1 OPERATOR(public.###) ANY (ARRAY[2])', '###'],
  [`SELECT current_setting(U&'config\\005ffile')`, 'current_setting'],
  [`SELECT current_setting(setting_name => 'config_file')`, 'current_setting'],
  [`SELECT current_setting(VARIADIC ARRAY['config_file'])`, 'current_setting'],
  [`UPDATE pg_settings SET setting = 'off' WHERE name = 'transaction_read_only'`, 'UPDATE'],
  ['SELECT pg_stat_statements_reset()', 'pg_stat_statements_reset'],
  ['SELECT pg_log_backend_memory_contexts(pg_backend_pid())', 'pg_log_backend_memory_contexts'],
  [`SELECT pg_replication_origin_create('x')`, 'pg_replication_origin_create'],
  [`SELECT brin_summarize_new_values('acct_pkey')`, 'brin_summarize_new_values'],
  ['SELECT pg_wal_replay_pause()', 'pg_wal_replay_pause'],
  ['SELECT pg_promote()', 'pg_promote'],
  [`SELECT lo_put(1, 0, 'x')`, 'lo_put'],
  [`SELECT cursor_to_xml('x', 1, true, true, '')`, 'cursor_to_xml'],
  [`SELECT dblink_connect_u('x')`, 'dblink_connect_u'],
  ['SELECT pg_advisory_unlock_all()', 'pg_advisory_unlock_all'],
  ['SELECT pg_advisory_xact_lock(1)', 'pg_advisory_xact_lock'],
  ['TABLE acct FOR UPDATE', 'FOR UPDATE'],
  ['VALUES (1) FOR UPDATE', 'FOR UPDATE'],
  ['SELECT 1 INTO UNLOGGED z', 'SELECT INTO'],
  ['EXPLAIN SELECT * INTO z FROM acct', 'SELECT INTO'],
  [`EXPLAIN (ANALYZE 'false', ANALYZE 'TRUE') DELETE FROM acct`, 'DELETE'],
  ['EXPLAIN ("analyze") DELETE FROM acct', 'DELETE'],
  [`EXPLAIN (analyze 'of') DELETE FROM acct`, 'DELETE'],
  ['EXPLAIN VERBOSE CREATE MATERIALIZED VIEW z AS SELECT 1', 'CREATE TABLE AS'],
  ['ROLLBACK AND CHAIN', 'ROLLBACK'],
  ['COMMIT AND CHAIN', 'COMMIT'],
  ['START TRANSACTION READ WRITE', 'START TRANSACTION'],
  ['SET CONSTRAINTS ALL DEFERRED', 'CONSTRAINTS'],
  ['REASSIGN OWNED BY cq_admin TO cq_reader', 'REASSIGN'],
  ['DROP OWNED BY cq_admin', 'DROP OWNED'],
  ['ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC', 'ALTER DEFAULT PRIVILEGES'],
  [`SECURITY LABEL ON TABLE acct IS 'x'`, 'SEC'],
]

const schema = `
  CREATE VIEW evil_too AS SELECT * FROM evil;
  CREATE VIEW shadows AS SELECT rolname FROM pg_authid;
  CREATE FUNCTION bump(acct) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT 1 $$;
  CREATE FUNCTION pair_bad(int, int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT $1 + $2 $$;
  CREATE OPERATOR ### (FUNCTION = pair_bad, LEFTARG = int, RIGHTARG = int);
  CREATE AGGREGATE total_bad(int) (SFUNC = pair_bad, STYPE = int, INITCOND = '0');
  CREATE TYPE odd AS (a text);
  CREATE FUNCTION to_odd(text) RETURNS odd LANGUAGE sql VOLATILE AS $$ SELECT ROW($1)::odd $$;
  CREATE CAST (text AS odd) WITH FUNCTION to_odd(text);
  CREATE FUNCTION quiet_lock(int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 1; SELECT pg_advisory_lock($1)::text $$;
  CREATE FUNCTION quieter_lock() RETURNS text LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT quiet_lock(1); END;
  CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM pg_shadow);
  CREATE FUNCTION run_text(t text) RETURNS text LANGUAGE plpgsql STABLE AS
    $$ DECLARE r text; BEGIN EXECUTE t INTO r; RETURN r; END $$;
  CREATE VIEW calls_quietly AS SELECT quieter_lock();
  CREATE FUNCTION locks_row(acct) RETURNS int LANGUAGE sql STABLE AS $$ SELECT pg_advisory_lock(1); SELECT 1 $$;
  CREATE FUNCTION locks_by_default(a text DEFAULT pg_advisory_lock(1)::text) RETURNS int LANGUAGE plpgsql STABLE AS
    $$ BEGIN RETURN 1; END $$;
  CREATE VIEW locks_quietly AS SELECT locks_by_default();
  CREATE FUNCTION checks(int) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT pg_advisory_lock($1) IS NOT NULL $$;
  CREATE DOMAIN careful AS int CHECK (checks(VALUE));
  CREATE VIEW settings_too AS SELECT name FROM pg_settings;
  GRANT SELECT ON locks_quietly, settings_too, calls_quietly, evil_too, shadows TO cq_reader;`

describePostgres('attacks on a read', {}, scene => {
  it('are refused by name, and change nothing', async () => {
    await scene.ask(schema)
    const before = await seeWorld(scene)
    for (const [text, named] of refused) {
      const error = await scene.source.read({ text }).then(
        () => expect.fail(`ran: ${text}`),
        error => error,
      )
      expect(error, text).toMatchObject({ code: 'POLICY_DENIED', kind: 'denied' })
      expect(error.message, text).toContain(named)
      expect(error.hint, text).toBeTruthy()
      expect(await scene.source.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
    }
    expect(await seeWorld(scene)).toEqual(before)
    expect(existsSync(file)).toBe(false)
    rmSync(file, { force: true })
  }, 60_000)

  it.each([
    ['two statements', 'COMMIT; DROP SCHEMA public CASCADE', 'POSTGRES_NOT_ONE_STATEMENT'],
    ['two reads', 'SELECT 1; SELECT 2', 'POSTGRES_NOT_ONE_STATEMENT'],
    ['statements after an empty one', ';SELECT 1;DELETE FROM acct', 'POSTGRES_NOT_ONE_STATEMENT'],
    ['a NUL', 'SELECT 1\0; DROP TABLE acct', 'POSTGRES_SYNTAX'],
    ['nothing', '', 'POSTGRES_NOT_ONE_STATEMENT'],
    ['a comment', ' -- nothing', 'POSTGRES_NOT_ONE_STATEMENT'],
    ['a semicolon', ';', 'POSTGRES_NOT_ONE_STATEMENT'],
    ['half a character', 'SELECT \ud800', 'POSTGRES_SYNTAX'],
    ['a megabyte', `SELECT '${'x'.repeat(1 << 20)}'`, 'POSTGRES_TEXT_TOO_LONG'],
    ['parentheses in parentheses', `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`, 'POSTGRES_TEXT_TOO_LONG'],
    ['a long sum', `SELECT 1${'+1'.repeat(10_000)}`, 'POSTGRES_TEXT_TOO_LONG'],
    ['a long cast', `SELECT 1${'::int'.repeat(10_000)}`, 'POSTGRES_TEXT_TOO_LONG'],
    ['a read in parentheses and a drop', '(SELECT 1); DROP TABLE acct', 'POSTGRES_NOT_ONE_STATEMENT'],
  ])('that are not one readable statement are refused: %s', async (_, text, code) => {
    const before = await seeWorld(scene)
    await expect(scene.source.read({ text })).rejects.toMatchObject({ code })
    expect(await seeWorld(scene)).toEqual(before)
    expect(await scene.source.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
  })

  it('are still refused after statements too deep for the parser', async () => {
    const deep = `SELECT 1${'+1'.repeat(30_000)}`
    for (let round = 0; round < 5; round++)
      await expect(scene.source.read({ text: deep })).rejects.toMatchObject({ code: 'POSTGRES_TEXT_TOO_LONG' })
    expect(await scene.source.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
    await expect(scene.source.read({ text: 'DELETE FROM acct' })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
  })

  it('meet a reader that cannot write, and a transaction that cannot either, where the rules were opened', async () => {
    const before = await seeWorld(scene)
    const open = await scene.open({
      policy: {
        allowFunctions: ['nextval', 'lo_creat', 'public.sd_write', 'set_config', 'pg_advisory_lock', 'dblink_exec'],
      },
    })
    for (const text of [
      `SELECT nextval('s')`,
      'SELECT sd_write()',
      `SELECT set_config('transaction_read_only', 'off', false)`,
      `SELECT set_config('transaction_read_only', 'off', true)`,
    ])
      await expect(open.read({ text }), text).rejects.toThrow()
    await open.read({ text: 'SELECT pg_advisory_lock(1)' })
    await open.read({ text: `SELECT set_config('search_path', 'nowhere', false)` })
    await expect.poll(() => seeWorld(scene)).toEqual(before)
    expect(await open.read({ text: 'SELECT count(*)::int FROM acct' })).toMatchObject({ rows: [[10]] })
  })

  it('cannot be heard by who listens', async () => {
    const listener = new Client({ ...scene.database.superuser })
    const heard: unknown[] = []
    listener.on('notification', message => heard.push(message))
    await listener.connect()
    await listener.query('LISTEN c')
    for (const text of ['NOTIFY c', `SELECT pg_notify('c', 'x')`, `SELECT * FROM pg_notify('c', 'x')`])
      await expect(scene.source.read({ text })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
    await listener.query('SELECT 1')
    expect(heard).toEqual([])
    await listener.end()
  })

  it('see neither the statements of other roles nor addresses and paths in what is said', async () => {
    const { rows } = await scene.source.read({
      text: `SELECT DISTINCT query FROM pg_stat_activity WHERE usename IS DISTINCT FROM current_user AND query <> ''`,
    })
    expect(rows.every(([query]) => query === '<insufficient privilege>')).toBe(true)
    const wrong = { ...scene.database.reader, password: 'hunter2' }
    await using lost = await PostgresSource.open({
      name: 'lost',
      reader: wrong,
      clock: { now: () => 0, elapsed: () => performance.now() },
      random: { bytes: count => new Uint8Array(count) },
    })
    const error = await lost.read({ text: 'SELECT 1' }).catch(error => error)
    expect(error).toMatchObject({ code: 'POSTGRES_UNAVAILABLE' })
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toMatch(/hunter2|127\.0\.0|cq_reader|\/tmp/)
  })
})
