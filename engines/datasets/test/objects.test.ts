import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { ManualClock } from '@super-data/base/clock'
import { seededFaults } from '@super-data/testing/s3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DatasetsOptions } from '../src/index.ts'
import { Bucket, skipReason, titled } from './bucket.ts'

import { Folder } from './folder.ts'

const seed = Number(process.env['SUPER_DATA_TEST_SEED'] ?? 20_261_129)

describe.skipIf(skipReason !== undefined)(titled('datasets in a bucket'), () => {
  let folder: Folder
  let bucket: Bucket
  beforeEach(async () => {
    folder = await Folder.make()
    bucket = await Bucket.make()
  })
  afterEach(async () => {
    await folder[Symbol.asyncDispose]()
    await bucket[Symbol.asyncDispose]()
  })

  const name = (...keys: string[]) => {
    const entries = keys.map(key => `  - { name: ${key.split('.')[0]}, from: "${bucket.address(key)}" }\n`)
    return folder.write('datasets.yml', keys.length === 0 ? 'datasets: []' : `datasets:\n${entries.join('')}`, 0)
  }
  const open = (options: Partial<DatasetsOptions> = {}) => folder.open({ openBucket: bucket.open, ...options })
  const sales = 'sales.json'

  it('are read as files are, packed too, and say where they come from', async () => {
    await bucket.put(sales, '[{"id":1},{"id":2}]')
    await bucket.put('events.ndjson.gz', gzipSync('{"a":1}\n{"a":2}\n{"a":3}\n'))
    await bucket.put('goods.csv', 'id,name\n1,x\n')
    await name(sales, 'events.ndjson.gz', 'goods.csv')
    const datasets = await open()
    expect(datasets.problems).toEqual([])
    expect(datasets.list()).toMatchObject([
      { name: 'events', from: bucket.address('events.ndjson.gz'), format: 'ndjson', gzip: true, records: 3 },
      { name: 'goods', from: bucket.address('goods.csv'), format: 'csv', records: 1 },
      { name: 'sales', from: bucket.address(sales), sizeBytes: 19, records: 2, problem: null, since: null },
    ])
    expect(Math.abs(Date.now() - datasets.get('sales').updatedAt)).toBeLessThan(60_000)
    using lease = datasets.lease('sales')
    expect(await readFile(lease.file, 'utf8')).toBe('[{"id":1},{"id":2}]')
  })

  it('change with their objects, and are not read again while these do not', async () => {
    await bucket.put(sales, '[1]')
    await name(sales)
    const datasets = await open()
    const told: (readonly string[])[] = []
    datasets.onChange(names => told.push(names))
    const { looks } = bucket.requests(sales)
    for (let times = 0; times < 3; times++) expect(await datasets.refresh()).toEqual([])
    expect(bucket.requests(sales)).toEqual({ looks: looks + 3, reads: 1 })
    await bucket.put(sales, '[1,2]')
    expect(await datasets.refresh()).toEqual(['sales'])
    expect(datasets.get('sales').records).toBe(2)
    expect(told).toEqual([['sales']])
    await datasets.close()
    const again = await open()
    expect(again.get('sales').records).toBe(2)
    expect(bucket.requests(sales).reads).toBe(2)
  })

  it('see a change by themselves', async () => {
    await name(sales)
    const datasets = await open({ settings: { pollMs: 20, settleMs: 10, objectPollMs: 20 } })
    expect(datasets.problems).toMatchObject([{ name: 'sales', problem: 'there is no such object' }])
    const told = new Promise<readonly string[]>(resolve => datasets.onChange(resolve))
    await bucket.put(sales, '[1]')
    expect(await told).toEqual(['sales'])
  })

  it.each([
    ['sales.json', '[{"id":1},{"id":', 'the JSON ends in the middle'],
    ['sales.json.gz', new Uint8Array(gzipSync('[1,2,3]').subarray(0, 20)), 'the gzip file is cut off'],
    ['sales.csv', 'a,b\n1\n', 'line 2 has 1 field, the header has 2'],
    ['sales.json', `[${'1,'.repeat(600)}1]`, 'it is larger than the server takes'],
  ])('keep the last good version while %s is bad: %j', async (key, bad, reason) => {
    const good = { 'sales.json': '[1]', 'sales.json.gz': gzipSync('[1]'), 'sales.csv': 'a,b\n1,2\n' }[key]!
    await bucket.put(key, good as string)
    await name(key)
    const clock = new ManualClock()
    const datasets = await open({ clock, settings: { pollMs: 0, settleMs: 0, fileBytesMax: 1_000 } })
    const { version } = datasets.get('sales')
    await bucket.put(key, bad)
    expect(await datasets.refresh()).toEqual(['sales'])
    const since = clock.now()
    clock.advance(60_000)
    expect(await datasets.refresh()).toEqual([])
    expect(datasets.get('sales')).toMatchObject({
      version,
      records: 1,
      problem: expect.stringContaining(reason),
      since,
    })
    expect(bucket.requests(key).reads).toBe(2)
    expect((await folder.copies()).filter(file => !file.includes('.rows')).length).toBe(1)
    await bucket.put(key, good as string)
    expect(await datasets.refresh()).toEqual(['sales'])
    expect(datasets.get('sales')).toMatchObject({ version, problem: null, since: null })
  })

  it('are taken whole or not at all from connections that break', async () => {
    await bucket.put(sales, '[1]')
    await name(sales)
    const datasets = await open()
    await bucket.put(sales, `[${'1234567,'.repeat(40_000)}0]`)
    bucket.network.break({ fault: 'cut-answer', method: 'GET', times: Infinity })
    expect(await datasets.refresh()).toEqual(['sales'])
    expect(datasets.get('sales')).toMatchObject({ records: 1, problem: 'the object store does not answer' })
    expect((await folder.copies()).length).toBe(1)
    bucket.network.heal()
    bucket.network.break({ fault: 'cut-answer', method: 'GET', times: 2 })
    expect(await datasets.refresh()).toEqual(['sales'])
    expect(datasets.get('sales')).toMatchObject({ records: 40_001, problem: null })
  })

  it.each(['slow-down', 'lost-request'] as const)(
    'answer through "%s", and are not read again after it',
    async fault => {
      await bucket.put(sales, '[1]')
      await name(sales)
      const datasets = await open()
      bucket.network.break({ fault, times: 2 })
      expect(await datasets.refresh()).toEqual([])
      bucket.network.break({ fault, times: Infinity })
      expect(await datasets.refresh()).toEqual(['sales'])
      expect(datasets.get('sales')).toMatchObject({ records: 1, problem: 'the object store does not answer' })
      bucket.network.heal()
      expect(await datasets.refresh()).toEqual(['sales'])
      expect(datasets.get('sales').problem).toBeNull()
      expect(bucket.requests(sales).reads).toBe(1)
    },
  )

  it('answer after a restart while the bucket is away, and say since when', async () => {
    await bucket.put(sales, '[1]')
    await name(sales)
    const first = await open()
    bucket.network.away()
    await first.refresh()
    const { since } = first.get('sales')
    expect(since).not.toBeNull()
    await first.close()
    const second = await open()
    expect(second.get('sales')).toMatchObject({ records: 1, problem: 'the object store does not answer', since })
    using lease = second.lease('sales')
    expect(await readFile(lease.file, 'utf8')).toBe('[1]')
    bucket.network.back()
    await second.refresh()
    expect(second.get('sales')).toMatchObject({ problem: null, since: null })
    expect(bucket.requests(sales).reads).toBe(1)
  })

  it('that were never read are no datasets yet, and hold up no others', async () => {
    await bucket.put(sales, '[1]')
    await folder.write('orders.json', '[1,2]')
    await name(sales)
    bucket.network.away()
    const datasets = await open()
    expect(datasets.list().map(dataset => dataset.name)).toEqual(['orders'])
    expect(() => datasets.lease('sales')).toThrow(
      expect.objectContaining({
        code: 'DATASET_UNREAD',
        message: `${bucket.address(sales)}: the object store does not answer`,
      }),
    )
    bucket.network.back()
    expect(await datasets.refresh()).toEqual(['sales'])
    expect(datasets.get('sales').records).toBe(1)
  })

  it('delay neither a start nor an end by more than seconds when their bucket is silent', async () => {
    await name(sales)
    bucket.network.break({ fault: 'delay', delayMs: 60_000, times: Infinity })
    const begin = performance.now()
    const datasets = await open({ openBucket: each => bucket.openPatiently(each, 60_000) })
    expect(datasets.problems).toMatchObject([{ name: 'sales', problem: 'it has not been read yet' }])
    await datasets.close()
    expect(performance.now() - begin).toBeLessThan(20_000)
  })

  it('go when their object is deleted, and come back with it', async () => {
    await bucket.put(sales, '[1]')
    await name(sales)
    const datasets = await open()
    await bucket.remove(sales)
    expect(await datasets.refresh()).toEqual(['sales'])
    expect(datasets.find('sales')).toBeUndefined()
    const problem = { file: bucket.address(sales), name: 'sales', problem: 'there is no such object' }
    expect(datasets.problems).toEqual([problem])
    expect(() => datasets.lease('sales')).toThrow(expect.objectContaining({ code: 'DATASET_INVALID' }))
    await bucket.put(sales, '[1]')
    expect(await datasets.refresh()).toEqual(['sales'])
    expect(datasets.get('sales')).toMatchObject({ records: 1, problem: null })
    await name()
    expect(await datasets.refresh()).toEqual(['sales'])
    await datasets.close()
    expect(await folder.copies()).toEqual([])
  })

  it('stay when it is their bucket that cannot be found', async () => {
    await bucket.put(sales, '[1]')
    await name(sales)
    const datasets = await open()
    await folder.write('datasets.yml', 'datasets: [{ name: sales, from: "s3://no-such-bucket/sales.json" }]', 30)
    expect(await datasets.refresh()).toEqual(['sales'])
    const problem = 'the bucket of the object store does not exist'
    expect(datasets.get('sales')).toMatchObject({ records: 1, problem, from: 's3://no-such-bucket/sales.json' })
  })

  it('end the reading of an object that nobody names any more', async () => {
    await bucket.put(sales, '[1]')
    await folder.write('datasets.yml', 'datasets: []')
    const datasets = await open()
    bucket.network.break({ fault: 'delay', method: 'GET', delayMs: 60_000 })
    await name(sales)
    const reading = datasets.refresh()
    while (bucket.requests(sales).reads === 0) await new Promise(resolve => setTimeout(resolve, 10))
    await name()
    const begin = performance.now()
    await datasets.refresh()
    await reading
    expect(performance.now() - begin).toBeLessThan(20_000)
    expect(datasets.list()).toEqual([])
    expect(await folder.copies()).toEqual([])
  })

  it('go on being read when the one who asked for it gives up', async () => {
    await bucket.put(sales, '[1]')
    await folder.write('datasets.yml', 'datasets: []')
    const datasets = await open()
    bucket.network.break({ fault: 'delay', method: 'GET', delayMs: 500 })
    await name(sales)
    const told = new Promise<readonly string[]>(resolve => datasets.onChange(resolve))
    await expect(datasets.refresh(AbortSignal.timeout(200))).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await told).toEqual(['sales'])
  })

  it('are given up when their bytes take too long', async () => {
    await bucket.put(sales, `[${'1234567,'.repeat(40_000)}0]`)
    await name(sales)
    const datasets = await open({ settings: { pollMs: 0, downloadMs: 0 } })
    expect(datasets.problems).toMatchObject([{ problem: 'it could not be read in time' }])
  })

  it(`are one version or the other, never parts of two, while one request in three breaks (seed ${seed})`, async () => {
    const content = (version: number) => JSON.stringify(Array.from({ length: 20_000 }, () => version))
    await bucket.put(sales, content(0))
    await name(sales)
    const datasets = await open()
    bucket.network.breakBy(
      seededFaults(seed, { oneIn: 3, faults: ['cut-answer', 'slow-down', 'lost-request', 'delay'] }),
    )
    for (let version = 1; version <= 10; version++) {
      const refreshing = datasets.refresh()
      await bucket.put(sales, content(version))
      await refreshing
      using lease = datasets.lease('sales')
      const items = JSON.parse(await readFile(lease.file, 'utf8')) as number[]
      expect(new Set(items).size).toBe(1)
      expect(items.length).toBe(20_000)
    }
    bucket.network.heal()
    await datasets.refresh()
    expect(await datasets.sample('sales', 1)).toEqual([10])
    expect((await folder.copies()).length).toBe(1)
  })

  it('with equal bytes are kept once', async () => {
    const keys = ['a.json', 'b.json', 'c.json', 'd.json', 'e.json', 'f.json']
    for (const key of keys) await bucket.put(key, '[1]')
    await name(...keys)
    const datasets = await open()
    expect(datasets.list().map(({ records }) => records)).toEqual([1, 1, 1, 1, 1, 1])
    expect((await folder.copies()).length).toBe(1)
    await name('f.json')
    await datasets.refresh()
    using lease = datasets.lease('f')
    expect(await readFile(lease.file, 'utf8')).toBe('[1]')
  })
})

it('objects are refused where the server reads no buckets', async () => {
  await using folder = await Folder.make()
  await folder.write('datasets.yml', 'datasets: [{ name: sales, from: "s3://bucket/sales.json" }]')
  const datasets = await folder.open()
  expect(datasets.problems).toEqual([
    { file: 's3://bucket/sales.json', name: 'sales', problem: 'this server reads no buckets' },
  ])
})
