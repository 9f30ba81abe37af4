import { writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { type Fault, openBucket } from './sync-faulty-store.ts'
import { newerMigrations, openShelf } from './sync-shelf.ts'

const database = 'databases/tools.db'

/** Faults for the next requests of a kind, in order. */
function next(method: string, ...faults: (Fault | undefined)[]) {
  return (request: { method: string; key: string }) =>
    request.method === method && request.key === database ? faults.shift() : undefined
}

describe('sync, when the bucket fails', { timeout: 120_000 }, () => {
  it('takes up again when it is back, and is offline meanwhile', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    bucket.state.fault = () => 'away'
    expect(await a.run()).toMatchObject({ outcome: 'failed', code: 'OBJECT_STORE_UNAVAILABLE' })
    expect(a.sync.status().state).toBe('degraded')
    await a.run()
    await a.run()
    expect(a.sync.status().state).toBe('offline')
    await a.add('two')
    bucket.state.fault = () => undefined
    expect(await a.run()).toMatchObject({ outcome: 'synced' })
    expect(a.sync.status()).toMatchObject({ state: 'healthy', code: null })
  })

  it('gives up on a request that takes too long', async () => {
    const bucket = openBucket(next('get', 'stuck'))
    await using a = await openShelf({ store: bucket.store, settings: { requestMs: 2_500 } })
    await a.add('one')
    expect(await a.run()).toMatchObject({ outcome: 'failed', code: 'SYNC_TIMEOUT' })
    expect(await a.run()).toMatchObject({ outcome: 'synced' })
  })

  it('knows its own write again when the answer was lost', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    await a.run()
    await a.add('two')
    bucket.state.fault = next('put', 'lost')
    expect(await a.run()).toMatchObject({ outcome: 'synced', conflicts: 0, rowsPushed: 1 })
    expect(await a.run()).toMatchObject({ outcome: 'unchanged', requests: 1 })
    expect(await bucket.keys('backups/')).toHaveLength(1)
  })

  it('takes what came broken for nothing, and reads it again', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    await using b = await openShelf({ store: bucket.store })
    await a.add('one')
    await a.run()
    bucket.state.fault = next('get', 'cut')
    expect(await b.run()).toMatchObject({ outcome: 'failed', code: 'SYNC_TRANSFER_BROKEN' })
    expect(await b.titles()).toEqual([])
    expect(await b.run()).toMatchObject({ outcome: 'synced', rowsMerged: 1 })
  })

  it('refuses a bucket that does not keep to conditions', async () => {
    const bucket = openBucket(({ method }) => (method === 'put' ? 'careless' : undefined))
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    expect(await a.run()).toMatchObject({ outcome: 'refused', code: 'NO_CONDITIONAL_WRITES' })
    expect(a.sync.status().state).toBe('refused')
    expect(await bucket.keys()).toEqual([])
  })
})

describe('sync, when the library in the bucket is not what it was', { timeout: 120_000 }, () => {
  it('does not make a library anew that is gone, unless it is told to', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    await a.run()
    for (const key of await bucket.keys()) await bucket.inner.delete(key)
    expect(await a.run()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_GONE' })
    expect(a.sync.status().hint).toContain('`super-data sync now --recreate`')
    await a.add('two')
    expect(await a.run()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_GONE' })
    expect(await bucket.keys('databases/')).toEqual([])
    expect(await a.titles()).toEqual(['one', 'two'])
    expect(await a.run({ recreate: true })).toMatchObject({ outcome: 'synced', hint: null })
    await using b = await openShelf({ store: bucket.store })
    await b.run()
    expect(await b.titles()).toEqual(['one', 'two'])
  })

  it('never writes an empty library, and so not over one that is not', async () => {
    const bucket = openBucket()
    await using empty = await openShelf({ store: bucket.store })
    await empty.run()
    expect(await bucket.keys()).toEqual([])
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    await a.run()
    await empty.run()
    expect(await empty.titles()).toEqual(['one'])
    expect(await bucket.keys('backups/')).toEqual([])
  })

  it('gets back what this home has lost, also when nothing changed in the bucket', async () => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    await a.add('two')
    await a.run()
    await a.database.write(rows => rows.deleteFrom('books').where('id', '=', 'one').execute())
    expect(await a.run()).toMatchObject({ outcome: 'synced', rowsMerged: 1, rowsPushed: 0 })
    expect(await a.titles()).toEqual(['one', 'two'])
  })

  it.each(['garbage', 'another database', 'a wrong checksum'])('sets %s aside and keeps its own', async kind => {
    const bucket = openBucket()
    await using a = await openShelf({ store: bucket.store })
    await a.add('one')
    await a.run()
    await bucket.inner.put(database, await damaged(kind, a.home, await bucket.bytes(database)), {
      metadata: kind === 'a wrong checksum' ? { sha256: '0'.repeat(64) } : {},
    })
    await a.add('two')
    expect(await a.run()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_DAMAGED' })
    bucket.take()
    expect(await a.run()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_DAMAGED', requests: 1 })
    expect(bucket.take()).toEqual([`head ${database}`])
    expect(await a.titles()).toEqual(['one', 'two'])
    expect(await a.run({ recreate: true })).toMatchObject({ outcome: 'synced' })
    expect((await bucket.keys('backups/')).some(key => key.endsWith('-damaged'))).toBe(true)
    await using b = await openShelf({ store: bucket.store })
    await b.run()
    expect(await b.titles()).toEqual(['one', 'two'])
  })

  it('changes nothing in a library that a newer version wrote, and goes on when it is upgraded itself', async () => {
    const bucket = openBucket()
    const old = await openShelf({ store: bucket.store })
    await old.add('from the old one')
    await old.run()
    await using newer = await openShelf({ store: bucket.store, migrations: newerMigrations })
    await newer.add('from the newer one')
    await newer.run()
    expect(await newer.titles()).toEqual(['from the newer one', 'from the old one'])
    await old.add('later')
    expect(await old.run()).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_NEWER' })
    expect(old.sync.status().state).toBe('read_only')
    expect(await old.run({ recreate: true })).toMatchObject({ outcome: 'refused', code: 'SYNC_LIBRARY_NEWER' })
    expect(await old.titles()).toEqual(['from the old one', 'later'])
    await old.leave()
    await using upgraded = await openShelf({ store: bucket.store, home: old.home, migrations: newerMigrations })
    expect(await upgraded.run()).toMatchObject({ outcome: 'synced' })
    await newer.run()
    expect(await newer.titles()).toEqual(['from the newer one', 'from the old one', 'later'])
  })
})

async function damaged(kind: string, home: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (kind === 'garbage') return new TextEncoder().encode('garbage'.repeat(1_000))
  if (kind === 'a wrong checksum') return bytes
  const { readFile } = await import('node:fs/promises')
  const file = `${home}/other.db`
  await writeFile(file, '')
  const other = new DatabaseSync(file)
  other.exec('create table t (x)')
  other.close()
  return readFile(file)
}
