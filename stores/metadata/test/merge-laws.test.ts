import type { Database } from '@super-data/metadata'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TemporaryFolder } from './temporary-folder.ts'
import { addRows, openShelf, readRows, type Shelf, type ShelfRows, travelling } from './travelling-notes.ts'

const runs = process.env['SUPER_DATA_TORTURE'] ? 300 : 15

const ids = ['a', 'b', 'c', 'd']

/** Few ids and stamps, so that rows meet; ties of stamps among them. */
const shelf = fc.record({
  id: fc.constantFrom(...ids),
  label: fc.constantFrom('one', 'two', 'ąż', "quo'te", ''),
  stamp: fc.constantFrom('1', '2', '3'),
})

/** Most facts say the same wherever they are told; some were written twice under one key. */
const book = fc
  .record({ number: fc.integer({ min: 0, max: 20 }), told: fc.constantFrom('1', '2', '2b') })
  .map(({ number, told }) => ({
    id: `book-${number}`,
    shelf: ids[number % ids.length] ?? 'a',
    follows: null,
    title: number < 10 ? `title ${number}` : `title ${number} ${told}`,
    stamp: number < 10 ? String(number) : (told[0] ?? ''),
  }))

const rows: fc.Arbitrary<ShelfRows> = fc
  .record({
    shelves: fc.uniqueArray(shelf, { selector: each => each.id }),
    books: fc.uniqueArray(book, { selector: each => each.id }),
  })
  .map(({ shelves, books }) => {
    const present = new Set(shelves.map(({ id }) => id))
    const missing = ids.filter(id => !present.has(id) && books.some(each => each.shelf === id))
    return { shelves: [...shelves, ...missing.map(id => ({ id, label: 'made', stamp: '0' }))], books }
  })

const folder = new TemporaryFolder()
const replicas: Database<Shelf>[] = []

beforeAll(async () => {
  for (let at = 0; at < 5; at++) replicas.push(await openShelf(folder.file(`${at}.db`)))
})

afterAll(async () => {
  for (const replica of replicas) await replica.close()
  folder[Symbol.dispose]()
})

const merge = async (into: number, from: number) => {
  await replicas[from]!.snapshot(folder.file('copy.db'), travelling)
  await replicas[into]!.merge(folder.file('copy.db'), travelling, async () => {})
}

/** The same, by way of only what differs. */
const mergeDelta = async (into: number, from: number) => {
  await replicas[from]!.snapshot(folder.file('copy.db'), travelling)
  await replicas[into]!.compare(folder.file('copy.db'), travelling, { delta: folder.file('delta.db') })
  await replicas[into]!.merge(folder.file('delta.db'), travelling, async () => {})
}

const rowsOf = (at: number) => readRows(replicas[at]!)

async function fill(...contents: readonly ShelfRows[]): Promise<void> {
  for (const [at, content] of contents.entries()) {
    await replicas[at]!.write(async transaction => {
      await transaction.deleteFrom('books').execute()
      await transaction.deleteFrom('shelves').execute()
    })
    await addRows(replicas[at]!, content)
  }
}

function holds<Values extends [unknown, ...unknown[]]>(
  arbitraries: { [At in keyof Values]: fc.Arbitrary<Values[At]> },
  law: (...values: Values) => Promise<void>,
): Promise<void> {
  return fc.assert(fc.asyncProperty(...arbitraries, law), { numRuns: runs }) as Promise<void>
}

describe('merging', () => {
  it('gives the same rows in either direction', async () => {
    await holds([rows, rows], async (a, b) => {
      await fill(a, b, a)
      await merge(0, 1)
      await merge(1, 2)
      expect(await rowsOf(0)).toEqual(await rowsOf(1))
    })
  }, 600_000)

  it('gives the same rows whichever two are merged first', async () => {
    await holds([rows, rows, rows], async (a, b, c) => {
      await fill(a, b, c, a, b)
      await merge(1, 2)
      await merge(0, 1)
      await merge(3, 4)
      await merge(3, 2)
      expect(await rowsOf(0)).toEqual(await rowsOf(3))
    })
  }, 600_000)

  it('changes nothing the second time', async () => {
    await holds([rows, rows], async (a, b) => {
      await fill(a, b)
      await merge(0, 1)
      const once = await rowsOf(0)
      await merge(0, 1)
      await merge(0, 0)
      expect(await rowsOf(0)).toEqual(once)
    })
  }, 600_000)

  it('gives the same rows by way of what differs', async () => {
    await holds([rows, rows], async (a, b) => {
      await fill(a, b, a)
      await merge(0, 1)
      await mergeDelta(2, 1)
      expect(await rowsOf(2)).toEqual(await rowsOf(0))
    })
  }, 600_000)

  it('makes any number of replicas the same, in whatever order they hear of each other', async () => {
    const meetings = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 8 })
    await holds([rows, rows, rows, rows, meetings], async (a, b, c, d, order) => {
      await fill(a, b, c, d)
      for (const [into, from] of order) await merge(into, from)
      for (const into of [0, 1, 2, 3]) for (const from of [3, 0, 2, 1]) await merge(into, from)
      for (const other of [1, 2, 3]) expect(await rowsOf(other)).toEqual(await rowsOf(0))
    })
  }, 600_000)
})
