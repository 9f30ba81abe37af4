import { Client } from '@super-data/testing/postgres'
import { expect, it } from 'vitest'
import type { Caller } from './caller.ts'
import type { Scene } from './scene.ts'

/** Each action of each tool does what it says, on a real database. */
export function everyAction(scene: () => Scene, alice: () => Caller): void {
  it('pg_schema: sources, search, list, describe', async () => {
    const { items } = await alice().ask('pg_schema', 'sources')
    expect(items).toMatchObject([
      {
        ...{ source: 'shop', rights: 'admin', state: 'ready', description: 'Accounts and their entries.' },
        version: expect.stringMatching(`^${scene().major}\\.`),
      },
    ])
    const found = await alice().ask('pg_schema', 'search', { words: 'acct' })
    expect(found.items[0]).toMatchObject({ kind: 'table', schema: 'public', name: 'acct' })
    for (const kind of ['schema', 'table', 'view', 'function', 'sequence', 'index', 'constraint', 'extension'])
      expect((await alice().ask('pg_schema', 'list', { kind })).items.length, kind).toBeGreaterThan(0)
    for (const kind of ['trigger', 'type']) expect((await alice().ask('pg_schema', 'list', { kind })).items).toEqual([])
    const page = await alice().ask('pg_schema', 'list', { kind: 'table', limit: 1, sizes: true })
    expect(page.items).toMatchObject([{ name: 'acct', sizeBytes: expect.any(Number) }])
    const next = await alice().ask('pg_schema', 'list', { kind: 'table', limit: 1, cursor: page['cursor'] })
    expect(next.items).toMatchObject([{ name: 'big' }])
    const described = await alice().ask('pg_schema', 'describe', { name: 'acct', sample: 2 })
    expect(described).toMatchObject({
      kind: 'table',
      name: 'acct',
      sample: {
        rows: [
          [1, 'owner 1', '100.10'],
          [2, 'owner 2', '200.10'],
        ],
      },
    })
    expect(JSON.stringify(described)).toContain('entry')
    expect(await alice().ask('pg_schema', 'describe')).toMatchObject({ mode: 'detailed', tableCount: 5 })
  })

  it('pg_schema: create, alter, drop', async () => {
    const create = { kind: 'table', sql: 'CREATE TABLE made (id int PRIMARY KEY, note text)' }
    expect(await alice().ask('pg_schema', 'create', { ...create, dryRun: true })).toMatchObject({ done: false })
    expect(await scene().count(`FROM pg_class WHERE relname = 'made'`)).toBe(0)
    expect(await alice().ask('pg_schema', 'create', create)).toMatchObject({ done: true })
    const change = {
      do: 'add column',
      table: { schema: 'public', name: 'made' },
      column: { name: 'größe', type: 'int' },
    }
    expect(await alice().ask('pg_schema', 'alter', { kind: 'table', change })).toMatchObject({
      done: true,
      locks: [expect.objectContaining({ relation: 'public.made' })],
    })
    expect(await alice().refused('pg_schema', 'drop', { kind: 'table', name: 'made' })).toMatchObject({
      code: 'POSTGRES_NOT_CONFIRMED',
    })
    expect(await scene().count(`FROM pg_attribute WHERE attname = 'größe'`)).toBe(1)
    expect(await alice().refused('pg_schema', 'drop', { kind: 'table', name: 'mode', confirm: true })).toMatchObject({
      ...{ code: 'POSTGRES_OBJECT_MISSING', hint: expect.stringContaining('made') },
    })
    await alice().ask('pg_schema', 'drop', { kind: 'table', name: 'made', confirm: true })
    expect(await scene().count(`FROM pg_class WHERE relname = 'made'`)).toBe(0)
    expect(await alice().refused('pg_schema', 'create', { kind: 'table', sql: 'DROP TABLE acct' })).toMatchObject({
      code: 'POSTGRES_DEFINITION_INVALID',
    })
    const table = { schema: 'public', name: 'acct' }
    for (const wrong of [
      { do: 'explode' },
      { do: 'add constraint', table, constraint: { form: 'check' } },
      { do: 'add constraint', table, constraint: { form: 'unique', columns: 'id' } },
      { do: 'add constraint', table, constraint: { form: 'foreign key', columns: ['id'], references: {} } },
      { do: 'create table', table, columns: [{ name: 'x', type: 'int' }] },
    ])
      expect(await alice().refused('pg_schema', 'alter', { kind: 'table', change: wrong })).toMatchObject({
        code: 'POSTGRES_CHANGE_INVALID',
      })
    const both = { kind: 'table', sql: 'ALTER TABLE acct ADD x int', change }
    expect(await alice().refused('pg_schema', 'alter', both)).toMatchObject({ code: 'POSTGRES_CHANGE_INVALID' })
  })

  it('pg_admin: vacuum, analyze, reindex outside of transactions; stats, settings, advise', async () => {
    expect(await alice().ask('pg_admin', 'vacuum', { table: 'acct' })).toMatchObject({ tag: 'VACUUM' })
    expect(await alice().ask('pg_admin', 'vacuum', { table: 'acct', full: true })).toMatchObject({ tag: 'VACUUM' })
    expect(await alice().ask('pg_admin', 'analyze', { table: 'acct' })).toMatchObject({ tag: 'ANALYZE' })
    expect(await alice().ask('pg_admin', 'reindex', { table: 'acct' })).toMatchObject({ tag: 'REINDEX' })
    expect(await alice().ask('pg_admin', 'reindex', { index: 'acct_pkey', concurrently: false })).toMatchObject({
      tag: 'REINDEX',
    })
    expect((await alice().ask('pg_admin', 'stats', { table: 'acct' })).items).toMatchObject([{ name: 'acct' }])
    expect((await alice().ask('pg_admin', 'stats')).items.length).toBeGreaterThan(1)
    expect((await alice().ask('pg_admin', 'settings', { name: 'work_mem' })).items).toMatchObject([
      { name: 'work_mem' },
    ])
    expect((await alice().ask('pg_admin', 'settings', { category: 'Query Tuning' })).items.length).toBeGreaterThan(3)
    const advice = await alice().ask('pg_admin', 'advise', { sql: [`SELECT * FROM big WHERE txt = 'row 5'`] })
    expect(advice).toMatchObject({
      missing: {
        basis: scene().postgres.hasHypopg ? 'hypopg' : 'heuristic',
        suggestions: [expect.objectContaining({ table: 'big', columns: ['txt'] })],
      },
    })
    expect(await alice().ask('pg_admin', 'advise')).toHaveProperty('unused')
  })

  it('pg_admin: nothing is maintained inside of a session, and a session may set what is its own', async () => {
    const session = await alice().begin()
    for (const action of ['vacuum', 'analyze', 'reindex']) {
      expect(await alice().refused('pg_admin', action, { table: 'acct', session })).toMatchObject({
        code: 'INPUT_INVALID',
        message: expect.stringContaining('/session'),
      })
    }
    const set = { name: 'work_mem', value: '8MB', session }
    expect((await alice().ask('pg_admin', 'settings', set)).items).toMatchObject([{ name: 'work_mem', value: '8192' }])
    expect(await alice().refused('pg_admin', 'settings', { ...set, name: 'role', value: 'cq_admin' })).toMatchObject({
      code: 'POSTGRES_SETTING_REFUSED',
    })
    expect((await alice().read('SHOW work_mem', { session })).rows).toEqual([['8MB']])
    expect((await alice().read('SHOW work_mem')).rows).not.toEqual([['8MB']])
    await alice().ask('pg_tx', 'rollback', { session })
  })

  it('pg_monitor: health, activity, connections, locks, size, top', async () => {
    const health = await alice().ask('pg_monitor', 'health')
    expect(health).toMatchObject({ status: expect.stringMatching(/^(ok|warning|critical)$/), failed: [] })
    expect((await alice().ask('pg_monitor', 'activity', { idle: true })).items.length).toBeGreaterThan(0)
    expect(JSON.stringify(await alice().ask('pg_monitor', 'connections'))).toContain('cq_reader')
    expect(await alice().ask('pg_monitor', 'locks')).toBeTruthy()
    expect(JSON.stringify(await alice().ask('pg_monitor', 'size', { limit: 3 }))).toContain('big')
    expect(await alice().ask('pg_monitor', 'top', { by: 'calls', limit: 3 })).toMatchObject({
      queries: [{ calls: expect.any(Number) }, {}, {}],
    })
  })

  it('pg_admin: cancel stops what somebody else runs, once it is confirmed, and never one of its own', async () => {
    const pidOf = async (which: string) => {
      const [found] = await scene().ask<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND ${which} LIMIT 1`,
      )
      return { pid: found!.pid }
    }
    const other = new Client({ ...scene().shop.monitor, application_name: 'somebody else' })
    other.on('error', () => {})
    await other.connect()
    const slow = other.query('SELECT pg_sleep(30)').catch(error => error)
    const theirs = `application_name = 'somebody else' AND state = 'active'`
    await expect.poll(() => scene().count(`FROM pg_stat_activity WHERE ${theirs}`)).toBe(1)
    const monitor = await pidOf(theirs)
    expect(await alice().refused('pg_admin', 'cancel', monitor)).toMatchObject({ code: 'POSTGRES_NOT_CONFIRMED' })
    await alice().ask('pg_admin', 'cancel', { ...monitor, confirm: true })
    expect(await slow).toMatchObject({ code: '57014' })
    const own = { ...(await pidOf(`usename = 'cq_reader'`)), terminate: true, confirm: true }
    expect(await alice().refused('pg_admin', 'cancel', own)).toMatchObject({ code: 'POSTGRES_SIGNAL_REFUSED' })
    await using bob = await scene().connect('bob')
    await expect(bob.ask('pg_admin', 'cancel', { ...monitor, confirm: true })).rejects.toThrow('ACTION_UNKNOWN')
    await alice().ask('pg_admin', 'cancel', { ...monitor, terminate: true, confirm: true })
    await expect(other.query('SELECT 1')).rejects.toThrow()
    await other.end().catch(() => undefined)
  })

  it('pg_query: export to a dataset and import from one, or from CSV', async () => {
    const exported = await alice().ask('pg_query', 'export', {
      sql: 'SELECT id, txt FROM big WHERE id <= 5000',
      dataset: 'some_rows',
    })
    expect(exported).toMatchObject({ dataset: 'some_rows', rows: 5_000 })
    const asked = { engine: 'sql', text: 'select count(*)::int from some_rows' }
    expect((await alice().ask('queries', 'ask', asked)).rows).toEqual([[5000]])
    expect(await alice().refused('pg_query', 'export', { sql: 'SELECT 1', dataset: 'some_rows' })).toMatchObject({
      code: 'DATASET_EXISTS',
    })
    expect(
      await alice().refused('pg_query', 'export', { sql: 'DELETE FROM acct RETURNING *', dataset: 'gone' }),
    ).toMatchObject({ code: 'POLICY_DENIED' })
    const rows = { table: 'acct', columns: ['id', 'owner', 'bal'], data: 'id,owner,bal\n901,"a, b",1.10\n902,ü,2\n' }
    expect(await alice().ask('pg_query', 'import', { ...rows, dryRun: true })).toMatchObject({
      rows: 2,
      committed: false,
    })
    expect(await scene().count('FROM acct WHERE id > 900')).toBe(0)
    expect(await alice().ask('pg_query', 'import', rows)).toMatchObject({ rows: 2, committed: true })
    expect(await scene().ask('SELECT owner FROM acct WHERE id = 901')).toEqual([{ owner: 'a, b' }])
    expect(await alice().refused('pg_query', 'import', rows)).toMatchObject({ code: 'POSTGRES_CONSTRAINT' })
    await scene().ask('DELETE FROM acct WHERE id > 900')
  })
}
