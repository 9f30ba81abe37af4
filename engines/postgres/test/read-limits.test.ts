import { expect, it } from 'vitest'
import { describePostgres } from './open-source.ts'

const megabytes = 1 << 20

/** From 512 MB on a text is more than JavaScript has room for. */
const hugeBytes = process.env['SUPER_DATA_TORTURE'] ? 600_000_000 : 60_000_000

describePostgres('limits of a read', { template: 'big', source: { limits: { readTimeoutMs: 20_000 } } }, scene => {
  const running = async (marker: string) => {
    const [row] = await scene.ask<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE state = 'active' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()`,
      [marker],
    )
    return row!.count
  }

  it('answers the first rows of a million at once, without holding the rest', async () => {
    await scene.source.read({ text: 'SELECT *, generate_series(1, 10) FROM big' })
    const before = process.memoryUsage().rss
    const answer = await scene.source.read({ text: 'SELECT * FROM big' })
    expect(answer).toMatchObject({ truncated: { by: 'rows' }, rows: { length: 100 } })
    expect(answer.elapsedMs).toBeLessThan(5_000)
    const endless = await scene.source.read({ text: 'SELECT generate_series(1, 1000000000000)' })
    expect(endless).toMatchObject({ truncated: { by: 'rows' }, rows: { length: 100 } })
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * megabytes)
    await expect.poll(() => running('generate_series(1, 1000000000000)')).toBe(0)
  })

  it('keeps parallel plans', async () => {
    const { rows } = await scene.source.read({ text: 'EXPLAIN (ANALYZE) SELECT grp, count(*) FROM big GROUP BY grp' })
    expect(rows.flat().join('\n')).toMatch(/Workers Launched: [1-9]/)
  })

  it('refuses a value larger than any process could hold, and goes on', async () => {
    const before = process.memoryUsage().rss
    const slow = await scene.open({ limits: { readTimeoutMs: 60_000 } })
    await expect(slow.read({ text: `SELECT repeat('x', ${hugeBytes})` })).rejects.toMatchObject({
      code: 'POSTGRES_RESULT_TOO_LARGE',
      kind: 'limited',
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(80 * megabytes)
    expect(await slow.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
    await expect.poll(() => running(`'x', ${hugeBytes}`)).toBe(0)
  }, 90_000)

  it('answers what came of rows of a megabyte, and says that there was more', async () => {
    const answer = await scene.source.read({ text: `SELECT n, repeat('x', 1000000) FROM generate_series(1, 100) n` })
    expect(answer.truncated).toMatchObject({ by: 'bytes' })
    expect(answer.rows.length).toBeGreaterThan(3)
    expect(answer.rows.length).toBeLessThan(100)
    expect(answer.cut).toHaveLength(answer.rows.length)
    expect(answer.cut[0]).toEqual({ row: 0, column: 1, sizeBytes: 1_000_000 })
    expect(await scene.source.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
  })

  it('keeps an answer below its size', async () => {
    const answer = await scene.source.read({ text: `SELECT repeat('y', 8000) FROM big`, rowsMax: 10_000 })
    expect(answer.truncated).toMatchObject({ by: 'bytes' })
    expect(JSON.stringify(answer.rows).length).toBeLessThan(1.1 * megabytes)
  })

  it('stops what runs too long', async () => {
    const hasty = await scene.open({ limits: { readTimeoutMs: 1_000 } })
    await expect(hasty.read({ text: 'SELECT count(*) FROM big a, big b WHERE a.txt < b.txt' })).rejects.toMatchObject({
      code: 'POSTGRES_TIMEOUT',
    })
    await expect.poll(() => running('big a, big b')).toBe(0)
  })

  it('ends the connection of a function that does not want to stop', async () => {
    const open = await scene.open({ policy: { allowFunctions: ['swallow'] }, limits: { readTimeoutMs: 1_000 } })
    const started = performance.now()
    await expect(open.read({ text: 'SELECT swallow(30)' })).rejects.toMatchObject({ code: 'POSTGRES_TIMEOUT' })
    expect(performance.now() - started).toBeLessThan(20_000)
    await expect.poll(() => running('swallow(30)')).toBe(0)
    expect(await open.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
  })

  it('stops what nobody waits for any more, and keeps its connections', async () => {
    const patient = await scene.open({ limits: { readTimeoutMs: 60_000 } })
    await patient.read({ text: 'SELECT 1' })
    const abort = new AbortController()
    const text = 'SELECT count(*) /* nobody waits */ FROM big a, big b WHERE a.txt < b.txt'
    const reading = patient.read({ text, signal: abort.signal })
    await expect.poll(() => running('nobody waits')).toBeGreaterThan(0)
    abort.abort()
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => running('nobody waits')).toBe(0)
    expect(patient.connections).toBeLessThanOrEqual(4)
    expect(await patient.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
    await expect(patient.read({ text, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('lets callers wait for a connection, and turns them away when too many do', async () => {
    const narrow = await scene.open({ limits: { readersMax: 1, waitingMax: 2, waitMs: 20_000, readTimeoutMs: 20_000 } })
    await narrow.read({ text: 'SELECT count(*) FROM big' })
    const all = await Promise.allSettled(
      Array.from({ length: 6 }, () => narrow.read({ text: 'SELECT count(*) FROM big' })),
    )
    const turnedAway = all.filter(one => one.status === 'rejected')
    expect(turnedAway.every(one => one.reason.code === 'POSTGRES_BUSY')).toBe(true)
    expect(all.filter(one => one.status === 'fulfilled').length).toBeGreaterThanOrEqual(2)
    // One of each login: the audit looked at the writer's.
    expect(narrow.connections).toBeLessThanOrEqual(2)
  })
})
