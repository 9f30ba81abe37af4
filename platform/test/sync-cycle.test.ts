import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openBucket } from './sync-faulty-store.ts'
import { openShelf } from './sync-shelf.ts'

const database = 'databases/tools.db'
const seldom = { intervalMs: 3_600_000, changeMs: 10 }

/** Starts a shelf that has something to write, and waits for that. */
async function begin(shelf: Awaited<ReturnType<typeof openShelf>>): Promise<void> {
  await shelf.add('first')
  shelf.sync.start()
  await expect.poll(() => shelf.sync.status().state, { timeout: 20_000 }).toBe('healthy')
}

describe('sync', { timeout: 120_000 }, () => {
  it('brings what one installation made to the other, both ways', async () => {
    const { store } = openBucket()
    await using a = await openShelf({ store })
    await using b = await openShelf({ store })
    await a.add('from a')
    await b.add('from b')
    expect(await a.run()).toMatchObject({ outcome: 'synced', rowsMerged: 0 })
    expect(await b.run()).toMatchObject({ outcome: 'synced', rowsMerged: 1, rowsPushed: 1 })
    expect(await a.run()).toMatchObject({ outcome: 'synced', rowsMerged: 1, rowsPushed: 0 })
    expect(await a.titles()).toEqual(['from a', 'from b'])
    expect(await b.titles()).toEqual(['from a', 'from b'])
  })

  it('asks the bucket once when nothing has changed', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    await a.run()
    bucket.take()
    expect(await a.run()).toMatchObject({ outcome: 'unchanged', requests: 1 })
    expect(await a.run()).toMatchObject({ outcome: 'unchanged', requests: 1 })
    expect(bucket.take()).toEqual([`head ${database}`, `head ${database}`])
  })

  it('needs two requests for one change: keep what was there, write', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    await a.run()
    bucket.take()
    await a.add('two')
    expect(await a.run()).toMatchObject({ outcome: 'synced', requests: 2, rowsPushed: 1 })
    const [keep, write] = bucket.take()
    expect(keep).toMatch(/^put backups\/tools\.db\.\d{8}-\d{6}-[0-9a-z]{4}$/)
    expect(write).toBe(`put ${database}`)
  })

  it('keeps every state that it overwrites', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    for (const title of ['one', 'two', 'three']) {
      await a.add(title)
      const before = await bucket.bytes(database).catch(() => undefined)
      await a.run()
      if (before === undefined) continue
      const newest = (await a.sync.backups(new AbortController().signal))[0]
      expect(await bucket.bytes(newest?.name ?? '')).toEqual(before)
    }
    expect(await bucket.keys('backups/')).toHaveLength(2)
  })

  it('keeps one state of changes in quick succession', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store, settings: seldom })
    await begin(a)
    for (const title of ['one', 'two', 'three']) {
      const before = await bucket.inner.head(database)
      await a.add(title)
      await expect.poll(() => bucket.inner.head(database), { timeout: 20_000 }).not.toEqual(before)
    }
    expect(await bucket.keys('backups/')).toHaveLength(1)
  })

  it('leaves the copy before the present one to other processes that read it, until there is another', async () => {
    const { store } = openBucket()
    const a = await openShelf({ store, home: await mkdtemp(join(tmpdir(), 'super-data-sync-')) })
    const copies = async () => (await readdir(join(a.home, 'sync'))).filter(name => name.startsWith('copy-'))
    for (const [at, title] of ['one', 'two', 'three'].entries()) {
      await a.add(title)
      await a.run()
      expect(await copies()).toHaveLength(Math.min(at + 1, 2))
    }
    await a[Symbol.asyncDispose]()
    expect(await copies()).toHaveLength(1)
    await rm(a.home, { recursive: true })
  })

  it('goes on from the copy it has after a restart, with one request', async () => {
    const bucket = openBucket()
    const first = await openShelf({ store: bucket.store })
    await first.add('one')
    await first.run()
    await first.leave()
    bucket.take()
    await using again = await openShelf({ store: bucket.store, home: first.home })
    expect(await again.run()).toMatchObject({ outcome: 'unchanged' })
    expect(bucket.take().filter(request => request.endsWith(database))).toEqual([`head ${database}`])
    expect((await readdir(join(first.home, 'sync'))).filter(name => name.startsWith('copy-'))).toHaveLength(1)
  })

  it('lets many installations write at once: nothing is lost, all end up the same', async () => {
    const { store } = openBucket()
    const shelves = await Promise.all(Array.from({ length: 4 }, () => openShelf({ store })))
    try {
      for (let round = 0; round < 3; round++) {
        await Promise.all(
          shelves.map(async (shelf, at) => {
            for (let n = 0; n < 5; n++) await shelf.add(`${round}-${at}-${n}`)
            expect((await shelf.run()).outcome).toBe('synced')
          }),
        )
      }
      for (const shelf of shelves) await shelf.run()
      const titles = await Promise.all(shelves.map(shelf => shelf.titles()))
      expect(titles[0]).toHaveLength(60)
      for (const other of titles) expect(other).toEqual(titles[0])
    } finally {
      for (const shelf of shelves) await shelf[Symbol.asyncDispose]()
    }
  })

  it('sends what travels and nothing else', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    await a.database.write(rows => rows.insertInto('secrets').values({ id: 1, text: 'planted-secret' }).execute())
    await a.run()
    await a.add('two')
    await a.run()
    for (const key of await bucket.keys()) {
      expect(Buffer.from(await bucket.bytes(key)).includes('planted-secret')).toBe(false)
    }
  })

  it('runs by itself, and writes at the end what it has not written yet', async () => {
    const { store } = openBucket()
    await using a = await openShelf({ store })
    await using b = await openShelf({ store })
    a.sync.start()
    await a.add('one')
    await expect.poll(() => b.run().then(() => b.titles()), { timeout: 20_000 }).toEqual(['one'])
    await a.add('two')
    await a.sync.close()
    await b.run()
    expect(await b.titles()).toEqual(['one', 'two'])
  })

  it('writes a change soon, long before the next sync is due', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store, settings: seldom })
    await using b = await openShelf({ store: bucket.store })
    await begin(a)
    for (const title of ['one', 'two', 'three']) {
      await a.add(title)
      await expect.poll(() => b.run().then(() => b.titles()), { timeout: 20_000 }).toContain(title)
    }
    const runs = await a.sync.history({ limit: 10 })
    expect(runs.map(run => run.trigger)).toEqual(['change', 'change', 'change', 'start'])
  })

  it('asks the bucket nothing when what changed here came from there, or does not travel', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store, settings: seldom })
    await using b = await openShelf({ store: bucket.store })
    await begin(a)
    await b.add('from b')
    await b.run()
    const compared = a.compared()
    await a.run()
    bucket.take()
    await expect.poll(a.compared, { timeout: 20_000 }).toBeGreaterThan(compared + 1)
    const before = a.compared()
    await a.database.write(rows => rows.insertInto('secrets').values({ id: 1, text: 'mine' }).execute())
    await expect.poll(a.compared, { timeout: 20_000 }).toBeGreaterThan(before)
    expect(bucket.take()).toEqual([])
    expect(a.sync.status()).toMatchObject({ state: 'healthy', runs: { synced: 2, unchanged: 0 } })
  })

  it('leaves changes to the interval while the bucket is away', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store, settings: seldom })
    await begin(a)
    bucket.state.fault = () => 'away'
    await a.add('one')
    await expect.poll(() => a.sync.status().state, { timeout: 20_000 }).toBe('degraded')
    bucket.take()
    const before = a.compared()
    await a.add('two')
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(a.compared()).toBe(before)
    expect(bucket.take()).toEqual([])
    bucket.state.fault = () => undefined
    expect(await a.run()).toMatchObject({ outcome: 'synced', rowsPushed: 2 })
  })

  it('asks a bucket that does not answer no second time for a change that was made meanwhile', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store, settings: { ...seldom, requestMs: 500 } })
    await begin(a)
    bucket.state.fault = () => 'stuck'
    const asking = a.run()
    await expect.poll(bucket.take, { timeout: 20_000 }).toContain(`head ${database}`)
    await a.add('one')
    expect(await asking).toMatchObject({ code: 'SYNC_TIMEOUT' })
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(bucket.take()).toEqual([])
    bucket.state.fault = () => undefined
  })

  it('writes a change that a sync had begun to write when its caller gave up', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store, settings: { ...seldom, changeMs: 1_000 } })
    await begin(a)
    const caller = new AbortController()
    bucket.state.fault = ({ method }) => {
      if (method === 'put') setImmediate(() => caller.abort())
      return method === 'put' ? 'stuck' : undefined
    }
    await a.add('one')
    expect(await a.run({ signal: caller.signal })).toMatchObject({ code: 'CANCELLED' })
    bucket.state.fault = () => undefined
    const last = () => a.sync.history({ limit: 1 }).then(runs => runs[0])
    await expect.poll(last, { timeout: 10_000 }).toMatchObject({ trigger: 'change', rows_pushed: 1 })
  })

  it('remembers every sync that did something', async () => {
    const { store } = openBucket()
    await using a = await openShelf({ store })
    await a.add('one')
    await a.run()
    await a.run()
    const runs = await a.sync.history({ limit: 10 })
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({ trigger: 'manual', outcome: 'synced', etag_before: null, rows_pushed: 1 })
    expect(runs[0]?.bytes_written).toBeGreaterThan(4_000)
  })
})
