import { expect, it } from 'vitest'
import type { Caller } from './caller.ts'
import type { Scene } from './scene.ts'

interface Line {
  readonly statement: Record<string, unknown>
}

export function operating(scene: () => Scene, alice: () => Caller): void {
  /** What the server has logged of statements. */
  const statements = (): Line['statement'][] =>
    scene()
      .server.output.split('\n')
      .filter(line => line.includes('"statement"'))
      .map(line => (JSON.parse(line) as Line).statement)

  it('each statement leaves a line that says who, what kind and how it went, and never a value', async () => {
    const secret = 'Krokodil-4711'
    const said = `SELECT owner FROM acct WHERE owner = '${secret}' OR owner = $1`
    await alice().read(said, { params: [secret] })
    await alice().read(said.replaceAll(secret, 'else'), { params: ['another'] })
    await alice().write(`UPDATE acct SET owner = '${secret}' WHERE id = 1`, { dryRun: true })
    await alice().refused('pg_query', 'read', { sql: `SELECT '${secret}'::int` })
    await alice().refused('pg_query', 'read', { sql: `SELECT 1; SELECT '${secret}'` })
    await alice().refused('pg_query', 'write', { sql: `INSERT INTO acct VALUES (1, '${secret}', 1)`, autocommit: true })
    await alice().ask('pg_query', 'import', { table: 'acct', data: `id,owner,bal\n90,${secret},1\n`, dryRun: true })
    const session = await alice().begin()
    await alice().refused('pg_query', 'write', { sql: `INSERT INTO acct VALUES (1, $1, 1)`, params: [secret], session })
    await alice().ask('pg_tx', 'rollback', { session })
    expect(scene().server.output).not.toContain(secret)
    expect(JSON.stringify(await scene().audit())).not.toContain(secret)
    const lines = statements().slice(-8)
    expect(lines[0]).toMatchObject({
      user: 'alice',
      source: 'shop',
      action: 'read',
      outcome: 'ok',
      rows: 0,
      ms: expect.any(Number),
    })
    expect(lines[0]!['fingerprint']).toMatch(/^[0-9a-f]{16}$/)
    expect(lines[1]!['fingerprint']).toBe(lines[0]!['fingerprint'])
    expect(lines[2]).toMatchObject({ action: 'write', outcome: 'ok', rows: 1 })
    expect(lines[3]).toMatchObject({ outcome: 'failed', code: 'POSTGRES_FAILED', sqlstate: '22P02' })
    expect(lines[4]).toMatchObject({ outcome: 'failed', code: 'POSTGRES_NOT_ONE_STATEMENT' })
    expect(lines[5]).toMatchObject({ outcome: 'failed', code: 'POSTGRES_CONSTRAINT', sqlstate: '23505' })
    expect(lines[6]).toMatchObject({ action: 'import', outcome: 'ok', rows: 1 })
    expect(lines.every(({ requestId }) => /^req_/.test(String(requestId)))).toBe(true)
  })

  it('a database that goes away comes back by itself, and costs a session that was open', async () => {
    await using caller = await scene().connect('alice', { project: 'lab' })
    const moody = { source: 'moody' }
    expect((await caller.read('SELECT 1', moody)).rows).toEqual([[1]])
    const session = await caller.begin(moody)
    await caller.write(`INSERT INTO acct VALUES (20, 'lost', 1)`, { session, ...moody })
    await scene().moody.restart()
    expect(await caller.refused('pg_query', 'read', { sql: 'SELECT 1', session, ...moody })).toMatchObject({
      ...{ code: 'POSTGRES_SESSION_LOST', retryable: false },
    })
    const again = await caller.read('SELECT count(*)::int FROM acct', moody).catch(String)
    if (typeof again === 'string') expect(again).toContain('"retryable":true')
    expect((await caller.read('SELECT count(*)::int FROM acct', moody)).rows).toEqual([[10]])
    await scene().moody.stop()
    expect(await caller.refused('pg_query', 'read', { sql: 'SELECT 1', ...moody })).toMatchObject({
      ...{ code: 'POSTGRES_UNAVAILABLE', kind: 'unavailable', retryable: true },
    })
    expect((await caller.ask('pg_schema', 'sources')).items).toMatchObject([
      { state: 'ready' },
      { source: 'moody', state: 'unreachable' },
    ])
    expect((await caller.client.listResources()).resources.length).toBe(6)
    expect((await alice().read('SELECT 1')).rows).toEqual([[1]])
    await scene().moody.start()
    await expect.poll(() => caller.read('SELECT 1', moody).then(({ count }) => count, String)).toBe(1)
  }, 30_000)

  it('many calls, good and bad, leave nothing behind', async () => {
    await using bob = await scene().connect('bob', { era: 'modern' })
    const calls = [
      () => alice().read('SELECT * FROM big'),
      () => alice().refused('pg_query', 'read', { sql: 'SELECT 1/0' }),
      () => bob.write('UPDATE acct SET bal = bal WHERE id = 1', { autocommit: true }),
      () =>
        bob.refused('pg_query', 'write', {
          sql: 'INSERT INTO acct VALUES (1, $1, 1)',
          params: ['x'],
          autocommit: true,
        }),
      () => alice().refused('pg_query', 'read', { sql: 'COMMIT' }),
      () => bob.begin().then(session => bob.ask('pg_tx', 'rollback', { session })),
      () => alice().ask('pg_schema', 'describe', { name: 'acct' }),
      () => alice().ask('pg_query', 'explain', { sql: 'SELECT * FROM acct', analyze: true }),
    ]
    for (let round = 0; round < 8; round++) await Promise.all(calls.map(call => call()))
    const [left] = await scene().ask<{ backends: number }>(`SELECT
      (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND usename ~ '^cq_') AS backends,
      (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND state ~ 'in transaction') AS held,
      (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS advisory`)
    expect(left).toMatchObject({ held: 0, advisory: 0 })
    // Of reads and writes 10, of the admin 2, and one for each of 5 sessions.
    expect(left!.backends).toBeLessThanOrEqual(17)
    const kept = await alice().read(
      `SELECT (SELECT count(*)::int FROM pg_prepared_statements), (SELECT count(*)::int FROM pg_cursors WHERE name <> '')`,
    )
    expect(kept.rows).toEqual([[0, 0]])
  }, 30_000)
}
