import { expect, it } from 'vitest'
import { checkDefinition } from '../src/looking.ts'
import { describePostgres } from './open-source.ts'
import { seeWorld } from './world.ts'

type Announced = Parameters<typeof checkDefinition>[1]

/** What would run as soon as it is defined, as the owner of the tables, or would look where nobody may. */
const refused: readonly (readonly [verb: Announced['verb'], kind: Announced['kind'], text: string, named: string])[] = [
  ['create', 'materialized_view', 'CREATE MATERIALIZED VIEW z AS SELECT pg_advisory_lock(1)', 'pg_advisory_lock'],
  ['create', 'materialized_view', `CREATE MATERIALIZED VIEW z AS SELECT pg_read_file('PG_VERSION')`, 'pg_read_file'],
  ['create', 'materialized_view', 'CREATE MATERIALIZED VIEW z AS SELECT * FROM pg_authid', 'pg_authid'],
  ['create', 'materialized_view', 'CREATE MATERIALIZED VIEW z AS SELECT * FROM evil', 'pg_advisory_lock'],
  ['create', 'materialized_view', 'CREATE MATERIALIZED VIEW z AS SELECT * FROM pg_settings', 'pg_settings'],
  [
    ...(['create', 'materialized_view'] as const),
    'CREATE MATERIALIZED VIEW z AS SELECT pg_terminate_backend(pid) FROM pg_stat_activity',
    'pg_terminate_backend',
  ],
  [
    ...(['create', 'materialized_view'] as const),
    `CREATE MATERIALIZED VIEW z AS SELECT * FROM dblink('dbname=postgres', 'select 1') AS t(a int)`,
    'dblink',
  ],
  ['create', 'materialized_view', 'CREATE MATERIALIZED VIEW z AS SELECT sd_write()', 'sd_write'],
  [
    ...(['create', 'materialized_view'] as const),
    `CREATE MATERIALIZED VIEW z AS SELECT query_to_xml('select 1', true, true, '')`,
    'query_to_xml',
  ],
  ['create', 'view', 'CREATE VIEW z AS SELECT pg_advisory_lock(1)', 'pg_advisory_lock'],
  ['create', 'view', 'CREATE VIEW z AS SELECT rolpassword FROM pg_authid', 'pg_authid'],
  ['create', 'table', 'CREATE TABLE z (a bigint DEFAULT lo_creat(-1))', 'lo_creat'],
  ['create', 'table', 'CREATE TABLE z (a int CHECK (pg_terminate_backend(a)))', 'pg_terminate_backend'],
  [
    'create',
    'table',
    `CREATE TABLE z (a text GENERATED ALWAYS AS (pg_read_file('PG_VERSION')) STORED)`,
    'pg_read_file',
  ],
  [
    ...(['create', 'table'] as const),
    `CREATE TABLE z PARTITION OF acct FOR VALUES FROM (pg_advisory_lock(1)::text::int) TO (2)`,
    'pg_advisory_lock',
  ],
  ['create', 'index', 'CREATE INDEX ON acct (sd_write())', 'sd_write'],
  ['create', 'index', 'CREATE INDEX ON acct (id) WHERE pg_advisory_lock(id) IS NULL', 'pg_advisory_lock'],
  ['alter', 'table', 'ALTER TABLE acct ADD COLUMN z bigint DEFAULT lo_creat(-1)', 'lo_creat'],
  ['alter', 'table', `ALTER TABLE acct ADD COLUMN z text DEFAULT pg_notify('c', 'x')::text`, 'pg_notify'],
  ['alter', 'table', 'ALTER TABLE acct ALTER COLUMN bal SET DEFAULT sd_write()', 'sd_write'],
  ['alter', 'table', 'ALTER TABLE acct ALTER COLUMN bal TYPE int USING sd_write()', 'sd_write'],
  ['alter', 'table', 'ALTER TABLE acct ADD CHECK (pg_cancel_backend(id))', 'pg_cancel_backend'],
  ['alter', 'table', 'ALTER TABLE pg_catalog.pg_class ADD COLUMN z int', 'pg_class'],
  ['alter', 'table', 'ALTER TABLE pg_class ADD COLUMN z int', 'pg_class'],
  ['drop', 'table', 'DROP TABLE pg_catalog.pg_proc', 'pg_proc'],
]

