import { setTimeout as wait } from 'node:timers/promises'
import { beforeEach, expect, it } from 'vitest'
import type { PostgresSource } from '../src/index.ts'
import { describePostgres } from './open-source.ts'

const alice = { owner: 'alice', channel: 'phone' }
const bob = { owner: 'bob', channel: 'laptop' }

describePostgres('transaction sessions', {}, scene => {
  const stored = async (id: number) => (await scene.ask('SELECT FROM acct WHERE id = $1', [id])).length === 1
  const inTransaction = async () => {
    const [row] = await scene.ask<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    )
    return row!.count
  }
  const insert = (id: number) => ({ text: `INSERT INTO acct VALUES ($1, 'session', 1)`, params: [id] })

  beforeEach(async () => {
    await scene.ask('DELETE FROM acct WHERE id > 10')
  })

  it('show changes to their owner at once, and to others after the commit', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice)
    const answer = await sessions.run(id, alice, insert(20))
    expect(answer).toMatchObject({ affected: 1, session: { id, state: 'active', statements: 1, mode: 'write' } })
    const seen = await sessions.run(id, alice, { text: 'SELECT count(*)::int FROM acct' })
    expect(seen.rows).toEqual([[11]])
    expect((await scene.source.read({ text: 'SELECT count(*)::int FROM acct' })).rows).toEqual([[10]])
    expect(await sessions.commit(id, alice)).toEqual({ statements: 2 })
    expect(await stored(20)).toBe(true)
    await expect(sessions.run(id, alice, insert(21))).rejects.toMatchObject({ code: 'POSTGRES_SESSION_MISSING' })
    await expect.poll(inTransaction).toBe(0)
  })

  it('say that they failed, take nothing more, and never claim that a failed commit stored something', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice)
    await sessions.run(id, alice, insert(20))
    await expect(sessions.run(id, alice, insert(20))).rejects.toMatchObject({ code: 'POSTGRES_CONSTRAINT' })
    expect(sessions.state(id, alice).state).toBe('failed')
    await expect(sessions.run(id, alice, { text: 'SELECT 1' })).rejects.toMatchObject({
      code: 'POSTGRES_TRANSACTION_FAILED',
      details: { sqlstate: '25P02' },
    })
    await expect(sessions.commit(id, alice)).rejects.toMatchObject({ code: 'TX_ABORTED', kind: 'conflict' })
    expect(await stored(20)).toBe(false)
    expect(sessions.list(alice)).toEqual([])
  })

  it('go back to a savepoint, a failure included', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice)
    await sessions.run(id, alice, insert(20))
    await sessions.savepoint(id, alice, 'before "it"')
    await sessions.run(id, alice, insert(21))
    await expect(sessions.run(id, alice, insert(20))).rejects.toThrow()
    expect(await sessions.rollbackTo(id, alice, 'before "it"')).toMatchObject({
      state: 'active',
      savepoints: ['before "it"'],
    })
    await sessions.run(id, alice, insert(22))
    expect(await sessions.releaseSavepoint(id, alice, 'before "it"')).toMatchObject({ savepoints: [] })
    await expect(sessions.rollbackTo(id, alice, 'before "it"')).rejects.toMatchObject({
      code: 'POSTGRES_NAME_INVALID',
    })
    expect(sessions.state(id, alice).state).toBe('active')
    await sessions.rollback(id, alice)
    const next = await sessions.begin(alice)
    await sessions.run(next.id, alice, insert(23))
    await expect(sessions.run(next.id, alice, { ...insert(23), keepOnError: true })).rejects.toThrow()
    expect(sessions.state(next.id, alice).state).toBe('active')
    await sessions.commit(next.id, alice)
    expect(await Promise.all([20, 21, 22, 23].map(stored))).toEqual([false, false, false, true])
  })

  it('belong to who began them: for all others they are not there', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice)
    await sessions.run(id, alice, insert(20))
    const unknown = await sessions.run('tx_00', bob, insert(1)).catch(error => error)
    for (const stranger of [bob, { ...alice, channel: 'elsewhere' }, { ...bob, channel: alice.channel }]) {
      for (const attempt of [
        () => sessions.run(id, stranger, { text: 'SELECT 1' }),
        () => sessions.commit(id, stranger),
        () => sessions.rollback(id, stranger),
        () => sessions.savepoint(id, stranger, 'x'),
        () => sessions.rollbackTo(id, stranger, 'x'),
        () => sessions.releaseSavepoint(id, stranger, 'x'),
        () => sessions.look(id, stranger, undefined, async () => 1),
        async () => sessions.state(id, stranger),
      ]) {
        const error = await attempt().catch(error => error)
        expect([error.code, error.message, error.hint]).toEqual([unknown.code, unknown.message, unknown.hint])
      }
      expect(sessions.list(stranger)).toEqual([])
    }
    expect(sessions.list(alice)).toMatchObject([{ id, statements: 1 }])
    await sessions.commit(id, alice)
    expect(await stored(20)).toBe(true)
  })

  it('run one statement at a time', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice)
    const slow = sessions.run(id, alice, { text: 'SELECT count(*) FROM generate_series(1, 3000000)' })
    await expect(sessions.run(id, alice, { text: 'SELECT 1' })).rejects.toMatchObject({ code: 'POSTGRES_SESSION_BUSY' })
    await expect(sessions.commit(id, alice)).rejects.toMatchObject({ code: 'POSTGRES_SESSION_BUSY' })
    expect((await slow).rows).toEqual([['3000000']])
    await sessions.rollback(id, alice)
  })

  it('only read when they were begun to read, and see one state of the data', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice, { mode: 'read', isolation: 'repeatable read' })
    const count = () => sessions.run(id, alice, { text: 'SELECT count(*)::int FROM acct' })
    expect((await count()).rows).toEqual([[10]])
    await scene.ask(`INSERT INTO acct VALUES (20, 'outside', 1)`)
    expect((await count()).rows).toEqual([[10]])
    await expect(sessions.run(id, alice, insert(21))).rejects.toMatchObject({ code: 'POLICY_DENIED' })
    await expect(sessions.run(id, alice, { text: 'SELECT * FROM acct FOR UPDATE' })).rejects.toMatchObject({
      code: 'POLICY_DENIED',
    })
    await sessions.rollback(id, alice)
  })

  it('keep the transaction when an answer is cut short', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice)
    await sessions.run(id, alice, insert(20))
    const cut = await sessions.run(id, alice, { text: 'SELECT generate_series(1, 1000000)', rowsMax: 7 })
    expect(cut).toMatchObject({ truncated: { by: 'rows' }, rows: { length: 7 }, session: { state: 'active' } })
    const big = await sessions.run(id, alice, { text: `SELECT repeat('x', 300000) FROM generate_series(1, 500)` })
    expect(big).toMatchObject({ truncated: { by: 'rows' }, session: { state: 'active' } })
    expect(await sessions.run(id, alice, { text: 'SELECT id FROM acct WHERE id = 20 FOR UPDATE' })).toMatchObject({
      rows: [[20]],
    })
    await expect(
      sessions.run(id, alice, { text: 'UPDATE acct SET bal = 0', confirmAllRows: true, maxAffectedRows: 3 }),
    ).rejects.toMatchObject({ code: 'POSTGRES_TOO_MANY_ROWS' })
    expect(sessions.state(id, alice).state).toBe('active')
    await sessions.commit(id, alice)
    expect(await scene.ask('SELECT sum(bal)::text AS sum FROM acct')).toEqual([{ sum: '5502.00' }])
  })

  it('end with an answer too large to be carried, and say so', async () => {
    const source = await scene.open({ limits: { wireBytesMax: 1 << 20 } })
    const { id } = await source.sessions.begin(alice)
    await source.sessions.run(id, alice, insert(20))
    const huge = source.sessions.run(id, alice, { text: `SELECT repeat('x', 30000000)` })
    await expect(huge).rejects.toMatchObject({
      code: 'POSTGRES_SESSION_LOST',
      message: expect.stringContaining('large'),
    })
    await expect(source.sessions.commit(id, alice)).rejects.toMatchObject({ code: 'POSTGRES_SESSION_LOST' })
    expect(await stored(20)).toBe(false)
  })

  it('never hold more connections than there are places, and leave others room', async () => {
    const source = await scene.open({ limits: { sessionsMax: 4, sessionsPerOwnerMax: 3 } })
    const begun = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => source.sessions.begin({ owner: `user ${n}`, channel: 'c' })),
    )
    const open = begun.filter(one => one.status === 'fulfilled')
    expect(open).toHaveLength(4)
    for (const one of begun)
      if (one.status === 'rejected')
        expect(one.reason).toMatchObject({ code: 'POSTGRES_SESSIONS_FULL', kind: 'limited' })
    expect(await source.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
    const first = begun.findIndex(one => one.status === 'fulfilled')
    const owner = { owner: `user ${first}`, channel: 'c' }
    await source.sessions.rollback(source.sessions.list(owner)[0]!.id, owner)
    await source.sessions.begin(alice)
    await source.sessions.closeChannel('c')
    await source.sessions.begin(alice)
    await source.sessions.begin(alice)
    await expect(source.sessions.begin(alice)).rejects.toMatchObject({ code: 'POSTGRES_SESSIONS_FULL' })
    await source.close()
  })

  it('end when they are not used, but not while they work', async () => {
    const source = await scene.open({ limits: { sessionIdleMs: 2_500 } })
    const { id } = await source.sessions.begin(alice)
    await source.sessions.run(id, alice, insert(20))
    const busy = await source.sessions.begin(bob)
    await source.sessions.look(busy.id, bob, undefined, catalog => catalog.rows('SELECT pg_sleep(4)'))
    expect(source.sessions.list(bob)).toMatchObject([{ id: busy.id, warning: expect.stringContaining('ends in') }])
    await expect(source.sessions.run(id, alice, insert(21))).rejects.toMatchObject({ code: 'POSTGRES_SESSION_LOST' })
    await expect(source.sessions.run(id, bob, insert(21))).rejects.toMatchObject({ code: 'POSTGRES_SESSION_MISSING' })
    await expect.poll(() => source.sessions.size).toBe(0)
    await expect.poll(inTransaction).toBe(0)
    expect(await stored(20)).toBe(false)
  })

  it('do not live for ever, however busy they are kept', async () => {
    const source = await scene.open({ limits: { sessionLifetimeMs: 800 } })
    const { id } = await source.sessions.begin(alice)
    const keepBusy = async () => {
      // At once, so that no timer has its turn in between.
      for (const end = performance.now() + 20_000; performance.now() < end; )
        await source.sessions.run(id, alice, { text: 'SELECT 1' })
    }
    await expect(keepBusy()).rejects.toMatchObject({ code: 'POSTGRES_SESSION_LOST' })
  })

  it('are rolled back when what they came through closes, even in the middle of a statement', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice)
    await sessions.run(id, alice, insert(20))
    const running = sessions.run(id, alice, { text: 'SELECT count(*) FROM generate_series(1, 1e9::int) /* gone */' })
    running.catch(() => {})
    await wait(100)
    await sessions.closeChannel(alice.channel)
    await expect(running).rejects.toMatchObject({ code: 'POSTGRES_SESSION_LOST' })
    await expect
      .poll(() => scene.ask(`SELECT pid FROM pg_stat_activity WHERE query LIKE '%/* gone */' AND state = 'active'`))
      .toEqual([])
    expect(await stored(20)).toBe(false)
    expect(sessions.size).toBe(0)
  })

  it('say that they were lost when their backend died', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice)
    await sessions.run(id, alice, insert(20))
    const pid = await sessions.look(id, alice, undefined, catalog =>
      catalog.rows<{ pid: number }>('SELECT pg_backend_pid() AS pid'),
    )
    await scene.ask('SELECT pg_terminate_backend($1)', [pid[0]!.pid])
    await expect.poll(() => sessions.size).toBe(0)
    await expect(sessions.commit(id, alice)).rejects.toMatchObject({ code: 'POSTGRES_SESSION_LOST' })
    expect(await stored(20)).toBe(false)
  })

  it('fail when a statement is cancelled, and can be rolled back', async () => {
    const { sessions } = scene.source
    const { id } = await sessions.begin(alice)
    const abort = new AbortController()
    const running = sessions.run(id, alice, {
      text: 'SELECT count(*) FROM generate_series(1, 1e9::int)',
      signal: abort.signal,
    })
    setTimeout(() => abort.abort(), 100)
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(sessions.state(id, alice).state).toBe('failed')
    await sessions.rollback(id, alice)
  })

  it('leave nothing behind on their connection', async () => {
    const source: PostgresSource = await scene.open({ limits: { sessionsMax: 1, writersMax: 1 } })
    const first = await source.sessions.begin(alice)
    await source.sessions.look(first.id, alice, undefined, async catalog => {
      await catalog.rows('CREATE TEMP TABLE pg_class (relname text)')
      await catalog.rows(`SELECT set_config('search_path', 'nowhere', false), pg_advisory_lock(99)`)
      await catalog.rows('PREPARE left_over AS SELECT 1')
    })
    await source.sessions.commit(first.id, alice)
    const second = await source.sessions.begin(bob)
    const rows = await source.sessions.look(second.id, bob, undefined, catalog =>
      catalog.rows(`SELECT
        (SELECT count(*)::int FROM pg_catalog.pg_prepared_statements) AS prepared,
        pg_catalog.current_setting('search_path') AS path,
        pg_catalog.to_regclass('pg_temp.pg_class')::text AS temporary,
        (SELECT count(*)::int FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`),
    )
    expect(rows).toEqual([{ prepared: 0, path: '"$user", public', temporary: null, locks: 0 }])
    await source.close()
  })
})
