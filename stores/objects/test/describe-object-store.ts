import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { compareKeys, type ListOptions, type ObjectStore } from '@super-data/objects'
import { describe, expect, it } from 'vitest'
import { LossyObjectStore } from './lossy-object-store.ts'

/**
 * What every ObjectStore promises. Each store runs it.
 *
 * @param open a new, empty store each time.
 */
export function describeObjectStore(name: string, open: () => Promise<ObjectStore>): void {
  describe(`object store: ${name}`, () => {
    describe('reading back', () => {
      it('gives back what was written, with its type, metadata, size and time', async () => {
        await using store = await open()
        const metadata = { 'op-id': '01jd', _v: '7', note: 'a b=c;d', empty: '', ['__proto__']: 'own' }
        const { etag } = await store.put('a', bytes('hello'), { contentType: 'text/plain; charset=utf-8', metadata })
        const head = await store.head('a')
        expect(head).toEqual({
          key: 'a',
          etag,
          sizeBytes: 5,
          contentType: 'text/plain; charset=utf-8',
          metadata,
          modifiedAt: expect.any(Number),
        })
        const { body, range, ...rest } = await store.get('a')
        expect(rest).toEqual(head)
        expect(range).toEqual({ start: 0, end: 5 })
        expect(await body.text()).toBe('hello')
      })

      it('knows no object that was never written', async () => {
        await using store = await open()
        await expect(store.get('a')).rejects.toMatchObject({ code: 'OBJECT_MISSING', kind: 'missing' })
        expect(await store.head('a')).toBeUndefined()
        expect(await store.delete('a')).toBe(false)
        expect(await store.list()).toEqual({ objects: [], prefixes: [] })
      })

      it('keeps an empty object', async () => {
        await using store = await open()
        await store.put('empty', new Uint8Array())
        expect(await store.head('empty')).toMatchObject({ sizeBytes: 0, contentType: 'application/octet-stream' })
        expect((await (await store.get('empty')).body.bytes()).byteLength).toBe(0)
      })

      it('answers "not modified" for the ETag the reader holds, quoted or not', async () => {
        await using store = await open()
        const { etag } = await store.put('a', bytes('1'))
        await expect(store.get('a', { ifNoneMatch: etag })).rejects.toMatchObject({ code: 'OBJECT_NOT_MODIFIED', etag })
        await expect(store.get('a', { ifNoneMatch: `"${etag}"` })).rejects.toMatchObject({
          code: 'OBJECT_NOT_MODIFIED',
        })
        await store.put('a', bytes('2'))
        expect(await textOf(store, 'a', { ifNoneMatch: etag })).toBe('2')
      })

      it('does not let a writer or a reader change stored bytes through their buffers', async () => {
        await using store = await open()
        const written = bytes('stable')
        await store.put('a', written)
        written.fill(0)
        const read = await (await store.get('a')).body.bytes()
        read.fill(0)
        expect(await textOf(store, 'a')).toBe('stable')
      })

      it('goes on reading the version it began with when the object is replaced or deleted', async () => {
        await using store = await open()
        const old = patterned(700_000)
        await store.put('a', old)
        const replaced = await store.get('a')
        await store.put('a', patterned(10))
        expect(digest(await replaced.body.bytes())).toBe(digest(old))
        await store.put('a', old)
        const deleted = await store.get('a')
        await store.delete('a')
        expect(digest(await deleted.body.bytes())).toBe(digest(old))
      })
    })

    describe('ranges', () => {
      const text = '0123456789'
      const cases = [
        { range: { start: 0, end: 1 }, expected: '0' },
        { range: { start: 0, end: 10 }, expected: text },
        { range: { start: 9, end: 10 }, expected: '9' },
        { range: { start: 3 }, expected: '3456789' },
        { range: { start: 4, end: 999 }, expected: '456789' },
        { range: { last: 3 }, expected: '789' },
        { range: { last: 999 }, expected: text },
      ]
      for (const { range, expected } of cases) {
        it(`serves ${JSON.stringify(range)}`, async () => {
          await using store = await open()
          await store.put('a', bytes(text))
          const object = await store.get('a', { range })
          expect(object.sizeBytes).toBe(10)
          expect(object.range.end - object.range.start).toBe(expected.length)
          expect(await object.body.text()).toBe(expected)
        })
      }

      for (const range of [{ start: 10 }, { start: 11, end: 12 }, { last: 0 }]) {
        it(`refuses ${JSON.stringify(range)}, which holds no byte`, async () => {
          await using store = await open()
          await store.put('a', bytes(text))
          await expect(store.get('a', { range })).rejects.toMatchObject({
            code: 'OBJECT_RANGE_INVALID',
            details: { sizeBytes: 10 },
          })
        })
      }

      for (const range of [{ start: -1 }, { start: 5, end: 5 }, { start: 5, end: 4 }, { start: 0.5 }, { last: -1 }]) {
        it(`refuses ${JSON.stringify(range)}, which is no range`, async () => {
          await using store = await open()
          await store.put('a', bytes(text))
          await expect(store.get('a', { range })).rejects.toMatchObject({ code: 'OBJECT_REQUEST_INVALID' })
        })
      }

      it('refuses every range of an empty object', async () => {
        await using store = await open()
        await store.put('a', new Uint8Array())
        await expect(store.get('a', { range: { start: 0 } })).rejects.toMatchObject({ code: 'OBJECT_RANGE_INVALID' })
        await expect(store.get('a', { range: { last: 1 } })).rejects.toMatchObject({ code: 'OBJECT_RANGE_INVALID' })
      })

      it('cuts ranges anywhere in a large object', async () => {
        await using store = await open()
        const whole = patterned(1_200_000)
        await store.put('a', whole)
        for (const [start, end] of [
          [0, 5],
          [262_143, 262_145],
          [500_000, 1_100_000],
          [1_199_999, 1_200_000],
        ] as const) {
          const part = await (await store.get('a', { range: { start, end } })).body.bytes()
          expect(digest(part)).toBe(digest(whole.subarray(start, end)))
        }
      })
    })

    describe('conditional writes', () => {
      it('creates only what is absent', async () => {
        await using store = await open()
        await store.put('a', bytes('1'), { ifNoneMatch: '*' })
        await expect(store.put('a', bytes('2'), { ifNoneMatch: '*' })).rejects.toMatchObject({
          code: 'OBJECT_WRITE_CONFLICT',
          kind: 'conflict',
          details: { found: 'exists' },
        })
        expect(await textOf(store, 'a')).toBe('1')
        await store.delete('a')
        await store.put('a', bytes('3'), { ifNoneMatch: '*' })
        expect(await textOf(store, 'a')).toBe('3')
      })

      it('refuses a write over an object that changed', async () => {
        await using store = await open()
        const first = await store.put('a', bytes('1'))
        await store.put('a', bytes('2'), { ifMatch: first.etag })
        await expect(store.put('a', bytes('3'), { ifMatch: first.etag })).rejects.toMatchObject({
          code: 'OBJECT_WRITE_CONFLICT',
          details: { found: 'changed' },
        })
        expect(await textOf(store, 'a')).toBe('2')
      })

      it('takes a quoted ETag too', async () => {
        await using store = await open()
        const { etag } = await store.put('a', bytes('1'))
        await store.put('a', bytes('2'), { ifMatch: `"${etag}"` })
        expect(await textOf(store, 'a')).toBe('2')
      })

      it('replaces the bytes that were read, and no others', async () => {
        await using store = await open()
        const first = await store.put('a', bytes('1'))
        const second = await store.put('a', bytes('2'), { ifMatchBytes: first.etag })
        await expect(store.put('a', bytes('3'), { ifMatchBytes: first.etag })).rejects.toMatchObject({
          code: 'OBJECT_WRITE_CONFLICT',
          details: { found: 'changed' },
        })
        expect((await store.head('a'))!.etag).toBe(second.etag)
        await store.delete('a', { ifMatch: second.etag })
        await expect(store.put('a', bytes('3'), { ifMatchBytes: second.etag })).rejects.toMatchObject({
          details: { found: 'missing' },
        })
      })

      it('refuses to replace what does not exist', async () => {
        await using store = await open()
        await expect(store.put('a', bytes('1'), { ifMatch: 'none' })).rejects.toMatchObject({
          code: 'OBJECT_WRITE_CONFLICT',
          details: { found: 'missing' },
        })
        expect(await store.head('a')).toBeUndefined()
      })

      it('gives a new ETag to every write, also of the same bytes', async () => {
        await using store = await open()
        const first = await store.put('a', bytes('same'))
        const second = await store.put('a', bytes('same'))
        const other = await store.put('b', bytes('same'))
        expect(new Set([first.etag, second.etag, other.etag]).size).toBe(3)
        await expect(store.put('a', bytes('same'), { ifMatch: first.etag })).rejects.toMatchObject({
          code: 'OBJECT_WRITE_CONFLICT',
        })
      })

      it('deletes only the version it is told to', async () => {
        await using store = await open()
        const first = await store.put('a', bytes('1'))
        const second = await store.put('a', bytes('2'))
        await expect(store.delete('a', { ifMatch: first.etag })).rejects.toMatchObject({
          code: 'OBJECT_WRITE_CONFLICT',
        })
        expect(await textOf(store, 'a')).toBe('2')
        expect(await store.delete('a', { ifMatch: second.etag })).toBe(true)
        expect(await store.delete('a', { ifMatch: second.etag })).toBe(false)
        expect(await store.head('a')).toBeUndefined()
      })

      it('excludes both conditions at once', async () => {
        await using store = await open()
        await expect(store.put('a', bytes('1'), { ifNoneMatch: '*', ifMatch: 'x' })).rejects.toMatchObject({
          code: 'OBJECT_REQUEST_INVALID',
        })
      })
    })

    describe('races', () => {
      it('lets exactly one of 32 concurrent creators win, and keeps its bytes', async () => {
        await using store = await open()
        for (let round = 0; round < 5; round++) {
          const key = `round ${round}`
          const winners = await winnersOf(32, writer => store.put(key, bytes(`writer ${writer}`), { ifNoneMatch: '*' }))
          expect(winners).toHaveLength(1)
          expect(await textOf(store, key)).toBe(`writer ${winners[0]}`)
        }
      })

      it('lets exactly one of 32 concurrent replacers win', async () => {
        await using store = await open()
        const { etag } = await store.put('a', bytes('base'))
        const winners = await winnersOf(32, writer => store.put('a', bytes(`writer ${writer}`), { ifMatch: etag }))
        expect(winners).toHaveLength(1)
        expect(await textOf(store, 'a')).toBe(`writer ${winners[0]}`)
      })

      it('lets exactly one of a deleter and a replacer of the same version win', async () => {
        await using store = await open()
        for (let round = 0; round < 10; round++) {
          const { etag } = await store.put('a', bytes('base'))
          const [replaced, deleted] = await Promise.allSettled([
            store.put('a', bytes('new'), { ifMatch: etag }),
            store.delete('a', { ifMatch: etag }),
          ])
          expect(replaced.status === 'fulfilled').toBe(deleted.status === 'rejected')
          expect((await store.head('a')) !== undefined).toBe(replaced.status === 'fulfilled')
        }
      })

      it('loses no increment of a counter that 8 writers raise by read and conditional write', async () => {
        await using store = await open()
        await store.put('counter', bytes('0'))
        await Promise.all(Array.from({ length: 8 }, () => raise(store, { key: 'counter', times: 5 })))
        expect(await textOf(store, 'counter')).toBe('40')
      })

      it('loses no increment while others rewrite without a condition', async () => {
        await using store = await open()
        const seen = new Set<string>()
        const { etag } = await store.put('a', bytes('start'))
        let current = etag
        for (let round = 0; round < 20; round++) {
          const [blind, careful] = await Promise.allSettled([
            store.put('a', bytes(`blind ${round}`)),
            store.put('a', bytes(`careful ${round}`), { ifMatch: current }),
          ])
          if (blind.status === 'rejected') throw blind.reason
          // Whoever was last, the careful write came before the blind one or not at all.
          expect(await textOf(store, 'a')).toBe(`blind ${round}`)
          seen.add(careful.status)
          current = blind.value.etag
        }
        expect(seen.size).toBeGreaterThan(0)
      })

      it('never shows a mixture of two versions', async () => {
        await using store = await open()
        const versions = [1, 2, 3, 4].map(fill => new Uint8Array(300_000 + fill).fill(fill))
        await store.put('a', versions[0]!)
        const write = async (version: Uint8Array) => {
          for (let round = 0; round < 6; round++) await toldOrOpen(store.put('a', version))
        }
        const read = async () => {
          for (let round = 0; round < 12; round++) {
            const object = await store.get('a')
            const found = await object.body.bytes()
            expect(found.byteLength).toBe(object.sizeBytes)
            expect(new Set(found).size).toBe(1)
            expect(found.byteLength).toBe(300_000 + found[0]!)
          }
        }
        await Promise.all([...versions.map(write), read(), read()])
      })
    })

    describe('lists', () => {
      it('orders names by their UTF-8 bytes', async () => {
        await using store = await open()
        const keys = ['a', 'B', 'é', 'a/b', 'a0', '\u{ff5e}', '\u{1f600}', '\u{10ffff}', 'zz', '~', 'z', '日本']
        for (const key of shuffled(keys)) await store.put(key, bytes(key))
        const expected = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        const { objects } = await store.list()
        expect(objects.map(object => object.key)).toEqual(expected)
        expect([...keys].sort(compareKeys)).toEqual(expected)
      })

      it('shows the same facts as head', async () => {
        await using store = await open()
        await store.put('a', bytes('1'), { metadata: { x: 'y' } })
        const { sizeBytes, modifiedAt } = (await store.head('a'))!
        expect(await store.list()).toEqual({ objects: [{ key: 'a', sizeBytes, modifiedAt }], prefixes: [] })
      })

      it('takes only names with the prefix, after the start', async () => {
        await using store = await open()
        for (const key of ['a', 'b/1', 'b/2', 'b/3', 'b0', 'c']) await store.put(key, bytes(key))
        expect(await namesOf(store, { prefix: 'b/' })).toEqual(['b/1', 'b/2', 'b/3'])
        expect(await namesOf(store, { prefix: 'b/', startAfter: 'b/1' })).toEqual(['b/2', 'b/3'])
        expect(await namesOf(store, { prefix: 'b/', startAfter: 'a' })).toEqual(['b/1', 'b/2', 'b/3'])
        expect(await namesOf(store, { startAfter: 'b/15' })).toEqual(['b/2', 'b/3', 'b0', 'c'])
        expect(await namesOf(store, { prefix: 'b/', startAfter: 'z' })).toEqual([])
        expect(await namesOf(store, { prefix: 'nothing' })).toEqual([])
      })

      it('rolls names up to the delimiter, each group once', async () => {
        await using store = await open()
        for (const key of ['a', 'b/1', 'b/2', 'b/c/1', 'd', 'e/', 'e/1', '/x', '//y']) await store.put(key, bytes(key))
        const { objects, prefixes } = await store.list({ delimiter: '/' })
        expect(objects.map(object => object.key)).toEqual(['a', 'd'])
        expect(prefixes).toEqual(['/', 'b/', 'e/'])
        const below = await store.list({ delimiter: '/', prefix: 'b/' })
        expect(below.objects.map(object => object.key)).toEqual(['b/1', 'b/2'])
        expect(below.prefixes).toEqual(['b/c/'])
        const marker = await store.list({ delimiter: '/', prefix: 'e/' })
        expect(marker.objects.map(object => object.key)).toEqual(['e/', 'e/1'])
        expect((await store.list({ delimiter: '/', prefix: '/' })).prefixes).toEqual(['//'])
      })

      for (const limit of [1, 2, 3, 7]) {
        it(`pages by ${limit} without gaps or repetitions, with and without a delimiter`, async () => {
          await using store = await open()
          const keys = Array.from({ length: 24 }, (_, n) => `${'abc'[n % 3]}/${String.fromCodePoint(0x1f600 + n)}`)
          for (const key of [...keys, 'b', 'd', '\u{ffff}']) await store.put(key, bytes(key))
          const all = await pagesOf(store, { limit })
          expect(all).toEqual([...keys, 'b', 'd', '\u{ffff}'].sort(compareKeys))
          expect(await pagesOf(store, { limit, delimiter: '/' })).toEqual(['a/', 'b', 'b/', 'c/', 'd', '\u{ffff}'])
        })
      }

      it('says that more follows only when more follows', async () => {
        await using store = await open()
        for (const key of ['a', 'b']) await store.put(key, bytes(key))
        expect(await store.list({ limit: 2 })).not.toHaveProperty('next')
        expect(await store.list({ limit: 1 })).toMatchObject({ next: 'a' })
      })

      it('refuses pages of no, half or too many names', async () => {
        await using store = await open()
        for (const limit of [0, -1, 1.5, 1001]) {
          await expect(store.list({ limit })).rejects.toMatchObject({ code: 'OBJECT_REQUEST_INVALID' })
        }
      })

      it('sees every acknowledged write and delete at once', async () => {
        await using store = await open()
        for (let n = 0; n < 10; n++) {
          await store.put(`k${n}`, bytes('x'))
          expect(await namesOf(store, {})).toHaveLength(n + 1)
        }
        await Promise.all(
          Array.from({ length: 10 }, async (_, n) => {
            await store.delete(`k${n}`)
            expect(await namesOf(store, {})).not.toContain(`k${n}`)
          }),
        )
      })
    })

    describe('keys and metadata', () => {
      const hostile = [
        '..',
        '.',
        '../../etc/passwd',
        '/',
        '//',
        '/a',
        'a/',
        'a//b',
        './a',
        'a/../b',
        '~',
        'C:\\a',
        'a\\b',
        'con',
        '-rf',
        ' ',
        ' a ',
        'a?b#c%2F&d=e+f',
        '%00',
        '"\'<>|*:;',
        '__proto__',
        'constructor',
        'e\u0301',
        '\u00e9',
        '\u{1f4a9}',
        '\u202egnp',
        '\ufeffbom',
        'owner',
        'format',
        'x'.repeat(1024),
        'é'.repeat(512),
      ]
      it('keeps keys that look like paths, escapes or names of its own apart', async () => {
        await using store = await open()
        for (const key of hostile) await store.put(key, bytes(`value of ${key}`), { ifNoneMatch: '*' })
        for (const key of hostile) expect(await textOf(store, key)).toBe(`value of ${key}`)
        expect(await namesOf(store, {})).toEqual([...hostile].sort(compareKeys))
        for (const key of hostile) expect(await store.delete(key)).toBe(true)
        expect(await namesOf(store, {})).toEqual([])
      })

      for (const [what, key] of [
        ['an empty key', ''],
        ['a line break', 'a\nb'],
        ['a zero character', 'a\0b'],
        ['a C1 control character', 'a\u0085b'],
        ['half a surrogate pair', 'a\ud800'],
        ['1,025 bytes', 'x'.repeat(1025)],
        ['1,026 bytes in 513 characters', 'é'.repeat(513)],
      ] as const) {
        it(`refuses ${what}`, async () => {
          await using store = await open()
          const refusal = { code: 'OBJECT_KEY_INVALID', kind: 'invalid' }
          await expect(store.put(key, bytes('x'))).rejects.toMatchObject(refusal)
          await expect(store.get(key)).rejects.toMatchObject(refusal)
          await expect(store.head(key)).rejects.toMatchObject(refusal)
          await expect(store.delete(key)).rejects.toMatchObject(refusal)
        })
      }

      it('takes exactly 1,024 bytes of metadata, names included', async () => {
        await using store = await open()
        const full = { name: 'x'.repeat(1020) }
        await store.put('a', bytes('x'), { metadata: full })
        expect((await store.head('a'))!.metadata).toEqual(full)
        await expect(store.put('a', bytes('x'), { metadata: { name: 'x'.repeat(1021) } })).rejects.toMatchObject({
          code: 'OBJECT_METADATA_INVALID',
        })
      })

      for (const [what, metadata] of [
        ['an upper-case name', { Name: 'x' }],
        ['an empty name', { '': 'x' }],
        ['a name with a colon', { 'a:b': 'x' }],
        ['a value beyond ASCII', { a: 'é' }],
        ['a value with a line break', { a: 'x\r\nset-cookie: y' }],
        ['a value that ends in a space', { a: 'x ' }],
      ] as const) {
        it(`refuses metadata with ${what}`, async () => {
          await using store = await open()
          await expect(store.put('a', bytes('x'), { metadata })).rejects.toMatchObject({
            code: 'OBJECT_METADATA_INVALID',
          })
          expect(await store.head('a')).toBeUndefined()
        })
      }

      it('refuses a content type that would break a header', async () => {
        await using store = await open()
        for (const contentType of ['', 'text/plain\r\nx: y', 'é']) {
          await expect(store.put('a', bytes('x'), { contentType })).rejects.toMatchObject({
            code: 'OBJECT_REQUEST_INVALID',
          })
        }
      })

      it('replaces metadata and type with the object, nothing is inherited', async () => {
        await using store = await open()
        await store.put('a', bytes('x'), { metadata: { a: '1' }, contentType: 'text/plain' })
        await store.put('a', bytes('x'), { metadata: { b: '2' } })
        expect(await store.head('a')).toMatchObject({ metadata: { b: '2' }, contentType: 'application/octet-stream' })
        expect((await store.head('a'))!.metadata).not.toHaveProperty('a')
      })
    })

    describe('streams', () => {
      it('takes and gives a large body in pieces of any size', async () => {
        await using store = await open()
        const whole = patterned(5_000_000)
        async function* pieces() {
          // One buffer for all pieces, as readers of files and sockets do.
          const buffer = new Uint8Array(700_000)
          for (let at = 0, size = 1; at < whole.byteLength; size = (size * 7 + 3) % 700_000) {
            const piece = whole.subarray(at, at + size)
            buffer.set(piece)
            yield buffer.subarray(0, piece.byteLength)
            at += piece.byteLength
          }
        }
        await store.put('big', pieces())
        const object = await store.get('big')
        expect(object.sizeBytes).toBe(whole.byteLength)
        const hash = createHash('sha256')
        let chunkBytesMax = 0
        for await (const chunk of object.body) {
          hash.update(chunk)
          chunkBytesMax = Math.max(chunkBytesMax, chunk.byteLength)
        }
        expect(hash.digest('hex')).toBe(digest(whole))
        expect(chunkBytesMax).toBeLessThanOrEqual(1024 * 1024)
      })

      it('takes a stream as the web makes them', async () => {
        await using store = await open()
        await store.put('a', new Blob(['from a stream']).stream())
        const stream = ReadableStream.from((await store.get('a')).body)
        expect(await new Response(stream).text()).toBe('from a stream')
      })

      it('lets a reader stop at any point', async () => {
        await using store = await open()
        await store.put('a', patterned(2_000_000))
        for await (const chunk of (await store.get('a')).body) {
          expect(chunk.byteLength).toBeGreaterThan(0)
          break
        }
        await (await store.get('a')).body.cancel()
        await ReadableStream.from((await store.get('a')).body).cancel()
        expect((await (await store.get('a')).body.bytes()).byteLength).toBe(2_000_000)
      })

      it('leaves nothing of a write whose source fails, and passes its error on', async () => {
        await using store = await open()
        const { etag } = await store.put('old', bytes('old'))
        async function* failing() {
          yield patterned(400_000)
          throw new RangeError('source failed')
        }
        await expect(store.put('new', failing())).rejects.toThrow('source failed')
        await expect(store.put('old', failing())).rejects.toThrow('source failed')
        expect(await namesOf(store, {})).toEqual(['old'])
        expect((await store.head('old'))!.etag).toBe(etag)
      })

      it('leaves nothing of an aborted write, even while its source hangs', async () => {
        await using store = await open()
        const abort = new AbortController()
        let ended = false
        async function* hanging() {
          try {
            yield patterned(400_000)
            abort.abort()
            await new Promise(() => {})
          } finally {
            ended = true
          }
        }
        const put = store.put('a', hanging(), { signal: abort.signal })
        await expect(put).rejects.toMatchObject({ code: 'CANCELLED', kind: 'cancelled' })
        expect(await namesOf(store, {})).toEqual([])
        expect(ended).toBe(false)
      })

      it('closes the source of an aborted write', async () => {
        await using store = await open()
        const abort = new AbortController()
        const closed = Promise.withResolvers<void>()
        async function* endless() {
          try {
            for (;;) {
              yield patterned(10_000)
              await sleep(1)
              abort.abort()
            }
          } finally {
            closed.resolve()
          }
        }
        const put = store.put('a', endless(), { signal: abort.signal })
        await expect(put).rejects.toMatchObject({ code: 'CANCELLED' })
        await closed.promise
        expect(await store.head('a')).toBeUndefined()
      })

      it('is either whole or absent whenever the abort comes', async () => {
        await using store = await open()
        for (let round = 0; round < 24; round++) {
          const key = `round ${round}`
          const abort = new AbortController()
          const put = store.put(key, patterned(50_000), { signal: abort.signal })
          const timer = setTimeout(() => abort.abort(), round / 8)
          const outcome = await put.then(
            written => written.etag,
            (failure: { code: string }) => failure.code,
          )
          clearTimeout(timer)
          const head = await store.head(key)
          if (outcome === 'CANCELLED') expect(head).toBeUndefined()
          else expect(head).toMatchObject({ etag: outcome, sizeBytes: 50_000 })
        }
      })

      it('does nothing for a signal that has fired already', async () => {
        await using store = await open()
        await store.put('a', bytes('1'))
        const signal = AbortSignal.abort()
        const cancelled = { code: 'CANCELLED' }
        await expect(store.put('a', bytes('2'), { signal })).rejects.toMatchObject(cancelled)
        await expect(store.get('a', { signal })).rejects.toMatchObject(cancelled)
        await expect(store.delete('a', { signal })).rejects.toMatchObject(cancelled)
        await expect(store.list({ signal })).rejects.toMatchObject(cancelled)
        expect(await textOf(store, 'a')).toBe('1')
      })

      it('ends a read when its signal fires', async () => {
        await using store = await open()
        await store.put('a', patterned(2_000_000))
        const abort = new AbortController()
        const { body } = await store.get('a', { signal: abort.signal })
        const reading = (async () => {
          for await (const _ of body) abort.abort()
        })()
        await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
      })
    })

    describe('unknown outcomes', () => {
      for (const when of ['before', 'after'] as const) {
        it(`lets a writer whose answer was lost ${when} the write find out by its own mark`, async () => {
          await using store = new LossyObjectStore(await open())
          const mark = { 'op-id': '4f1c' }
          store.loseNextPut(when)
          const lost = store.put('a', bytes('x'), { ifNoneMatch: '*', metadata: mark })
          await expect(lost).rejects.toMatchObject({ code: 'OBJECT_OUTCOME_UNKNOWN', kind: 'unavailable' })
          const repeated = store.put('a', bytes('x'), { ifNoneMatch: '*', metadata: mark })
          if (when === 'before') await repeated
          else await expect(repeated).rejects.toMatchObject({ code: 'OBJECT_WRITE_CONFLICT' })
          expect((await store.head('a'))!.metadata).toEqual(mark)
        })
      }
    })

    describe('closing', () => {
      it('refuses work after it was closed, and closes twice', async () => {
        const store = await open()
        await store.put('a', bytes('1'))
        await store.close()
        await store.close()
        const closed = { code: 'OBJECT_STORE_CLOSED', kind: 'unavailable' }
        await expect(store.put('a', bytes('2'))).rejects.toMatchObject(closed)
        await expect(store.get('a')).rejects.toMatchObject(closed)
        await expect(store.head('a')).rejects.toMatchObject(closed)
        await expect(store.list()).rejects.toMatchObject(closed)
        await expect(store.delete('a')).rejects.toMatchObject(closed)
      })
    })
  })
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Bytes that differ everywhere, so that a shifted or repeated piece shows. */
export function patterned(count: number): Uint8Array {
  const pattern = new Uint8Array(count)
  for (let at = 0, state = 1; at < count; at++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    pattern[at] = state >>> 16
  }
  return pattern
}

export function digest(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

export async function textOf(store: ObjectStore, key: string, options?: { ifNoneMatch?: string }): Promise<string> {
  return (await store.get(key, options)).body.text()
}

export async function namesOf(store: ObjectStore, options: ListOptions): Promise<string[]> {
  return (await store.list(options)).objects.map(object => object.key)
}

/** Every name, key or prefix, page by page, in the order of arrival. */
export async function pagesOf(store: ObjectStore, options: ListOptions): Promise<string[]> {
  const names: string[] = []
  for (let startAfter: string | undefined; ; ) {
    const page = await store.list({ ...options, startAfter })
    const found = [...page.objects.map(object => object.key), ...page.prefixes].sort(compareKeys)
    expect(found.length).toBeLessThanOrEqual(options.limit ?? 1000)
    names.push(...found)
    if (page.next === undefined) return names
    startAfter = page.next
  }
}

/** The writers that were not refused; any error but a conflict fails the test. */
export async function winnersOf(count: number, write: (writer: number) => Promise<unknown>): Promise<number[]> {
  const winners: number[] = []
  await Promise.all(
    Array.from({ length: count }, async (_, writer) => {
      try {
        await write(writer)
        winners.push(writer)
      } catch (failure) {
        expect(failure).toMatchObject({ code: 'OBJECT_WRITE_CONFLICT' })
      }
    }),
  )
  return winners
}

/** Waits for a write without a condition: one that many others overwrote before it could be looked for stays open. */
async function toldOrOpen(write: Promise<unknown>): Promise<void> {
  try {
    await write
  } catch (failure) {
    expect(failure).toMatchObject({ code: 'OBJECT_OUTCOME_UNKNOWN' })
  }
}

/** Adds one, so many times, repeating on conflict. */
export async function raise(store: ObjectStore, { key, times }: { key: string; times: number }): Promise<void> {
  for (let done = 0; done < times; ) {
    const { etag, body } = await store.get(key)
    const next = bytes(String(Number(await body.text()) + 1))
    try {
      await store.put(key, next, { ifMatch: etag })
      done++
    } catch (failure) {
      expect(failure).toMatchObject({ code: 'OBJECT_WRITE_CONFLICT' })
    }
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item, at) => ({ item, rank: (at * 7919) % items.length }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}
