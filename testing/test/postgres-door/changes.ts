import { afterEach, expect, it } from 'vitest'
import type { Caller } from './caller.ts'
import type { Scene } from './scene.ts'

export function changes(scene: () => Scene, alice: () => Caller): void {
  const insert = (id: number) => `INSERT INTO acct VALUES (${id}, 'new', 1)`
  const stored = (id: number) => scene().count('FROM acct WHERE id = $1', [id])
  const balances = async () => (await scene().ask('SELECT sum(bal)::text AS sum FROM acct'))[0]!['sum']

  afterEach(async () => {
    await scene().ask('DELETE FROM acct WHERE id > 10')
  })

  it('a write that does not say how it ends is refused with both ways out', async () => {
    const error = await alice().refused('pg_query', 'write', { sql: insert(20) })
    expect(error).toMatchObject({ code: 'POSTGRES_WRITE_NOT_ASKED', kind: 'denied' })
    expect(error.hint).toMatch(/session.*autocommit/s)
    expect(await stored(20)).toBe(0)
    expect(await alice().write(insert(20), { autocommit: true })).toMatchObject({ affected: 1, committed: true })
    expect(await stored(20)).toBe(1)
    expect(await alice().refused('pg_query', 'write', { sql: 'SELECT 1', autocommit: true })).toMatchObject({
      code: 'POLICY_DENIED',
    })
  })

  it('a transaction is all or nothing, and says which statement failed', async () => {
    const operations = [
      { sql: insert(20) },
      { sql: 'UPDATE acct SET bal = $1 WHERE id = 1', params: ['5.55'] },
      { sql: insert(1) },
    ]
    const error = await alice().refused('pg_query', 'transaction', { operations, autocommit: true })
    expect(error).toMatchObject({
      code: 'POSTGRES_OPERATION_FAILED',
      details: { index: 2, code: 'POSTGRES_CONSTRAINT', sqlstate: '23505', rolledBack: true },
    })
    expect(await stored(20)).toBe(0)
    expect(await balances()).toBe('5501.00')
    expect(await alice().refused('pg_query', 'transaction', { operations })).toMatchObject({
      code: 'POSTGRES_WRITE_NOT_ASKED',
    })
    const fewer = [{ sql: insert(20) }, { sql: insert(21), expectRows: 1 }]
    expect(await alice().ask('pg_query', 'transaction', { operations: fewer, dryRun: true })).toMatchObject({
      committed: false,
    })
    expect(await stored(21)).toBe(0)
    const done = await alice().ask('pg_query', 'transaction', { operations: fewer, autocommit: true })
    expect(done).toMatchObject({ committed: true, results: [{ affected: 1 }, { affected: 1 }] })
    const wrong = [{ sql: 'DELETE FROM acct WHERE id > 10', expectRows: 1 }]
    expect(await alice().refused('pg_query', 'transaction', { operations: wrong, autocommit: true })).toMatchObject({
      details: { code: 'POSTGRES_UNEXPECTED_ROWS', index: 0 },
    })
    expect(await stored(20)).toBe(1)
    const all = [{ sql: 'UPDATE acct SET bal = 0' }]
    expect(await alice().refused('pg_query', 'transaction', { operations: all, autocommit: true })).toMatchObject({
      details: { code: 'POSTGRES_CONFIRMATION_NEEDED' },
    })
  })

  it('a change can be tried, is bounded, and is never of every row by mistake', async () => {
    const sql = 'UPDATE acct SET bal = bal + 1 WHERE id <= 10 RETURNING id, bal'
    const tried = await alice().write(sql, { dryRun: true })
    expect(tried).toMatchObject({ affected: 10, committed: false, count: 10 })
    expect(tried.rows[0]).toEqual([1, '101.10'])
    expect(await alice().refused('pg_query', 'write', { sql, autocommit: true, maxAffectedRows: 5 })).toMatchObject({
      code: 'POSTGRES_TOO_MANY_ROWS',
      details: { affected: 10, maxAffectedRows: 5 },
    })
    const everything = { sql: 'UPDATE acct SET bal = 0', autocommit: true }
    expect(await alice().refused('pg_query', 'write', everything)).toMatchObject({
      code: 'POSTGRES_CONFIRMATION_NEEDED',
    })
    expect(await balances()).toBe('5501.00')
    expect(await alice().write('DELETE FROM entry', { dryRun: true, confirmAllRows: true })).toMatchObject({
      affected: 50,
    })
    expect(await scene().count('FROM entry')).toBe(50)
  })

  it('EXPLAIN shows plans and findings', async () => {
    const sql = `SELECT * FROM big WHERE txt = 'row 77'`
    const told = await alice().ask('pg_query', 'explain', { sql })
    expect(told).toMatchObject({ analyzed: false, hypothetical: null, tree: expect.stringMatching(/Seq Scan/) })
    expect(JSON.stringify(told['findings'])).toMatch(/seq/i)
    const analyzed = await alice().ask('pg_query', 'explain', {
      sql: 'SELECT count(*) FROM acct',
      analyze: true,
      options: ['buffers'],
    })
    expect(analyzed).toMatchObject({ analyzed: true })
    const generic = { sql: 'SELECT * FROM acct WHERE id = $1', options: ['generic_plan'] }
    if (scene().major >= 16) expect(await alice().ask('pg_query', 'explain', generic)).toHaveProperty('plan')
    else expect(await alice().ask('pg_query', 'explain', generic).catch(String)).toBeTruthy()
  })

  it('EXPLAIN ANALYZE of a change needs the right to change, and changes nothing', async () => {
    const asked = { sql: 'DELETE FROM entry WHERE id > 5', analyze: true }
    await using carol = await scene().connect('carol')
    expect((await carol.refused('pg_query', 'explain', asked)).kind).toBe('denied')
    expect(await carol.ask('pg_query', 'explain', { sql: 'SELECT * FROM acct', analyze: true })).toMatchObject({
      analyzed: true,
    })
    const told = await alice().ask('pg_query', 'explain', asked)
    expect(told).toMatchObject({ analyzed: true, notes: [expect.stringContaining('rolled back')] })
    expect(JSON.stringify(told['plan'])).toContain('45')
    const session = await alice().begin()
    await alice().write('DELETE FROM entry WHERE id > 40', { session })
    expect(JSON.stringify((await alice().ask('pg_query', 'explain', { ...asked, session }))['plan'])).toContain('35')
    expect((await alice().read('SELECT count(*)::int FROM entry', { session })).rows).toEqual([[40]])
    await alice().ask('pg_tx', 'rollback', { session })
    expect(await scene().count('FROM entry')).toBe(50)
  })

  it('names may be anything PostgreSQL takes, and near ones are proposed', async () => {
    await scene().ask(`SET ROLE cq_admin; CREATE TABLE IF NOT EXISTS "Weird ""Name" (a int); CREATE TABLE IF NOT EXISTS größe (a int);
      GRANT SELECT ON "Weird ""Name", größe TO cq_reader; RESET ROLE`)
    for (const name of ['Weird "Name', 'größe']) {
      expect(await alice().ask('pg_schema', 'describe', { name })).toMatchObject({ kind: 'table', name })
      expect(await alice().ask('pg_admin', 'vacuum', { table: name })).toMatchObject({ tag: 'VACUUM' })
    }
    const missing = await alice().refused('pg_schema', 'describe', { name: 'accts' })
    expect(missing).toMatchObject({
      code: 'POSTGRES_OBJECT_MISSING',
      kind: 'missing',
      hint: expect.stringContaining('acct'),
    })
    const long = await alice().refused('pg_admin', 'vacuum', { table: 'ü'.repeat(32) })
    expect(long).toMatchObject({ code: 'POSTGRES_NAME_INVALID' })
    await scene().ask('DROP TABLE "Weird ""Name"; DROP TABLE größe')
  })

  it('who waits for whose lock is shown with both statements, and waiting ends in time', async () => {
    const session = await alice().begin()
    await alice().write('UPDATE acct SET bal = bal WHERE id = 1', { session })
    await using bob = await scene().connect('bob')
    const other = await bob.begin()
    await bob.ask('pg_admin', 'settings', { name: 'lock_timeout', value: '2s', session: other })
    const waiting = bob.refused('pg_query', 'write', {
      ...{ sql: `UPDATE acct SET owner = 'waits' WHERE id = 1`, session: other },
    })
    const blocked = `FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%waits%'`
    await expect.poll(() => scene().count(blocked), { timeout: 10_000, interval: 20 }).toBe(1)
    const locks = await alice().ask('pg_monitor', 'locks')
    await using watcher = await scene().connect('carol', { project: 'looking' })
    const seen = await watcher.ask('pg_monitor', 'locks')
    expect(await waiting).toMatchObject({
      ...{ code: 'POSTGRES_CONFLICT', retryable: true },
      details: { sqlstate: '55P03', session: { state: 'failed' } },
    })
    // Statements of other logins are shown to a reader that may see statistics.
    const [blocker, waiter] = ['bal = bal WHERE id = 1', `owner = 'waits'`].map(part => ({
      query: expect.stringContaining(part),
    }))
    expect(seen).toMatchObject({ waiting: 1, roots: [{ ...blocker, blocks: [waiter] }] })
    expect(locks).toMatchObject({ waiting: 1, roots: [{ query: '<insufficient privilege>' }] })
    await bob.ask('pg_tx', 'rollback', { session: other })
    await alice().ask('pg_tx', 'rollback', { session })
  }, 20_000)
}
