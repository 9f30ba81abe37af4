import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { openPrivatePostgres, type PostgresMajor } from '@super-data/testing/postgres'
import { describe, expect, it } from 'vitest'
import { PostgresSource } from '../src/index.ts'

const alice = { owner: 'alice', channel: 'phone' }

describe.each([18, 15] as const)('PostgreSQL %i that goes away', major => {
  it('is found again by the next call, and its sessions say that they are lost', async context => {
    const own = await openPrivatePostgres(major as PostgresMajor)
    if (!own) return context.skip('not installed')
    await using postgres = own
    const { reader, writer } = await postgres.createDatabase()
    const options = { name: 'shop', reader, writer, clock: systemClock, random: systemRandom }
    await using source = await PostgresSource.open(options)
    await Promise.all(Array.from({ length: 4 }, () => source.read({ text: 'SELECT 1' })))
    const { id } = await source.sessions.begin(alice)
    await source.sessions.run(id, alice, { text: `INSERT INTO acct VALUES (20, 'x', 1)` })
    const running = source.read({ text: 'SELECT count(*) FROM generate_series(1, 1e9::int)' })
    running.catch(() => {})
    await postgres.restart()
    await expect(running).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE', kind: 'unavailable' })
    expect(await source.read({ text: 'SELECT count(*)::int FROM acct' })).toMatchObject({ rows: [[10]] })
    await expect(source.sessions.commit(id, alice)).rejects.toMatchObject({ code: 'POSTGRES_SESSION_LOST' })

    await postgres.kill()
    const down = await source.read({ text: 'SELECT 1' }).catch(error => error)
    expect(down).toMatchObject({ code: 'POSTGRES_UNAVAILABLE' })
    await using late = await PostgresSource.open(options)
    await expect(late.read({ text: 'SELECT 1' })).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE' })
    await postgres.start()
    expect(await source.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
    expect(await late.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
  }, 60_000)
})
