import { afterEach, expect, it } from 'vitest'
import type { Caller } from './caller.ts'
import type { Scene } from './scene.ts'
import { seeWorld } from './world.ts'

/** A migration, tried where nobody else sees it. */
export function definitions(scene: () => Scene, alice: () => Caller): void {
  const made = () => scene().count(`FROM pg_class WHERE relname IN ('tried', 'tried_view')`)
  const entry = { schema: 'public', name: 'entry' }
  const open = () =>
    scene().count(`FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`)

  afterEach(async () => {
    await expect.poll(open).toBe(0)
  })

  it('a migration is tried in a session: definitions and rows together, unseen by others, and rolled back', async () => {
    const before = await seeWorld(scene())
    const session = await alice().begin({ mode: 'admin' })
    const created = await alice().ask('pg_schema', 'create', {
      ...{ kind: 'table', sql: 'CREATE TABLE tried (id int PRIMARY KEY, note text)', session },
    })
    expect(created).toMatchObject({
      ...{ done: true, committed: false, impact: { exists: false, undo: 'DROP TABLE "tried"' } },
      session: { session, state: 'active', mode: 'admin', statements: 1 },
    })
    const change = { do: 'add column', table: entry, column: { name: 'label', type: 'text' } }
    const altered = await alice().ask('pg_schema', 'alter', { kind: 'table', change, session })
    expect(altered).toMatchObject({
      impact: { lock: 'ACCESS EXCLUSIVE', blocks: 'reads and writes' },
      locks: expect.arrayContaining([{ relation: 'public.entry', mode: 'AccessExclusiveLock' }]),
    })
    await alice().write(`INSERT INTO tried VALUES (1, 'one')`, { session })
    expect(await alice().write(`UPDATE entry SET label = 'x' WHERE id <= 3`, { session })).toMatchObject({
      affected: 3,
    })
    const seen = await alice().read('SELECT count(label)::int, (SELECT count(*)::int FROM tried) FROM entry', {
      session,
    })
    expect(seen.rows).toEqual([[3, 1]])
    expect(await alice().refused('pg_query', 'read', { sql: 'SELECT * FROM tried' })).toMatchObject({
      code: 'POSTGRES_UNKNOWN_NAME',
    })
    const dropped = { kind: 'table', name: 'tried', confirm: true, session }
    expect(await alice().ask('pg_schema', 'drop', dropped)).toMatchObject({ done: true, impact: { exists: true } })
    await alice().ask('pg_tx', 'rollback', { session })
    expect(await seeWorld(scene())).toEqual(before)
    expect(await scene().count(`FROM pg_attribute WHERE attrelid = 'entry'::regclass AND attname = 'label'`)).toBe(0)
  })

  it('or committed, once it is right: a mistake is undone to a savepoint, a trial undoes itself', async () => {
    const session = await alice().begin({ mode: 'admin' })
    const create = { kind: 'table', sql: 'CREATE TABLE tried (id int)', session }
    expect(await alice().ask('pg_schema', 'create', { ...create, dryRun: true })).toMatchObject({ done: false })
    await alice().ask('pg_schema', 'create', create)
    await alice().ask('pg_tx', 'savepoint', { session, name: 'good' })
    expect(await alice().refused('pg_schema', 'create', create)).toMatchObject({
      details: { sqlstate: '42P07', session: { session, state: 'failed' } },
    })
    await alice().ask('pg_tx', 'rollback', { session, to: 'good' })
    await alice().ask('pg_tx', 'commit', { session })
    expect(await made()).toBe(1)
    await alice().ask('pg_schema', 'drop', { kind: 'table', name: 'tried', confirm: true })
    expect(await made()).toBe(0)
  })

  it('only in a session that may, by a person who may, and nothing that runs outside of transactions', async () => {
    await using bob = await scene().connect('bob')
    expect(await bob.refused('pg_tx', 'begin', { mode: 'admin' })).toMatchObject({ kind: 'denied' })
    await using lab = await scene().connect('alice', { project: 'lab' })
    expect(await lab.refused('pg_tx', 'begin', { mode: 'admin', source: 'moody' })).toMatchObject({
      code: 'POSTGRES_SOURCE_RIGHT',
    })
    const writing = await alice().begin()
    const sql = 'CREATE TABLE tried (id int)'
    expect(await alice().refused('pg_schema', 'create', { kind: 'table', sql, session: writing })).toMatchObject({
      ...{ code: 'POLICY_DENIED', hint: expect.stringContaining('admin') },
    })
    await alice().ask('pg_tx', 'rollback', { session: writing })
    const session = await alice().begin({ mode: 'admin' })
    const index = 'CREATE INDEX CONCURRENTLY tried_view ON acct (owner)'
    for (const dryRun of [false, true])
      expect(
        await alice().refused('pg_schema', 'create', { kind: 'index', sql: index, session, dryRun }),
      ).toMatchObject({
        ...{ code: 'POLICY_DENIED', details: { session: { state: 'active' } } },
      })
    await using other = await scene().connect('alice')
    expect(await other.refused('pg_schema', 'create', { kind: 'table', sql, session })).toMatchObject({
      code: 'POSTGRES_SESSION_MISSING',
    })
    await alice().ask('pg_tx', 'rollback', { session })
    expect(await made()).toBe(0)
  })

  it('what was defined a moment ago is looked through like everything else', async () => {
    const before = await seeWorld(scene())
    const session = await alice().begin({ mode: 'admin' })
    const view = (sql: string) => ({ kind: 'view', sql, session })
    for (const sql of [
      'CREATE VIEW tried_view AS SELECT pg_advisory_lock(1)',
      'CREATE VIEW tried_view AS SELECT * FROM evil',
    ])
      expect(await alice().refused('pg_schema', 'create', view(sql))).toMatchObject({
        ...{ code: 'POLICY_DENIED', details: { session: { state: 'active' } } },
      })
    await alice().ask('pg_schema', 'create', view('CREATE VIEW tried_view AS SELECT id FROM acct'))
    expect((await alice().read('SELECT count(*)::int FROM tried_view', { session })).rows).toEqual([[10]])
    for (const sql of [
      'COMMIT',
      'DROP TABLE acct',
      'SET ROLE cq_reader',
      'SELECT pg_advisory_lock(1)',
      'SELECT * FROM pg_authid',
    ])
      for (const action of ['read', 'write'])
        expect(await alice().refused('pg_query', action, { sql, session }), sql).toMatchObject({
          code: 'POLICY_DENIED',
        })
    const explained = { sql: 'SELECT pg_terminate_backend(1)', analyze: true, session }
    expect(await alice().refused('pg_query', 'explain', explained)).toMatchObject({ code: 'POLICY_DENIED' })
    expect(
      await alice().ask('pg_query', 'explain', { sql: 'SELECT * FROM tried_view', analyze: true, session }),
    ).toMatchObject({
      analyzed: true,
    })
    await alice().ask('pg_tx', 'rollback', { session })
    expect(await seeWorld(scene())).toEqual(before)
  })

  it('tables that shadow catalogues deceive nobody', async () => {
    const session = await alice().begin({ mode: 'admin' })
    const temporary = (name: string) => ({ kind: 'table', sql: `CREATE TEMP TABLE ${name} (a int)`, session })
    expect(await alice().refused('pg_schema', 'create', temporary('pg_class'))).toMatchObject({ code: 'POLICY_DENIED' })
    for (const name of ['pg_class', 'pg_proc', 'pg_namespace', 'pg_attribute', 'pg_extension', 'pg_stat_activity'])
      await alice().ask('pg_schema', 'create', temporary(`pg_temp.${name}`))
    expect((await alice().read('SELECT count(*)::int FROM pg_class', { session })).rows).toEqual([[0]])
    const more = { kind: 'table', sql: 'ALTER TABLE acct ADD COLUMN tried int', session }
    expect(await alice().ask('pg_schema', 'alter', more)).toMatchObject({ impact: { exists: true } })
    for (const sql of ['SELECT * FROM evil', 'SELECT sd_write()', 'SELECT pg_sleep(60)'])
      expect(await alice().refused('pg_query', 'write', { sql, session }), sql).toMatchObject({ code: 'POLICY_DENIED' })
    const explained = await alice().ask('pg_query', 'explain', { sql: 'SELECT * FROM acct WHERE id = 1', session })
    expect(explained['tree']).toContain('acct')
    await alice().ask('pg_tx', 'rollback', { session })
    expect((await alice().ask('pg_schema', 'list', { kind: 'table' })).items.length).toBeGreaterThan(2)
    expect(await alice().ask('pg_schema', 'describe', { name: 'acct' })).toMatchObject({ kind: 'table', name: 'acct' })
    const again = await alice().begin({ mode: 'admin' })
    expect((await alice().read('SELECT count(*) > 100 FROM pg_class', { session: again })).rows).toEqual([[true]])
    await alice().ask('pg_tx', 'rollback', { session: again })
  })

  it('no definition runs what a statement may not, with or without a session', async () => {
    const before = await seeWorld(scene())
    const session = await alice().begin({ mode: 'admin' })
    const trying: readonly (readonly [action: string, kind: string, sql: string])[] = [
      [
        'create',
        'materialized_view',
        'CREATE MATERIALIZED VIEW tried AS SELECT pg_terminate_backend(pid) FROM pg_stat_activity',
      ],
      ['create', 'materialized_view', `CREATE MATERIALIZED VIEW tried AS SELECT pg_read_file('PG_VERSION')`],
      ['create', 'materialized_view', 'CREATE MATERIALIZED VIEW tried AS SELECT rolpassword FROM pg_authid'],
      ['create', 'table', 'CREATE TABLE tried (a bigint DEFAULT lo_creat(-1))'],
      ['create', 'index', 'CREATE INDEX tried ON acct (sd_write())'],
      ['alter', 'table', 'ALTER TABLE acct ADD COLUMN tried bigint DEFAULT lo_creat(-1)'],
      ['alter', 'table', `ALTER TABLE acct ADD COLUMN tried text DEFAULT pg_notify('c', 'x')::text`],
      ['alter', 'table', 'ALTER TABLE acct ALTER COLUMN bal TYPE int USING sd_write()'],
    ]
    for (const [action, kind, sql] of trying)
      for (const more of [{}, { dryRun: true }, { session }])
        expect(await alice().refused('pg_schema', action, { kind, sql, confirm: true, ...more }), sql).toMatchObject({
          code: 'POLICY_DENIED',
        })
    await alice().ask('pg_tx', 'rollback', { session })
    expect(await seeWorld(scene())).toEqual(before)
  })
}
