import { openPostgres, openPrivatePostgres } from '@super-data/testing/postgres'
import { describe, expect, it } from 'vitest'

for (const major of [18, 15] as const) {
  const postgres = await openPostgres(major)

  describe.skipIf(!postgres)(`PostgreSQL ${major} for tests`, () => {
    it('gives each test file a database of its own with the tables of the attack list', async () => {
      const one = await postgres!.createDatabase()
      const other = await postgres!.createDatabase()
      await postgres!.ask(one, 'DELETE FROM entry; DELETE FROM acct')
      expect(await postgres!.ask(other, 'SELECT count(*)::int AS count FROM acct')).toEqual([{ count: 10 }])
      expect(await postgres!.ask(other, 'SHOW server_version_num')).toMatchObject([
        { server_version_num: expect.stringMatching(`^${major}`) },
      ])
    })

    it('has a million rows where asked for', async () => {
      const database = await postgres!.createDatabase('big')
      expect(await postgres!.ask(database, 'SELECT count(*)::int AS count FROM big')).toEqual([{ count: 1_000_000 }])
    })
  })
}

const own = await openPrivatePostgres(18)

it.skipIf(!own)('a server of one test can be killed and started again', async () => {
  await using postgres = own!
  const database = await postgres.createDatabase()
  await postgres.kill()
  await expect(postgres.ask(database, 'SELECT 1')).rejects.toThrow()
  await postgres.start()
  await postgres.restart()
  expect(await postgres.ask(database, 'SELECT count(*)::int AS count FROM acct')).toEqual([{ count: 10 }])
})
