import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { S3ObjectStore } from '@super-data/objects'
import { describe, expect, it } from 'vitest'
import { FaultProxy, s3Missing, seededFaults, startS3 } from '../src/s3.ts'

const reason = s3Missing()

describe.skipIf(reason !== undefined)(`the S3 server of the tests${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it('makes empty buckets of new names, on loopback', async () => {
    const server = (await startS3())!
    expect(server.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await server.newBucket()).not.toBe(await server.newBucket())
  })

  it('is reached through a proxy that counts requests and can be away', async () => {
    const { newBucket, ...server } = (await startS3())!
    await using proxy = await FaultProxy.open(server.endpoint)
    await using store = await S3ObjectStore.open({
      ...server,
      endpoint: proxy.endpoint,
      bucket: await newBucket(),
      clock: systemClock,
      random: systemRandom,
      limits: { callMs: 2_500 },
    })
    await store.put('counted', new Uint8Array([1]))
    expect(proxy.countOf('PUT', '/counted')).toBe(1)
    proxy.away()
    await expect(store.head('counted')).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' })
    proxy.back()
    expect(await store.head('counted')).toMatchObject({ sizeBytes: 1 })
  })
})

describe('seeded faults', () => {
  it('are the same for the same seed', () => {
    const draw = (seed: number) => {
      const source = seededFaults(seed, { oneIn: 3, faults: ['delay', 'slow-down'] })
      return Array.from({ length: 50 }, () => source({ method: 'GET', target: '/' })?.fault)
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })
})
