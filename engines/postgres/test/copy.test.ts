import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { describePostgres } from './open-source.ts'

const megabyte = 1 << 20

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describePostgres('bulk data', { template: 'big' }, scene => {
  const exported = async (text: string, more: { bytesMax?: number; signal?: AbortSignal } = {}) => {
    const blocks: Buffer[] = []
    const copied = await scene.source.export({
      text,
      bytesMax: 100 * megabyte,
      ...more,
      write: block => {
        blocks.push(block)
      },
    })
    return { ...copied, csv: Buffer.concat(blocks).toString() }
  }

  it('leaves as CSV, with what makes CSV hard', async () => {
    const { csv, rows } = await exported(
      `SELECT 1 AS a, 'x,"y"' || chr(10) || 'ě' AS "b c", NULL AS n, '' AS e; -- all`,
    )
    expect(csv).toBe('a,b c,n,e\n1,"x,""y""\ně",,""\n')
    expect(rows).toBe(1)
  })

  it('streams a million rows without holding them, at the speed of who takes them', async () => {
    const before = process.memoryUsage().rss
    let bytes = 0
    let lines = 0
    let pauses = 0
    const copied = await scene.source.export({
      text: 'SELECT * FROM big',
      bytesMax: 100 * megabyte,
      write: async block => {
        bytes += block.length
        for (const byte of block) if (byte === 10) lines++
        if (++pauses % 50 === 0) await wait(5)
      },
    })
    expect(copied).toEqual({ rows: 1_000_000, bytes })
    expect(lines).toBe(1_000_001)
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * megabyte)
  })

  it.each([
    ['a change', 'DELETE FROM acct WHERE id = 1'],
    ['a change in WITH', 'WITH x AS (DELETE FROM acct WHERE id = 1 RETURNING 1) SELECT * FROM x'],
    ['a program', `SELECT 1) TO PROGRAM 'true' --`],
    ['a view that locks', 'SELECT * FROM evil'],
    ['a file', `SELECT pg_read_file('PG_VERSION')`],
    ['EXPLAIN', 'EXPLAIN SELECT 1'],
  ])('does not leave by %s', async (_, text) => {
    await expect(exported(text)).rejects.toMatchObject({ code: expect.stringMatching(/POLICY_DENIED|POSTGRES_SYNTAX/) })
    expect(await scene.source.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
  })

  it('stops at its limit, and when nobody wants it any more', async () => {
    await expect(exported('SELECT * FROM big', { bytesMax: megabyte })).rejects.toMatchObject({
      code: 'POSTGRES_RESULT_TOO_LARGE',
    })
    const abort = new AbortController()
    const leaving = scene.source.export({
      text: 'SELECT * FROM big a, big b',
      bytesMax: 1e12,
      signal: abort.signal,
      write: () => {
        abort.abort()
      },
    })
    await expect(leaving).rejects.toMatchObject({ code: 'CANCELLED' })
    const failing = scene.source.export({
      text: 'SELECT * FROM big',
      bytesMax: 1e12,
      write: () => Promise.reject(new Error('the disk is full')),
    })
    await expect(failing).rejects.toThrow('the disk is full')
    expect(await scene.source.read({ text: 'SELECT 1' })).toMatchObject({ rows: [[1]] })
    await expect
      .poll(() => scene.ask(`SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%'`))
      .toEqual([])
  })

  it('comes in, all of it or nothing', async () => {
    const rows = (from: number, count: number) => {
      const lines = Array.from({ length: count }, (_, n) => `${from + n},"new, one",${n}.50\n`)
      return Readable.from(['id,owner,bal\n', ...lines].map(line => Buffer.from(line)))
    }
    const table = { schema: 'public', table: 'acct', bytesMax: megabyte }
    let last = 0
    const onProgress = ({ bytes }: { bytes: number }) => {
      last = bytes
    }
    const copied = await scene.source.import({
      ...table,
      columns: ['id', 'owner', 'bal'],
      source: rows(100, 1000),
      onProgress,
    })
    expect(copied).toEqual({ rows: 1000, bytes: last, rolledBack: false })
    const dry = await scene.source.import({ ...table, source: rows(2000, 10), dryRun: true })
    expect(dry).toMatchObject({ rows: 10, rolledBack: true })
    await expect(scene.source.import({ ...table, source: rows(1095, 10) })).rejects.toMatchObject({
      code: 'POSTGRES_CONSTRAINT',
    })
    await expect(scene.source.import({ ...table, bytesMax: 1000, source: rows(3000, 1000) })).rejects.toMatchObject({
      code: 'POSTGRES_RESULT_TOO_LARGE',
    })
    await expect(
      scene.source.import({ ...table, source: Readable.from([Buffer.from('id,owner,bal\nx,y,z\n')]) }),
    ).rejects.toMatchObject({ code: 'POSTGRES_FAILED', details: { sqlstate: '22P02' } })
    expect(await scene.ask('SELECT count(*)::int AS count FROM acct')).toEqual([{ count: 1010 }])
  })

  it('comes in without being held', async () => {
    await scene.ask('CREATE TABLE wide (txt text); GRANT INSERT ON wide TO cq_writer')
    const held = () => {
      collectGarbage()
      return process.memoryUsage().arrayBuffers
    }
    const before = held()
    let most = 0
    async function* blocks() {
      for (let count = 1; count <= 60; count++) {
        yield Buffer.from(`${'x'.repeat(megabyte - 1)}\n`)
        if (count % 10 === 0) most = Math.max(most, held() - before)
      }
    }
    const copied = await scene.source.import({
      ...{ schema: 'public', table: 'wide', header: false, bytesMax: 1 << 30, dryRun: true },
      ...{ source: blocks(), signal: new AbortController().signal },
    })
    expect(copied.rows).toBe(60)
    expect(most).toBeLessThan(30 * megabyte)
  }, 30_000)

  it('gives up on a sender that stops sending', async () => {
    const abort = new AbortController()
    async function* stuck() {
      yield Buffer.from('id,owner,bal\n5000,x,1\n')
      await new Promise(() => {})
    }
    const coming = scene.source.import({
      schema: 'public',
      table: 'acct',
      bytesMax: megabyte,
      source: stuck(),
      signal: abort.signal,
    })
    setTimeout(() => abort.abort(), 100)
    await expect(coming).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await scene.ask('SELECT FROM acct WHERE id = 5000')).toEqual([])
  })

  it('comes into tables only', async () => {
    for (const table of ['pg_authid', 'no_such'])
      await expect(
        scene.source.import({ schema: 'pg_catalog', table, bytesMax: 1, source: Readable.from([]) }),
      ).rejects.toMatchObject({ code: expect.stringMatching(/POLICY_DENIED|POSTGRES_UNKNOWN_NAME/) })
  })
})
