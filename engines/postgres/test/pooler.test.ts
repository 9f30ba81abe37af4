import { openPgBouncer, type PgBouncerOptions, type TestDatabase } from '@super-data/testing/postgres'
import { describe, expect, it } from 'vitest'
import { describePostgres, openSource } from './open-source.ts'

const alice = { owner: 'alice', channel: 'phone' }
const there = await openPgBouncer({ host: '127.0.0.1', port: 1, database: 'none' }, { mode: 'session' })
await there?.[Symbol.asyncDispose]()

/** What a careful operator would set at the roles, because the pooler does not pass it on. */
const atRoles = ['cq_reader', 'cq_writer', 'cq_admin'].flatMap(role =>
  [
    ...[`"DateStyle" = 'ISO, YMD'`, 'idle_in_transaction_session_timeout = 300000'],
    ...['client_connection_check_interval = 1000', `default_transaction_read_only = ${role === 'cq_reader'}`],
  ].map(setting => `ALTER ROLE ${role} IN DATABASE %I SET ${setting}`),
)

describe.skipIf(!there)(there ? 'behind PgBouncer' : 'PgBouncer is not installed', () => {
  describePostgres('a source behind a pooler', {}, scene => {
    const behind = async (options: PgBouncerOptions, work: (database: TestDatabase) => Promise<void>) => {
      await using bouncer = (await openPgBouncer(scene.database.reader, options))!
      const { host, port } = bouncer
      const { reader, writer, admin } = scene.database
      await work({
        ...scene.database,
        reader: { ...reader, host, port },
        writer: { ...writer, host, port },
        admin: { ...admin, host, port },
      })
    }
    const passing = ['ignore_startup_parameters = options']
    const prepareRoles = async () => {
      for (const text of atRoles)
        await scene.ask(`DO $$ BEGIN EXECUTE format('${text.replaceAll("'", "''")}', current_database()); END $$`)
    }

    it.each([
      ['that refuses the settings of a connection', { mode: 'transaction' }],
      ['that drops them (transaction mode)', { mode: 'transaction', settings: passing }],
      ['that drops them (session mode)', { mode: 'session', settings: passing }],
      ['in statement mode', { mode: 'statement', settings: passing }],
    ] as const)('does not open %s', async (_, options) => {
      await behind(options, async database => {
        const error = await openSource(database).then(
          () => expect.fail('it opened'),
          error => error,
        )
        expect(error).toMatchObject({
          code: 'POSTGRES_POOLED',
          retryable: false,
          hint: expect.stringContaining('itself'),
        })
        expect(error.message).toContain('pooler')
      })
    })

    it('reads and writes in transaction mode where the roles have the settings, and holds no sessions', async () => {
      await prepareRoles()
      await behind({ mode: 'transaction', settings: passing }, async database => {
        await expect(openSource(database, { admin: database.admin })).rejects.toMatchObject({ code: 'POSTGRES_POOLED' })
        await using source = await openSource(database)
        expect((await source.read({ text: 'SELECT count(*)::int FROM acct' })).rows).toEqual([[10]])
        const write = { text: 'UPDATE acct SET bal = bal WHERE id = 1', dryRun: true }
        expect(await source.write(write)).toMatchObject({ affected: 1, rolledBack: true })
        for (const mode of ['read', 'write'] as const)
          await expect(source.sessions.begin(alice, { mode })).rejects.toMatchObject({
            ...{ code: 'POSTGRES_POOLED', retryable: false, message: expect.stringContaining('between transactions') },
          })
        await expect(source.maintain(undefined, maintenance => maintenance.run('VACUUM acct'))).rejects.toMatchObject({
          code: 'POSTGRES_POOLED',
        })
        await expect(source.read({ text: 'DELETE FROM acct' })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
        await expect.poll(() => held()).toBe(0)
      })
    })

    it('holds sessions in session mode', async () => {
      await prepareRoles()
      await behind({ mode: 'session', settings: passing }, async database => {
        await using source = await openSource(database)
        const { id } = await source.sessions.begin(alice)
        await source.sessions.run(id, alice, { text: `INSERT INTO acct VALUES (20, 'pooled', 1)` })
        expect((await source.sessions.run(id, alice, { text: 'SELECT count(*)::int FROM acct' })).rows).toEqual([[11]])
        await source.sessions.rollback(id, alice)
        expect(await scene.ask('SELECT FROM acct WHERE id = 20')).toEqual([])
      })
    })

    const held = async () =>
      (await scene.ask(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND state ~ 'in transaction'`))
        .length
  })
})
