import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { WriterProcess } from './child-process.ts'
import { bytes, pagesOf, textOf } from './describe-object-store.ts'
import { bytesFilledFor } from './filled-bytes.ts'
import { openFolder } from './open-folder.ts'
import { TemporaryFolder } from './temporary-folder.ts'

describe('a folder of objects among processes', { timeout: 120_000 }, () => {
  it('keeps every acknowledged write and shows no half of any when writers are killed', async () => {
    using folder = new TemporaryFolder()
    const said: string[] = []
    for (let round = 0; round < 6; round++) {
      const writers = [`${round}a`, `${round}b`].map(name => new WriterProcess(['endless', folder.path, name]))
      await Promise.all(writers.map(writer => writer.said(1)))
      for (const writer of writers) writer.go()
      await Promise.all(writers.map(writer => writer.said(10 + round * 3)))
      await Promise.all(writers.map(writer => writer.kill()))
      for (const writer of writers) said.push(...writer.lines)
    }
    await using store = await openFolder(folder.path)
    const present = await pagesOf(store, {})
    await expectAcknowledged(said, new Set(present))
    for (const key of present) {
      const object = await store.get(key)
      const content = await object.body.bytes()
      expect(Buffer.compare(content, bytesFilledFor(key, object.sizeBytes))).toBe(0)
    }
    expect(present.length).toBeGreaterThan(20)
    expect(await readdir(join(folder.path, 'drafts'))).toHaveLength(1)
  })

  it('loses no increment when three processes raise one counter', async () => {
    using folder = new TemporaryFolder()
    await using store = await openFolder(folder.path)
    await store.put('counter', bytes('0'))
    const writers = [1, 2, 3].map(() => new WriterProcess(['raise', folder.path, '40']))
    await Promise.all(writers.map(writer => writer.said(1)))
    for (const writer of writers) writer.go()
    await Promise.all(writers.map(writer => writer.ended()))
    expect(await textOf(store, 'counter')).toBe('120')
  })

  it('lets exactly one of three processes create each object', async () => {
    using folder = new TemporaryFolder()
    const writers = ['a', 'b', 'c'].map(name => new WriterProcess(['create', folder.path, name, '60']))
    await Promise.all(writers.map(writer => writer.said(1)))
    for (const writer of writers) writer.go()
    await Promise.all(writers.map(writer => writer.ended()))
    const wins = writers.flatMap((writer, at) => writer.lines.slice(1).map(line => [line.slice(4), 'abc'[at]] as const))
    expect(wins.map(([key]) => Number(key)).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n))
    await using store = await openFolder(folder.path)
    for (const [key, winner] of wins) expect(await textOf(store, `key ${key}`)).toBe(winner)
  })

  it('leaves the drafts of living processes alone and clears those of dead ones', async () => {
    using folder = new TemporaryFolder()
    const living = new WriterProcess(['endless', folder.path, 'living'])
    const dead = new WriterProcess(['endless', folder.path, 'dead'])
    await Promise.all([living.said(1), dead.said(1)])
    await dead.kill()
    const before = await readdir(join(folder.path, 'drafts'))
    expect(before).toHaveLength(2)
    await using store = await openFolder(folder.path)
    const after = await readdir(join(folder.path, 'drafts'))
    expect(after).toHaveLength(2)
    expect(after.filter(name => before.includes(name))).toHaveLength(1)
    living.go()
    await living.said(8)
    await living.kill()
    expect((await pagesOf(store, {})).every(key => key.startsWith('living/'))).toBe(true)
  })
})

/** What each line promised holds, where no later line of the same writer may have undone it. */
async function expectAcknowledged(said: readonly string[], present: ReadonlySet<string>): Promise<void> {
  const deleted = new Set(said.filter(line => line.startsWith('deleted ')).map(line => line.split(' ')[1]!))
  const written = said.filter(line => line.startsWith('put ')).map(line => line.split(' ')[1]!)
  expect(written.length).toBeGreaterThan(20)
  for (const key of deleted) expect(present.has(key)).toBe(false)
  for (const key of written) {
    // A delete that was under way at the kill may have happened without being said.
    const mayBeDeleted = deleted.has(key) || Number(key.split('/')[1]) % 3 === 0
    if (!mayBeDeleted) expect(present.has(key)).toBe(true)
  }
}
