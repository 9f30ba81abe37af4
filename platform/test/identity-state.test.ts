import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { auditChain, governedTables } from '../src/state/governed-schema.ts'
import { ownerTables, peopleTables, reviewTables } from '../src/state/library-schema.ts'
import { credentialTables, datasetSchemaTable, installationTable } from '../src/state/platform-schema.ts'
import { runTable } from '../src/state/telemetry-schema.ts'
import { openInstallation } from './identity-installation.ts'

const refused = /^DATABASE_(CONSTRAINT|FOREIGN_KEY|UNIQUE)$/
const names = { id: 'u1', wanted_name: 'Anna', name: 'Anna' } as const
const user = { ...names, email: null, role: 'user', state: 'active', created_at: 1, stamp: '1' } as const

describe('the files refuse what the code should never write', () => {
  it.each([
    ['a role nobody has', `update users set role = 'king'`],
    ['a state nobody is in', `update users set state = 'asleep'`],
    ['half a token identity', `update users set issuer = 'https://login.example.test'`],
    ['a project name in capitals', `update projects set name = 'Default'`],
    ['a second project of the same name', `insert into projects values ('p2', 'default', '', 1, '1')`],
    ['a membership of nobody', `insert into memberships values ((select id from projects), 'nobody', 'admin', 1)`],
    ['a membership without a role', `update memberships set role = 'guest'`],
    ['the end of a user who owns something', `delete from users where name = 'owner'`],
    [
      'an outcome that is none',
      `insert into audit values ('a', 1, null, null, 'x', null, null, 'maybe', null, 'r', 'http', null, null)`,
    ],
  ])('%s', async (_what, statement) => {
    await using home = await openInstallation()
    const attempt = home.library.write(transaction => sql.raw(statement).execute(transaction))
    await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(refused) })
  })

  it.each([
    ['a key that stores its secret', `update keys set hash = 'sd_secret'`],
    ['a key for more than there is', `update keys set need = 'everything'`],
    [
      'two keys of one secret',
      `insert into keys select 'k2', user_id, label, hash, prefix, project, only_project, need, created_at, null, null, null from keys`,
    ],
  ])('%s', async (_what, statement) => {
    await using home = await openInstallation()
    const attempt = home.platform.write(transaction => sql.raw(statement).execute(transaction))
    await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(refused) })
  })

  it('a user name that differs in case alone', async () => {
    await using home = await openInstallation()
    const insert = (row: object) =>
      home.library.write(transaction =>
        transaction
          .insertInto('users')
          .values({ ...user, issuer: null, subject: null, ...row })
          .execute(),
      )
    await insert({})
    await expect(insert({ id: 'u2', name: 'ANNA' })).rejects.toMatchObject({ code: 'DATABASE_UNIQUE' })
    await insert({ id: 'u4', name: 'carol' })
  })
})

it('says nothing in its tables that PostgreSQL would not understand', () => {
  const postgres = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: database => new PostgresIntrospector(database),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  const tables = [
    peopleTables,
    ownerTables,
    reviewTables,
    governedTables,
    auditChain,
    credentialTables,
    datasetSchemaTable,
    installationTable,
    runTable,
  ]
  const statements = tables.flatMap(table => table(postgres.schema).map(statement => statement.compile()))
  expect(statements.length).toBeGreaterThan(20)
  for (const { sql: text, parameters } of statements) {
    expect(text).not.toMatch(/autoincrement|without rowid|strict|collate|glob|json_|datetime\(/i)
    expect(parameters).toEqual([])
  }
})
