import { expect, it } from 'vitest'
import { setupRolesSql } from '../src/index.ts'
import { describePostgres, openSource } from './open-source.ts'

describePostgres('roles', {}, scene => {
  it('of a superuser are refused, unless that is allowed aloud', async () => {
    const reader = scene.database.superuser
    await expect(openSource(scene.database, { reader })).rejects.toMatchObject({
      code: 'POSTGRES_ROLE_TOO_POWERFUL',
      message: expect.stringContaining('SUPERUSER'),
      details: { logins: ['reader'] },
    })
    const open = await scene.open({ reader, policy: { allowSuperuser: true } })
    expect(await open.findings()).toEqual(
      expect.arrayContaining([expect.objectContaining({ login: 'reader', power: 'SUPERUSER', severity: 'refused' })]),
    )
    for (const text of [`SELECT pg_read_file('PG_VERSION')`, 'DELETE FROM acct', `COPY (SELECT 1) TO PROGRAM 'true'`])
      await expect(open.read({ text })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
  })

  it.each([
    ['REPLICATION', 'REPLICATION', 'REPLICATION'],
    ['BYPASSRLS', 'BYPASSRLS', 'BYPASSRLS'],
    ['CREATEROLE', 'CREATEROLE', 'CREATEROLE'],
    ['pg_read_server_files', '', 'pg_read_server_files'],
    ['pg_write_server_files', '', 'pg_write_server_files'],
    ['pg_execute_server_program', '', 'pg_execute_server_program'],
    ['pg_signal_backend', '', 'pg_signal_backend'],
  ])('with more than a source needs are refused: %s', async (_, attribute, power) => {
    const user = `powerful_${power.toLowerCase()}`
    await scene.ask(`CREATE ROLE ${user} LOGIN PASSWORD 'x' ${attribute}`)
    if (attribute === '') await scene.ask(`GRANT ${power} TO ${user}`)
    const reader = { ...scene.database.reader, user, password: 'x' }
    await expect(openSource(scene.database, { reader })).rejects.toMatchObject({
      code: 'POSTGRES_ROLE_TOO_POWERFUL',
      message: expect.stringContaining(power),
    })
    await scene.ask(`DROP OWNED BY ${user}`)
    await scene.ask(`DROP ROLE ${user}`)
  })

  it('that could reach further are spoken of', async () => {
    const powers = (await scene.source.findings()).map(({ login, power }) => `${login} ${power}`)
    expect(powers).toContain('reader dblink')
  })

  it('of our making read and write one schema and nothing else', async () => {
    const postgres = scene.postgres
    const database = await postgres.createDatabase()
    const name = `shop_${database.name}`
    await postgres.ask(
      database,
      `CREATE SCHEMA "My Shop"; CREATE TABLE "My Shop".t (id serial, a text); CREATE TABLE other (a int)`,
    )
    const setup = setupRolesSql({ reader: `${name}_r`, writer: `${name}_w`, schemas: ['My Shop'] })
    await postgres.ask(database, setup)
    await postgres.ask(database, 'CREATE TABLE "My Shop".later (a int)')
    for (const role of ['r', 'w']) await postgres.ask(database, `ALTER ROLE ${name}_${role} PASSWORD 'x'`)
    const login = (role: string) => ({ ...database.reader, user: `${name}_${role}`, password: 'x' })
    await using source = await openSource(database, { reader: login('r'), writer: login('w') })
    expect((await source.findings()).filter(({ severity }) => severity === 'refused')).toEqual([])
    expect(await source.write({ text: `INSERT INTO t (a) VALUES ('x') RETURNING id` })).toMatchObject({ rows: [[1]] })
    expect(await source.read({ text: 'SELECT a FROM t' })).toMatchObject({ rows: [['x']] })
    expect(await source.read({ text: 'SELECT * FROM later' })).toMatchObject({ rows: [] })
    await expect(source.read({ text: 'SELECT * FROM public.other' })).rejects.toMatchObject({ code: 'POSTGRES_DENIED' })
    await source.close()
    await postgres.ask(database, `DROP OWNED BY ${name}_r, ${name}_w; DROP ROLE ${name}_r, ${name}_w`)
  })
})
