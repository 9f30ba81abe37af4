import { open, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { inParallel } from '../src/folder/key-catalog.ts'
import { layoutOf, placeOf, shardFolder } from '../src/folder/layout.ts'
import { writeObjectFile } from '../src/folder/object-file.ts'
import { readChunks } from '../src/put-chunks.ts'
import { bytes, describeObjectStore, namesOf, pagesOf, patterned, raise, textOf } from './describe-object-store.ts'
import { openFolder } from './open-folder.ts'
import { TemporaryFolder } from './temporary-folder.ts'

const folders: TemporaryFolder[] = []
afterAll(() => {
  for (const folder of folders) folder[Symbol.dispose]()
})

describeObjectStore('folder', async () => {
  const folder = new TemporaryFolder()
  folders.push(folder)
  return openFolder(folder.path)
})

describe('a folder of objects', () => {
  it('is found again after closing', async () => {
    using folder = new TemporaryFolder()
    {
      await using store = await openFolder(folder.path)
      await store.put('a/b', patterned(100_000), { metadata: { x: '1' }, contentType: 'text/plain' })
      await store.put('c', bytes('c'))
    }
    await using store = await openFolder(folder.path)
    expect(await namesOf(store, {})).toEqual(['a/b', 'c'])
    expect(await store.head('a/b')).toMatchObject({
      sizeBytes: 100_000,
      metadata: { x: '1' },
      contentType: 'text/plain',
    })
  })

  it('keeps every file inside itself, under names of its own making', async () => {
    using folder = new TemporaryFolder()
    await using store = await openFolder(join(folder.path, 'store'))
    for (const key of ['../outside', '/etc/outside', 'a/../../outside', '..']) await store.put(key, bytes('x'))
    expect(await readdir(folder.path)).toEqual(['store'])
    const files = await filesUnder(join(folder.path, 'store', 'objects'))
    expect(files).toHaveLength(4)
    for (const file of files) expect(file).toMatch(/^[0-9a-f]{2}\/[0-9a-f]{64}$/)
  })

  it('has no draft left after writes that succeeded, conflicted, failed or were aborted', async () => {
    using folder = new TemporaryFolder()
    await using store = await openFolder(folder.path)
    await store.put('a', bytes('1'), { ifNoneMatch: '*' })
    await store.put('a', bytes('2'))
    await store.put('a', bytes('3'), { ifNoneMatch: '*' }).catch(() => {})
    await store.put('a', bytes('4'), { ifMatch: 'x' }).catch(() => {})
    const racers = Array.from({ length: 8 }, () => store.put('b', bytes('x'), { ifNoneMatch: '*' }))
    await Promise.allSettled(racers)
    async function* failing() {
      yield patterned(300_000)
      throw new Error('no more')
    }
    await store.put('c', failing()).catch(() => {})
    const left = (await filesUnder(join(folder.path, 'drafts'))).filter(file => !file.endsWith('owner'))
    expect(left).toEqual([])
  })

  it('shares one folder between two stores in one process without losing an increment', async () => {
    using folder = new TemporaryFolder()
    await using first = await openFolder(folder.path)
    await using second = await openFolder(folder.path)
    await first.put('counter', bytes('0'))
    const work = [first, second, first, second].map(store => raise(store, { key: 'counter', times: 10 }))
    await Promise.all(work)
    expect(await textOf(second, 'counter')).toBe('40')
  })

  it('lists what another store wrote, rewrote and deleted meanwhile', async () => {
    using folder = new TemporaryFolder()
    await using reader = await openFolder(folder.path)
    await using writer = await openFolder(folder.path)
    await writer.put('a', bytes('1'))
    await writer.put('b', bytes('1'))
    expect(await namesOf(reader, {})).toEqual(['a', 'b'])
    await writer.put('a', bytes('22'))
    await writer.delete('b')
    await writer.put('c', bytes('1'))
    const { objects } = await reader.list()
    expect(objects.map(object => object.key)).toEqual(['a', 'c'])
    expect(objects[0]).toMatchObject({ sizeBytes: 2 })
  })

  it('lists more than ten thousand objects completely', async () => {
    using folder = new TemporaryFolder()
    await using store = await openFolder(folder.path)
    await store.put('seed', bytes('x'))
    await manyObjects(folder.path, 10_500)
    const names = await pagesOf(store, {})
    expect(names).toHaveLength(10_501)
    expect(new Set(names).size).toBe(10_501)
    expect(await namesOf(store, { prefix: 'n/00104', limit: 1000 })).toHaveLength(100)
  })

  for (const [what, damage] of [
    ['cut short', (file: string) => truncate(file, 5000)],
    ['cut to nothing', (file: string) => truncate(file, 0)],
    ['changed in its body', (file: string) => flip(file, 100_000)],
    ['changed in its header', (file: string) => flip(file, 40)],
    ['replaced by something else', (file: string) => writeFile(file, 'x'.repeat(9000))],
  ] as const) {
    it(`reports an object whose file was ${what}, and serves the others`, async () => {
      using folder = new TemporaryFolder()
      await using store = await openFolder(folder.path)
      await store.put('a', patterned(200_000))
      const [file] = await filesUnder(join(folder.path, 'objects'))
      await damage(join(folder.path, 'objects', file!))
      await store.put('b', bytes('fine'))
      const read = async () => (await store.get('a')).body.bytes()
      await expect(read()).rejects.toMatchObject({ code: 'OBJECT_DAMAGED', kind: 'internal', details: { key: 'a' } })
      expect(await textOf(store, 'b')).toBe('fine')
      expect(await namesOf(store, {})).toContain('b')
      await store.put('a', bytes('whole again'))
      expect(await textOf(store, 'a')).toBe('whole again')
      expect(await namesOf(store, {})).toEqual(['a', 'b'])
    })
  }

  it('leaves a folder of a newer format alone', async () => {
    using folder = new TemporaryFolder()
    await writeFile(join(folder.path, 'format'), 'super-data objects 2\n')
    await expect(openFolder(folder.path)).rejects.toMatchObject({ code: 'OBJECT_STORE_NEWER' })
    expect(await readdir(folder.path)).toEqual(['format'])
  })

  it('names no path of the machine when the disk refuses', async () => {
    using folder = new TemporaryFolder()
    await writeFile(join(folder.path, 'file'), '')
    const failure = await openFolder(join(folder.path, 'file', 'store')).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE', kind: 'unavailable' })
    expect(JSON.stringify([(failure as Error).message, failure])).not.toContain(folder.path)
  })

  it('holds no handle after closing, however often it is opened', async () => {
    using folder = new TemporaryFolder()
    const use = async () => {
      await using store = await openFolder(folder.path)
      await store.put('a', patterned(500_000))
      await store.put('b', bytes('x'), { ifNoneMatch: '*' }).catch(() => {})
      await store.list()
      await store.get('a')
      for await (const _ of (await store.get('a')).body) break
    }
    await use()
    const before = await openHandles()
    for (let round = 0; round < 50; round++) await use()
    expect(await openHandles()).toBeLessThanOrEqual(before)
    expect(await readdir(join(folder.path, 'drafts'))).toEqual([])
  })
})

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

async function flip(file: string, at: number): Promise<void> {
  const content = await readFile(file)
  content[at]! ^= 0xff
  await writeFile(file, content)
}

async function openHandles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}

/** Writes object files without the syncing that makes ten thousand of them slow. */
async function manyObjects(folder: string, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n)
  await inParallel(numbers, 16, async n => {
    const key = `n/${String(n).padStart(7, '0')}`
    const { shard, name } = placeOf(key)
    const file = await open(join(shardFolder(layoutOf(folder), shard), name), 'wx')
    const head = { key, etag: String(n), contentType: 'text/plain', metadata: {}, modifiedAt: 0 }
    await writeObjectFile(file, head, readChunks(bytes('x'), undefined))
    await file.close()
  })
}
