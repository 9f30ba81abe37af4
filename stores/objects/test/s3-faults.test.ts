import { type FaultName, FaultProxy, seededFaults } from '@super-data/testing/s3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytes, describeObjectStore, digest, patterned, raise, textOf } from './describe-object-store.ts'
import { openS3, realS3, skipReason, titled } from './open-s3.ts'

const seed = Number(process.env.SUPER_DATA_TEST_SEED ?? 20_261_121)
const rounds = process.env.SUPER_DATA_TORTURE ? 40 : 1

/** Nothing here may be answered with a lasting failure: each of these passes. */
const passing: readonly FaultName[] = [
  'slow-down',
  'internal-error',
  'conditional-conflict',
  'lost-request',
  'cut-upload',
  'cut-answer',
  'delay',
]

describe.skipIf(skipReason !== undefined)(titled('an S3 server behind a bad network'), () => {
  let proxy: FaultProxy
  beforeEach(async () => {
    proxy = await FaultProxy.open((await realS3()).endpoint)
  })
  afterEach(() => proxy.close())
  const open = async () => {
    const store = await openS3({ endpoint: proxy.endpoint, limits: { callMs: 20_000 } })
    proxy.counts.clear()
    return store
  }

  for (const fault of ['slow-down', 'internal-error', 'lost-request', 'cut-upload', 'conditional-conflict'] as const) {
    it(`writes and reads through three of "${fault}"`, async () => {
      await using store = await open()
      proxy.break({ fault, method: 'PUT', times: 3 })
      const { etag } = await store.put('a', bytes('1'), { ifNoneMatch: '*' })
      expect(proxy.countOf('PUT', '/a')).toBe(4)
      proxy.break({ fault, method: 'PUT', times: 3 })
      await store.put('a', bytes('2'), { ifMatch: etag })
      proxy.break({ fault, method: 'GET', times: 3 })
      expect(await textOf(store, 'a')).toBe('2')
    })
  }

  for (const fault of ['lost-answer', 'error-after'] as const) {
    it(`recognises its own write after "${fault}" and repeats nothing`, async () => {
      await using store = await open()
      proxy.break({ fault, method: 'PUT' })
      const { etag } = await store.put('a', bytes('1'), { ifNoneMatch: '*' })
      proxy.break({ fault, method: 'PUT' })
      const second = await store.put('a', bytes('2'), { ifMatch: etag })
      expect((await store.head('a'))!.etag).toBe(second.etag)
      expect(proxy.countOf('PUT', '/a')).toBe(2)
    })
  }

  it('replaces the bytes it knows without a look at them first', async () => {
    await using store = await open()
    const { etag } = await store.put('a', bytes('1'), { ifNoneMatch: '*' })
    await store.put('a', bytes('2'), { ifMatchBytes: etag })
    expect(proxy.countOf('PUT', '/a')).toBe(2)
    expect(proxy.countOf('HEAD', '/a')).toBe(0)
  })

  it('recognises its own write when the first look at it fails too', async () => {
    await using store = await open()
    proxy.break({ fault: 'lost-answer', method: 'PUT' })
    proxy.break({ fault: 'lost-request', method: 'HEAD', times: 2 })
    const { etag } = await store.put('a', bytes('1'), { ifNoneMatch: '*' })
    expect((await store.head('a'))!.etag).toBe(etag)
  })

  it('calls a refusal of the server a conflict, and does not repeat the write', async () => {
    await using store = await open()
    const { etag } = await store.put('a', bytes('1'))
    proxy.break({ fault: 'precondition-failed', method: 'PUT' })
    const refused = store.put('a', bytes('2'), { ifMatch: etag })
    await expect(refused).rejects.toMatchObject({ code: 'OBJECT_WRITE_CONFLICT' })
    expect(proxy.countOf('PUT', '/a')).toBe(2)
    expect(await textOf(store, 'a')).toBe('1')
  })

  it('says that the outcome is open when the server is gone before it can be asked', async () => {
    await using store = await openS3({ endpoint: proxy.endpoint, limits: { callMs: 2_500 } })
    proxy.break({ fault: 'lost-answer', method: 'PUT' })
    proxy.break({ fault: 'lost-request', times: Infinity })
    await expect(store.put('a', bytes('1'), { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'OBJECT_OUTCOME_UNKNOWN',
    })
    proxy.heal()
    expect(await textOf(store, 'a')).toBe('1')
  })

  it('waits as long as the server asks', async () => {
    await using store = await open()
    proxy.break({ fault: 'slow-down', method: 'PUT', retryAfter: '1' })
    const begin = performance.now()
    await store.put('a', bytes('1'))
    expect(performance.now() - begin).toBeGreaterThan(950)
  })

  it('gives up within its deadline while the server is away, and works when it is back', async () => {
    await using store = await openS3({ endpoint: proxy.endpoint, limits: { callMs: 2_500 } })
    await store.put('a', bytes('1'))
    proxy.away()
    const begin = performance.now()
    await expect(store.get('a')).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE', kind: 'unavailable' })
    expect(performance.now() - begin).toBeLessThan(15_000)
    proxy.back()
    expect(await textOf(store, 'a')).toBe('1')
  })

  it('takes a read up where the connection broke', async () => {
    await using store = await open()
    const whole = patterned(3_000_000)
    await store.put('a', whole)
    proxy.break({ fault: 'cut-answer', method: 'GET', times: 3 })
    expect(digest(await (await store.get('a')).body.bytes())).toBe(digest(whole))
    expect(proxy.countOf('GET', '/a')).toBe(4)
  })

  it('reports bytes that are not those that were written', async () => {
    await using store = await open()
    await store.put('a', patterned(100_000))
    proxy.break({ fault: 'wrong-bytes', method: 'GET' })
    const read = async () => (await store.get('a')).body.bytes()
    await expect(read()).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' })
  })

  it('refuses to open where conditions are ignored, unless one writer alone wants it', async () => {
    proxy.break({ fault: 'ignore-conditions', times: Infinity })
    await expect(open()).rejects.toMatchObject({ code: 'OBJECT_STORE_UNCONDITIONAL', kind: 'invalid' })
    await using alone = await openS3({ endpoint: proxy.endpoint, requireConditionalWrites: false })
    expect(alone.capabilities.conditionalWrites).toBe(false)
    await alone.put('a', bytes('1'))
    expect(await textOf(alone, 'a')).toBe('1')
  })

  it('ends an abandoned call at once, also between repetitions', async () => {
    await using store = await open()
    proxy.break({ fault: 'slow-down', times: Infinity, retryAfter: '15' })
    const signal = AbortSignal.timeout(100)
    const begin = performance.now()
    await expect(store.put('a', bytes('1'), { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(performance.now() - begin).toBeLessThan(10_000)
  })

  it('repeats parts that broke, and leaves no upload behind one that failed', async () => {
    await using store = await openS3({ endpoint: proxy.endpoint, limits: { partBytes: 5 * 1024 * 1024 } })
    const whole = patterned(11_000_000)
    proxy.break({ fault: 'cut-upload', method: 'PUT', times: 1, after: 1 })
    proxy.break({ fault: 'lost-answer', method: 'POST', times: 1, after: 1 })
    await store.put('a', whole)
    expect(digest(await (await store.get('a')).body.bytes())).toBe(digest(whole))
  })

  it(`loses no increment of a counter while one request in six breaks (seed ${seed})`, async () => {
    for (let round = 0; round < rounds; round++) {
      await using store = await open()
      await store.put('counter', bytes('0'))
      proxy.breakBy(seededFaults(seed + round, { oneIn: 6, faults: passing }))
      await Promise.all(Array.from({ length: 4 }, () => raise(store, { key: 'counter', times: 5 })))
      proxy.heal()
      expect(await textOf(store, 'counter')).toBe('20')
    }
  })
})

describe.skipIf(skipReason !== undefined)(titled('every promise while one request in twelve breaks'), () => {
  let proxy: FaultProxy | undefined
  afterEach(async () => {
    await proxy?.close()
    proxy = undefined
  })
  describeObjectStore(`S3 behind a bad network (seed ${seed})`, async () => {
    await proxy?.close()
    proxy = await FaultProxy.open((await realS3()).endpoint)
    const store = await openS3({ endpoint: proxy.endpoint })
    proxy.breakBy(seededFaults(seed, { oneIn: 12, faults: passing.filter(fault => fault !== 'cut-upload') }))
    return store
  })
})