const notDefined: readonly (readonly [verb: Announced['verb'], kind: Announced['kind'], text: string])[] = [
  ['create', 'table', 'CREATE TABLE z AS SELECT pg_advisory_lock(1)'],
  ['create', 'table', 'CREATE TABLE z (a int); DROP TABLE acct'],
  ['create', 'schema', 'CREATE SCHEMA z CREATE TABLE t (a int)'],
  ['create', 'type', 'CREATE TYPE z (INPUT = a, OUTPUT = b)'],
  ['alter', 'table', 'ALTER SYSTEM SET work_mem = 1'],
  ['alter', 'table', 'ALTER ROLE cq_admin SUPERUSER'],
  ['alter', 'table', 'ALTER DATABASE postgres SET work_mem = 1'],
  ['alter', 'table', 'GRANT ALL ON acct TO PUBLIC'],
  ['alter', 'table', 'TRUNCATE acct'],
  ['drop', 'table', 'DROP TABLE acct, entry'],
  ['drop', 'table', 'DROP OWNED BY cq_admin'],
  ['drop', 'table', 'DROP DATABASE postgres'],
]

const taken: readonly (readonly [verb: Announced['verb'], kind: Announced['kind'], text: string])[] = [
  [
    ...(['create', 'table'] as const),
    `CREATE TABLE z (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, n bigint DEFAULT nextval('s'), made timestamptz DEFAULT now(),
      note text CHECK (length(note) < 10), up text GENERATED ALWAYS AS (upper(note)) STORED, r float8 DEFAULT random())`,
  ],
  ['create', 'table', 'CREATE TABLE z2 (LIKE acct INCLUDING ALL)'],
  ['create', 'index', 'CREATE INDEX ON acct (lower(owner)) WHERE bal > 0'],
  [
    'create',
    'view',
    'CREATE VIEW z3 AS SELECT a.id, sum(e.amount) FROM acct a JOIN entry e ON e.acct = a.id GROUP BY 1',
  ],
  ['create', 'materialized_view', 'CREATE MATERIALIZED VIEW z4 AS SELECT * FROM rich, pg_catalog.pg_class'],
  ['create', 'type', `CREATE TYPE z5 AS ENUM ('a', 'b')`],
  ['alter', 'table', 'ALTER TABLE acct ADD COLUMN z text DEFAULT add_tax(1)::text'],
  ['alter', 'table', 'ALTER TABLE entry ALTER COLUMN amount TYPE numeric(20, 4) USING round(amount, 1)'],
]

describePostgres('attacks by definitions', {}, scene => {
  it('are refused by name before anything is defined', async () => {
    const before = await seeWorld(scene)
    for (const [verb, kind, text, named] of refused) {
      const definition = await checkDefinition(text, { verb, kind })
      const error = await scene.source.checkDefinition(definition).then(
        () => expect.fail(`taken: ${text}`),
        error => error,
      )
      expect(error, text).toMatchObject({ code: 'POLICY_DENIED', message: expect.stringContaining(named) })
    }
    for (const [verb, kind, text] of notDefined)
      await expect(checkDefinition(text, { verb, kind }), text).rejects.toMatchObject({ kind: 'invalid' })
    expect(await seeWorld(scene)).toEqual(before)
  })

  it('do not keep what is harmless from being defined', async () => {
    const source = await scene.open({ admin: scene.database.admin })
    for (const [verb, kind, text] of taken) {
      const definition = await checkDefinition(text, { verb, kind })
      await source.checkDefinition(definition)
      const { rolledBack } = await source.define(undefined, { statements: [definition.text], dryRun: true })
      expect(rolledBack, text).toBe(true)
    }
  })
})
