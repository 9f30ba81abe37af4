import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { openPostgres } from '@super-data/testing/postgres'
import { expect, it } from 'vitest'
import { PostgresSource } from '../src/source.ts'

const postgres = await openPostgres(18)

it.skipIf(!postgres)('catalogue', async () => {
  const database = await postgres!.createDatabase()
  await using source = await PostgresSource.open({ name: 't', ...database, clock: systemClock, random: systemRandom })
  const rows = await source.inspect(undefined, c =>
    c.rows('SELECT 1 AS a, true AS b, 9007199254740993 AS c, now() IS NULL AS d, array[1,2] AS e, array[$1::text] AS f, $2::json AS g', ['x"y,', { a: 1 }]))
  expect(rows).toEqual([{ a: 1, b: true, c: '9007199254740993', d: false, e: [1, 2], f: ['x"y,'], g: { a: 1 } }])
  expect(await source.maintain(undefined, m => m.run('VACUUM acct'))).toBe('VACUUM')
  expect(await source.define(undefined, { statements: ['CREATE TABLE x (a int)'], dryRun: true })).toEqual({ tags: ['CREATE TABLE'], notices: [], rolledBack: true })
  await expect(source.inspect(undefined, c => c.rows('SELECT * FROM x'))).rejects.toMatchObject({ code: 'POSTGRES_UNKNOWN_NAME' })
  await expect(source.inspect(undefined, c => c.rows('DELETE FROM acct'))).rejects.toMatchObject({ code: 'POSTGRES_DENIED' })
  expect(source.ownBackends().size).toBe(2)
})
