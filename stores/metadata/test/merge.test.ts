import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { examineFile } from '@super-data/metadata'
import { describe, expect, it } from 'vitest'
import { TemporaryFolder } from './temporary-folder.ts'
import { addRows, colours, mergeFrom, openShelf, readRows, shelfMigrations, travelling } from './travelling-notes.ts'

const shelf = (id: string, label: string, stamp: string) => ({ id, label, stamp })
const book = (id: string, title: string, more: { follows?: string; stamp?: string } = {}) => ({
  id,
  shelf: 'a',
  follows: more.follows ?? null,
  title,
  stamp: more.stamp ?? '1',
})

describe('a merge', () => {
  it('adds what is missing and lets the newer register win, whole', async () => {
    using folder = new TemporaryFolder()
    await using here = await openShelf(folder.file('here.db'))
    await using there = await openShelf(folder.file('there.db'))
    await addRows(here, {
      shelves: [shelf('a', 'old', '1'), shelf('b', 'ours is newer', '9')],
      books: [book('x', 'X')],
    })
    await addRows(there, {
      shelves: [shelf('a', 'new', '2'), shelf('b', 'old', '8')],
      books: [book('y', 'Y', { follows: 'z' }), book('z', 'Z')],
    })
    const merged = await mergeFrom(here, there, folder.file('copy.db'))
    expect(merged).toMatchObject({ rows: { shelves: 1, books: 2 }, contradictions: 0, stamp: '8' })
    const rows = await readRows(here)
    expect(rows.shelves.map(({ label }) => label)).toEqual(['new', 'ours is newer'])
    expect(rows.books.map(({ id }) => id)).toEqual(['x', 'y', 'z'])
    expect(await mergeFrom(here, there, folder.file('copy.db'))).toMatchObject({
      rows: {},
      contradictions: 0,
      stamp: '8',
    })
  })

  it('keeps the earlier of two facts under one key, wherever it was told', async () => {
    using folder = new TemporaryFolder()
    await using here = await openShelf(folder.file('here.db'))
    await using there = await openShelf(folder.file('there.db'))
    const shelves = [shelf('a', 'A', '1')]
    await addRows(here, { shelves, books: [book('x', 'ours', { stamp: '1' }), book('y', 'ours', { stamp: '4' })] })
    await addRows(there, { shelves, books: [book('x', 'theirs', { stamp: '2' }), book('y', 'theirs', { stamp: '3' })] })
    expect(await mergeFrom(here, there, folder.file('copy.db'))).toMatchObject({
      ...{ rows: { books: 1 }, contradictions: 1, stamp: '3' },
    })
    expect((await readRows(here)).books.map(({ title }) => title)).toEqual(['ours', 'theirs'])
  })

  it('is undone with what is done in its transaction', async () => {
    using folder = new TemporaryFolder()
    await using here = await openShelf(folder.file('here.db'))
    await using there = await openShelf(folder.file('there.db'))
    await addRows(there, { shelves: [shelf('a', 'A', '1')], books: [book('x', 'X')] })
    await there.snapshot(folder.file('copy.db'), travelling)
    const failing = here.merge(folder.file('copy.db'), travelling, async () => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await readRows(here)).toEqual({ shelves: [], books: [] })
    await here.merge(folder.file('copy.db'), travelling, async transaction => {
      await transaction.updateTable('books').set({ rank: 1 }).execute()
    })
    expect(await here.read.selectFrom('books').select('rank').execute()).toEqual([{ rank: 1 }])
  })

  it('takes turns with writes, and lets reads go on', async () => {
    using folder = new TemporaryFolder()
    await using here = await openShelf(folder.file('here.db'))
    await using there = await openShelf(folder.file('there.db'))
    await addRows(there, { shelves: [shelf('a', 'A', '1')], books: [] })
    await there.snapshot(folder.file('copy.db'), travelling)
    const order: string[] = []
    await Promise.all([
      here.write(async () => void order.push('write')),
      here.merge(folder.file('copy.db'), travelling, async () => void order.push('merge')),
      here.write(async () => void order.push('write')),
      here.merge(folder.file('copy.db'), travelling, async () => void order.push('merge')),
    ])
    expect(order).toEqual(['write', 'merge', 'write', 'merge'])
    await expect(
      here.write(() => here.merge(folder.file('copy.db'), travelling, async () => {})),
    ).rejects.toMatchObject({ code: 'DATABASE_NESTED_WRITE' })
  })

  it('refuses rows that break a rule, references to nothing, and objects that act by themselves', async () => {
    using folder = new TemporaryFolder()
    await using here = await openShelf(folder.file('here.db'))
    await using there = await openShelf(folder.file('there.db'))
    const altered = async (change: string) => {
      await there.snapshot(folder.file('copy.db'), travelling)
      const file = new DatabaseSync(folder.file('copy.db'), { enableForeignKeyConstraints: false })
      file.exec(change)
      file.close()
      return folder.file('copy.db')
    }
    const long = 'x'.repeat(200)
    const broken = await altered(
      `pragma ignore_check_constraints = 1; insert into shelves values ('a', 'A', '1');
       insert into books values ('x', 'a', null, '${long}', null, '1')`,
    )
    await expect(here.merge(broken, travelling, async () => {})).rejects.toMatchObject({ code: 'DATABASE_CONSTRAINT' })
    const dangling = await altered(`insert into books values ('x', 'nowhere', null, 'X', null, '1')`)
    expect(await examineFile(dangling, { migrations: shelfMigrations })).toMatchObject({ state: 'damaged' })
    await expect(here.merge(dangling, travelling, async () => {})).rejects.toMatchObject({
      code: 'DATABASE_FOREIGN_KEY',
    })
    const active = await altered(`create trigger t after insert on books begin delete from shelves; end`)
    await expect(here.merge(active, travelling, async () => {})).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' })
    const other = await altered(`alter table books rename column title to name`)
    await expect(here.merge(other, travelling, async () => {})).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' })
    expect(await readRows(here)).toEqual({ shelves: [], books: [] })
  })
})

