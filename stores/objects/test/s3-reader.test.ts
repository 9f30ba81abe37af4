import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { S3ObjectStore } from '@super-data/objects'
import { FaultProxy } from '@super-data/testing/s3'
import { describe, expect, it } from 'vitest'
import { digest, patterned } from './describe-object-store.ts'
import { openS3, realS3, skipReason, titled } from './open-s3.ts'

describe.skipIf(skipReason !== undefined)(titled('a bucket of somebody else'), () => {
  it('is read without one write, on the version that the read began with', async () => {
    const { newBucket, ...server } = await realS3()
    const bucket = await newBucket()
    await using theirs = await openS3({ bucket })
    const whole = patterned(3_000_000)
    await theirs.put('a/b.json', whole)
    await using proxy = await FaultProxy.open(server.endpoint)
    const place = { ...server, endpoint: proxy.endpoint, bucket }
    await using reader = await S3ObjectStore.openToRead({ ...place, clock: systemClock, random: systemRandom })
    expect(proxy.counts.size).toBe(0)
    proxy.break({ fault: 'cut-answer', method: 'GET', times: 2 })
    const { body, etag } = await reader.get('a/b.json')
    expect(digest(await body.bytes())).toBe(digest(whole))
    expect(await reader.head('a/b.json')).toMatchObject({ etag, sizeBytes: whole.byteLength })
    expect((await reader.list({ prefix: 'a/' })).objects).toMatchObject([{ key: 'a/b.json' }])
    proxy.break({ fault: 'cut-answer', method: 'GET' })
    const broken = await reader.get('a/b.json')
    await theirs.put('a/b.json', patterned(4_000_000))
    await expect(broken.body.text()).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' })
    for (const method of ['PUT', 'POST', 'DELETE']) expect(proxy.countOf(method)).toBe(0)
  })
})
