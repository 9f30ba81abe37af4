import { beforeEach, expect, it } from 'vitest'
import { describePostgres } from './open-source.ts'
import { seeWorld } from './world.ts'

describePostgres('writing', {}, scene => {
  const accounts = async () =>
    (await scene.ask<{ id: number; bal: string }>('SELECT id, bal FROM acct ORDER BY id')).map(row => row.bal)

  beforeEach(async () => {
    await scene.ask('DELETE FROM acct WHERE id > 10')
    await scene.ask('UPDATE acct SET bal = id * 100 + 0.10')
  })

  it('changes rows, says how many, and answers what RETURNING asks for', async () => {
    const answer = await scene.source.write({
      text: 'UPDATE acct SET bal = bal + $1 WHERE id <= $2 RETURNING id, bal',
      params: ['0.90', 2],
    })
    expect(answer).toMatchObject({
      command: 'UPDATE',
      affected: 2,
      rolledBack: false,
      rows: [
        [1, '101.00'],
        [2, '201.00'],
      ],
    })
    expect((await accounts()).slice(0, 3)).toEqual(['101.00', '201.00', '300.10'])
    const insert = await scene.source.write({
      text: `WITH new AS (INSERT INTO acct VALUES (11, 'new', 1) RETURNING id) SELECT id FROM new`,
    })
    expect(insert).toMatchObject({ rows: [[11]] })
    expect(await accounts()).toHaveLength(11)
    await scene.source.write({ text: `INSERT INTO entry (acct, amount) SELECT 1, nextval('s') RETURNING id` })
  })

  it('undoes a dry run and says what it would have done', async () => {
    const before = await accounts()
    const answer = await scene.source.write({
      text: 'UPDATE acct SET bal = 0 RETURNING id',
      confirmAllRows: true,
      dryRun: true,
      rowsMax: 3,
    })
    expect(answer).toMatchObject({ affected: 10, rolledBack: true, truncated: { by: 'rows' }, rows: { length: 3 } })
    expect(await accounts()).toEqual(before)
  })

  it.each([
    ['UPDATE', 'UPDATE acct SET bal = 0'],
    ['a condition that is none', 'UPDATE acct SET bal = 0 WHERE true'],
    ['a column that is itself', 'UPDATE acct SET bal = 0 WHERE acct.id = acct.id'],
    ['a condition with a way out', 'DELETE FROM entry WHERE (id = 1 AND acct_id = 2) OR true'],
    ['DELETE', 'DELETE FROM entry'],
    ['inside of WITH', 'WITH x AS (DELETE FROM entry RETURNING 1) SELECT count(*) FROM x'],
    ['MERGE on nothing', 'MERGE INTO acct USING (SELECT 1) x ON true WHEN MATCHED THEN DELETE'],
  ])('wants a change of every row confirmed: %s', async (_, text) => {
    const before = await seeWorld(scene)
    await expect(scene.source.write({ text })).rejects.toMatchObject({ code: 'POSTGRES_CONFIRMATION_NEEDED' })
    expect(await seeWorld(scene)).toEqual(before)
  })

  it('rolls back what changes more rows than allowed', async () => {
    const before = await accounts()
    await expect(
      scene.source.write({ text: 'UPDATE acct SET bal = 0 WHERE id > 0', maxAffectedRows: 5 }),
    ).rejects.toMatchObject({ code: 'POSTGRES_TOO_MANY_ROWS', details: { affected: 10, maxAffectedRows: 5 } })
    expect(await accounts()).toEqual(before)
  })

  it('says which rule a value breaks', async () => {
    await expect(scene.source.write({ text: `INSERT INTO acct VALUES (1, 'again', 1)` })).rejects.toMatchObject({
      code: 'POSTGRES_CONSTRAINT',
      details: { sqlstate: '23505', constraint: 'acct_pkey' },
    })
  })

  it.each([
    `COPY (SELECT 1) TO PROGRAM 'true'`,
    `SELECT * FROM dblink('dbname=postgres', 'select 1') AS t(a int)`,
    `INSERT INTO acct SELECT 12, dblink_connect('dbname=postgres'), 1`,
    `UPDATE acct SET owner = lo_import('/etc/passwd')::text WHERE id = 1`,
    `DELETE FROM acct WHERE id = 1 AND pg_terminate_backend(1)`,
    `UPDATE acct SET bal = setval('s', 5) WHERE id = 1`,
    `INSERT INTO acct SELECT sd_write(), 'x', 1`,
    'GRANT ALL ON acct TO PUBLIC',
    'ALTER ROLE cq_writer SUPERUSER',
    'CREATE TABLE z (a int)',
    'DROP TABLE acct',
    'TRUNCATE acct',
    'CALL pc()',
    'DO $$ BEGIN END $$',
    'COMMIT',
    'SET ROLE cq_admin',
    'EXPLAIN ANALYZE DELETE FROM acct WHERE id = 1',
    'SELECT 1',
    'SELECT * FROM acct FOR UPDATE',
    'INSERT INTO pg_authid (rolname) VALUES (1)',
    `UPDATE pg_proc SET provolatile = 'i' WHERE proname = 'pg_sleep'`,
    'DELETE FROM pg_catalog.pg_class WHERE oid = 1',
    `UPDATE acct SET bal = 1 WHERE id = 1 AND EXISTS (SELECT FROM evil)`,
  ])('refuses %s', async text => {
    const before = await seeWorld(scene)
    await expect(scene.source.write({ text })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
    expect(await seeWorld(scene)).toEqual(before)
  })

  it('refuses everything where there is no writer', async () => {
    const reading = await scene.open({ writer: undefined })
    await expect(reading.write({ text: 'DELETE FROM acct WHERE id = 1' })).rejects.toMatchObject({
      code: 'POLICY_DENIED',
    })
    await expect(reading.sessions.begin({ owner: 'a', channel: 'b' })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
    expect((await reading.sessions.begin({ owner: 'a', channel: 'b' }, { mode: 'read' })).mode).toBe('read')
  })

  it('gives up on a lock in time, and says that trying again may help', async () => {
    const impatient = await scene.open({ limits: { lockTimeoutMs: 200 } })
    const owner = { owner: 'alice', channel: 'c' }
    const { id } = await impatient.sessions.begin(owner)
    await impatient.sessions.run(id, owner, { text: 'UPDATE acct SET bal = 5 WHERE id = 1' })
    await expect(impatient.write({ text: 'UPDATE acct SET bal = 6 WHERE id = 1' })).rejects.toMatchObject({
      code: 'POSTGRES_CONFLICT',
      kind: 'conflict',
      details: { sqlstate: '55P03' },
    })
    await impatient.sessions.rollback(id, owner)
  })

  it('stores all operations of a transaction or none, and says which one failed', async () => {
    const before = await accounts()
    await expect(
      scene.source.transaction({
        operations: [
          { text: 'UPDATE acct SET bal = 0 WHERE id = $1', params: [1] },
          { text: `INSERT INTO acct VALUES (11, 'eleven', 11)` },
          { text: `INSERT INTO acct VALUES (2, 'again', 1)` },
        ],
      }),
    ).rejects.toMatchObject({
      code: 'POSTGRES_OPERATION_FAILED',
      kind: 'invalid',
      details: { index: 2, code: 'POSTGRES_CONSTRAINT', sqlstate: '23505', rolledBack: true },
    })
    expect(await accounts()).toEqual(before)
    await expect(
      scene.source.transaction({
        operations: [{ text: 'UPDATE acct SET bal = 0 WHERE id = 99', expectRows: 1 }],
      }),
    ).rejects.toMatchObject({ details: { index: 0, code: 'POSTGRES_UNEXPECTED_ROWS', affected: 0 } })
    await expect(
      scene.source.transaction({ operations: [{ text: 'SELECT 1' }, { text: 'DROP TABLE acct' }] }),
    ).rejects.toMatchObject({ details: { index: 1, code: 'POLICY_DENIED' } })
    const done = await scene.source.transaction({
      operations: [
        { text: 'UPDATE acct SET bal = bal - 50 WHERE id = 1', expectRows: 1 },
        { text: 'UPDATE acct SET bal = bal + 50 WHERE id = 2 RETURNING bal', expectRows: 1 },
        { text: 'SELECT sum(bal) FROM acct' },
      ],
    })
    expect(done.results.map(result => result.affected)).toEqual([1, 1, 0])
    expect(done.results[1]!.rows).toEqual([['250.10']])
    expect((await accounts()).slice(0, 2)).toEqual(['50.10', '250.10'])
  })

  it('says the same of changes that are checked at the very end', async () => {
    await scene.ask(`CREATE TABLE late (id int PRIMARY KEY, up int REFERENCES late DEFERRABLE INITIALLY DEFERRED)`)
    await scene.ask('GRANT SELECT, INSERT ON late TO cq_writer')
    await expect(scene.source.write({ text: 'INSERT INTO late VALUES (1, 99)' })).rejects.toMatchObject({
      code: 'POSTGRES_CONSTRAINT',
      details: { sqlstate: '23503' },
    })
    expect(await scene.ask('SELECT * FROM late')).toEqual([])
  })
})