describe('a snapshot', () => {
  it('holds the travelling rows and never held any others', async () => {
    using folder = new TemporaryFolder()
    await using here = await openShelf(folder.file('here.db'))
    await addRows(here, { shelves: [shelf('a', 'A', '1')], books: [book('x', 'X')] })
    await here.write(rows => rows.insertInto('secrets').values({ id: 1, text: 'planted-secret' }).execute())
    await here.write(rows => rows.updateTable('books').set({ rank: 7 }).execute())
    const { sizeBytes } = await here.snapshot(folder.file('copy.db'), travelling)
    const bytes = await readFile(folder.file('copy.db'))
    expect(bytes.byteLength).toBe(sizeBytes)
    expect(bytes.includes('planted-secret')).toBe(false)
    await using copy = await openShelf(folder.file('copy.db'))
    expect(await readRows(copy)).toEqual(await readRows(here))
    expect(await copy.read.selectFrom('secrets').selectAll().execute()).toEqual([])
    expect(await copy.read.selectFrom('books').select('rank').execute()).toEqual([{ rank: null }])
  })
})

describe('a comparison', () => {
  it('counts what either lacks', async () => {
    using folder = new TemporaryFolder()
    await using here = await openShelf(folder.file('here.db'))
    await using there = await openShelf(folder.file('there.db'))
    await addRows(here, { shelves: [shelf('a', 'A', '2'), shelf('b', 'B', '1')], books: [book('x', 'X')] })
    await addRows(there, { shelves: [shelf('a', 'A', '3'), shelf('c', 'C', '1')], books: [book('y', 'Y')] })
    await there.snapshot(folder.file('copy.db'), travelling)
    const compared = () => here.compare(folder.file('copy.db'), travelling, { delta: folder.file('delta.db') })
    expect(await compared()).toEqual({ ours: 2, theirs: 3 })
    const merged = await here.merge(folder.file('delta.db'), travelling, async (_, result) => result)
    expect(merged).toMatchObject({ rows: { shelves: 2, books: 1 }, keys: { shelves: ['a', 'c'], books: ['y'] } })
    expect(await compared()).toEqual({ ours: 2, theirs: 0 })
    expect(await here.merge(folder.file('delta.db'), travelling, async (_, result) => result.rows)).toEqual({})
  })
})

describe('the examination of a file from elsewhere', () => {
  it('tells damaged, foreign, newer and sound files apart', async () => {
    using folder = new TemporaryFolder()
    await using newer = await openShelf(folder.file('newer.db'), [...shelfMigrations, colours])
    await newer.snapshot(folder.file('copy.db'), travelling)
    const examined = (file: string) => examineFile(folder.file(file), { migrations: shelfMigrations })
    expect(await examined('copy.db')).toEqual({ state: 'newer', unknown: ['colours'] })
    const foreign = new DatabaseSync(folder.file('foreign.db'))
    foreign.exec('create table t (x)')
    foreign.close()
    expect(await examined('foreign.db')).toEqual({ state: 'foreign' })
    await using here = await openShelf(folder.file('here.db'))
    await addRows(here, { shelves: Array.from({ length: 500 }, (_, n) => shelf(`s${n}`, 'x', '1')), books: [] })
    await here.snapshot(folder.file('sound.db'), travelling)
    expect(await examined('sound.db')).toEqual({ state: 'sound', migrated: [] })
    const bytes = await readFile(folder.file('sound.db'))
    await writeFile(folder.file('cut.db'), bytes.subarray(0, bytes.byteLength / 2))
    await writeFile(folder.file('text.db'), 'not a database at all')
    await writeFile(folder.file('empty.db'), '')
    expect(await examined('cut.db')).toMatchObject({ state: 'damaged' })
    expect(await examined('text.db')).toMatchObject({ state: 'damaged' })
    expect(await examined('empty.db')).toEqual({ state: 'foreign' })
  })

  it('brings an older file up to date, so that its rows can be merged', async () => {
    using folder = new TemporaryFolder()
    await using older = await openShelf(folder.file('older.db'))
    await addRows(older, { shelves: [shelf('a', 'A', '1')], books: [] })
    await older.snapshot(folder.file('copy.db'), travelling)
    const migrations = [...shelfMigrations, colours]
    expect(await examineFile(folder.file('copy.db'), { migrations })).toEqual({ state: 'sound', migrated: ['colours'] })
    await using here = await openShelf(folder.file('here.db'), migrations)
    await here.merge(folder.file('copy.db'), travelling, async () => {})
    expect((await here.read.selectFrom('shelves').selectAll().execute())[0]).toMatchObject({
      label: 'A',
      colour: 'white',
    })
  })
})
