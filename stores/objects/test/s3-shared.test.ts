import { describe, expect, it } from 'vitest'
import { bytes, digest, namesOf, patterned, textOf, winnersOf } from './describe-object-store.ts'
import { openS3, realS3, skipReason, titled } from './open-s3.ts'

describe.skipIf(skipReason !== undefined)(titled('a bucket that several share'), () => {
  it('lets exactly one of 200 concurrent writers win in every state', async () => {
    const bucket = await (await realS3()).newBucket()
    await using first = await openS3({ bucket })
    await using second = await openS3({ bucket })
    const storeOf = (writer: number) => (writer % 2 === 0 ? first : second)
    let { etag } = await first.put('a', bytes('base'))
    for (let state = 0; state < 3; state++) {
      const text = (writer: number) => bytes(`state ${state}, writer ${writer}`)
      const winners = await winnersOf(200, writer => storeOf(writer).put('a', text(writer), { ifMatch: etag }))
      expect(winners).toHaveLength(1)
      expect(await textOf(second, 'a')).toBe(`state ${state}, writer ${winners[0]}`)
      etag = (await first.head('a'))!.etag
    }
  })

  it('keeps stores with different prefixes apart', async () => {
    const bucket = await (await realS3()).newBucket()
    await using left = await openS3({ bucket, prefix: 'left/' })
    await using right = await openS3({ bucket, prefix: 'right/' })
    await left.put('a', bytes('left'))
    await right.put('a', bytes('right'))
    expect(await textOf(left, 'a')).toBe('left')
    expect(await namesOf(right, {})).toEqual(['a'])
    expect((await right.list({ startAfter: 'a' })).objects).toEqual([])
  })

  it('forgets an object deleted under a condition, and makes it anew', async () => {
    await using store = await openS3()
    const { etag } = await store.put('a', bytes('1'))
    expect(await store.delete('a', { ifMatch: etag })).toBe(true)
    await expect(store.get('a')).rejects.toMatchObject({ code: 'OBJECT_MISSING' })
    expect(await store.list()).toEqual({ objects: [], prefixes: [] })
    const makers = await winnersOf(16, maker => store.put('a', bytes(`maker ${maker}`), { ifNoneMatch: '*' }))
    expect(makers).toHaveLength(1)
    expect(await textOf(store, 'a')).toBe(`maker ${makers[0]}`)
  })
})

describe.skipIf(skipReason !== undefined)(titled('large bodies'), () => {
  it('goes up in parts and comes back whole, also in ranges', async () => {
    await using store = await openS3()
    const whole = patterned(20_000_000)
    await store.put('a', whole, { metadata: { x: 'y' } })
    expect(await store.head('a')).toMatchObject({ sizeBytes: 20_000_000, metadata: { x: 'y' } })
    expect(digest(await (await store.get('a')).body.bytes())).toBe(digest(whole))
    const range = { start: 8_388_600, end: 8_388_620 }
    expect(digest(await (await store.get('a', { range })).body.bytes())).toBe(
      digest(whole.subarray(range.start, range.end)),
    )
  })

  it('holds conditions for streams larger than a part', async () => {
    await using store = await openS3()
    async function* pieces() {
      for (let n = 0; n < 10; n++) yield patterned(1_000_000)
    }
    await store.put('a', pieces(), { ifNoneMatch: '*' })
    await expect(store.put('a', pieces(), { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'OBJECT_WRITE_CONFLICT',
    })
    expect(await store.head('a')).toMatchObject({ sizeBytes: 10_000_000 })
  })

  it('refuses a conditional stream longer than may be held, and says how to go on', async () => {
    await using store = await openS3({ limits: { heldBytesMax: 1_000_000 } })
    async function* endless() {
      for (;;) yield patterned(100_000)
    }
    await expect(store.put('a', endless(), { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'OBJECT_REQUEST_INVALID',
      hint: expect.stringContaining('without a condition'),
    })
    expect(await store.head('a')).toBeUndefined()
  })
})

describe.skipIf(skipReason !== undefined)(titled('what is wrong with the settings'), () => {
  for (const [what, options] of [
    ['an unknown key', { accessKeyId: 'nobody' }],
    ['a wrong secret', { secretAccessKey: 'hush-hush' }],
  ] as const) {
    it(`says that ${what} is denied, and repeats no secret`, async () => {
      const failure = await openS3(options).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'OBJECT_STORE_DENIED', kind: 'denied' })
      const said = JSON.stringify([failure, (failure as Error).message, (failure as Error).stack])
      for (const secret of ['hush-hush', 'nobody', '127.0.0.1']) expect(said).not.toContain(secret)
    })
  }

  it('says that a bucket is missing', async () => {
    await expect(openS3({ bucket: 'no-such-bucket' })).rejects.toMatchObject({ code: 'OBJECT_BUCKET_MISSING' })
  })

  it('takes no endpoint with a path or a password in it', async () => {
    for (const endpoint of ['127.0.0.1', 'ftp://x', 'http://a/b', 'http://user:secret@a']) {
      await expect(openS3({ endpoint })).rejects.toMatchObject({ code: 'OBJECT_REQUEST_INVALID' })
    }
  })

  it('says that nobody answers', async () => {
    const nobody = openS3({ endpoint: 'http://127.0.0.1:9', limits: { callMs: 300 } })
    await expect(nobody).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' })
  })
})
