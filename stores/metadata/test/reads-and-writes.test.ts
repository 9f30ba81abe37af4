import { setTimeout as sleep } from 'node:timers/promises'
import { migration, savepoint } from '@super-data/metadata'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { addNote, authors, countNotes, notes, openNotes } from './notes.ts'
import { TemporaryFolder } from './temporary-folder.ts'

describe('reads and writes', () => {
  it('give plain objects', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const row = await database.read.selectFrom('authors').selectAll().executeTakeFirstOrThrow()
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
    expect(row).toStrictEqual({ id: 1, name: 'first' })
  })

  it('see a write as soon as it is acknowledged, and return what it returned', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    for (let n = 1; n <= 50; n++) {
      const { id } = await database.write(rows =>
        rows.insertInto('notes').values({ text: 'x', rank: 0 }).returning('id').executeTakeFirstOrThrow(),
      )
      expect(id).toBe(n)
      expect(await countNotes(database)).toBe(n)
    }
    const { numUpdatedRows } = await database.write(rows =>
      rows.updateTable('notes').set({ rank: 1 }).where('id', '<=', 10).executeTakeFirst(),
    )
    expect(numUpdatedRows).toBe(10n)
  })

  it('do not see what is not committed, nor wait for it', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    await database.write(async rows => {
      await rows.insertInto('notes').values({ text: 'x', rank: 0 }).execute()
      expect(await countNotes(database)).toBe(0)
      await sleep(5)
      expect(await countNotes(database)).toBe(0)
    })
    expect(await countNotes(database)).toBe(1)
  })

  it('see one state throughout a read transaction, while others see the newest', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    await database.read.transaction().execute(async reader => {
      const count = () => reader.selectFrom('notes').select('id').execute()
      expect(await count()).toHaveLength(0)
      await addNote(database, 'x')
      expect(await count()).toHaveLength(0)
      expect(await countNotes(database)).toBe(1)
    })
    expect(await countNotes(database)).toBe(1)
  })

  it('stream rows while others read and write', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    await database.write(async rows => {
      for (let n = 0; n < 500; n++) await rows.insertInto('notes').values({ text: 'x', rank: n }).execute()
    })
    const query = database.read.selectFrom('notes').select('rank').orderBy('rank')
    const seen: number[] = []
    for await (const { rank } of query.stream(10)) {
      seen.push(rank)
      if (rank % 100 === 0) {
        await addNote(database, 'more')
        expect(await query.execute()).toHaveLength(501 + rank / 100)
      }
    }
    expect(seen).toEqual(Array.from({ length: 500 }, (_, n) => n))
    for await (const _ of query.stream()) break
    expect(await countNotes(database)).toBe(505)
  })

  it('roll back everything when the work throws, and pass its error on', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const failing = database.write(async rows => {
      await rows.insertInto('notes').values({ text: 'x', rank: 0 }).execute()
      throw new RangeError('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await countNotes(database)).toBe(0)
    await addNote(database, 'still works')
  })

  it('undo a part alone with a savepoint, nested too', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    await database.write(async rows => {
      const add = (text: string) => rows.insertInto('notes').values({ text, rank: 0 }).execute()
      await add('kept')
      await savepoint(rows, async () => {
        await add('kept too')
        const undone = savepoint(rows, async () => {
          await add('undone')
          await rows.insertInto('authors').values({ id: 1, name: 'second' }).execute()
        })
        await expect(undone).rejects.toMatchObject({ code: 'DATABASE_UNIQUE' })
      })
    })
    const found = await database.read.selectFrom('notes').select('text').orderBy('id').execute()
    expect(found.map(({ text }) => text)).toEqual(['kept', 'kept too'])
  })

  it('cannot write through a reader', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const attempts = [
      database.read.insertInto('notes').values({ text: 'x', rank: 0 }).execute(),
      database.read.deleteFrom('authors').execute(),
      sql`drop table notes`.execute(database.read),
      database.query(database.read.deleteFrom('authors')),
    ]
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY' })
    expect(await database.read.selectFrom('authors').selectAll().execute()).toHaveLength(1)
  })

  it('keep a statement from outliving its transaction', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const kept = await database.write(async rows => ({ rows }))
    await expect(kept.rows.insertInto('notes').values({ text: 'late', rank: 0 }).execute()).rejects.toThrow()
    expect(await countNotes(database)).toBe(0)
  })

  it('say which rule a row broke', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const note = { text: 'x', rank: 0 }
    const insert = (values: object) =>
      database.write(rows =>
        rows
          .insertInto('notes')
          .values({ ...note, ...values })
          .execute(),
      )
    const twice = database.write(rows => rows.insertInto('authors').values({ id: 2, name: 'first' }).execute())
    await expect(twice).rejects.toMatchObject({
      code: 'DATABASE_UNIQUE',
      kind: 'conflict',
      table: 'authors',
      columns: ['name'],
    })
    const sameKey = database.write(rows => rows.insertInto('authors').values({ id: 1, name: 'new' }).execute())
    await expect(sameKey).rejects.toMatchObject({ code: 'DATABASE_UNIQUE', columns: ['id'] })
    await expect(insert({ author_id: 9 })).rejects.toMatchObject({ code: 'DATABASE_FOREIGN_KEY', kind: 'conflict' })
    await expect(insert({ text: null })).rejects.toMatchObject({
      code: 'DATABASE_CONSTRAINT',
      kind: 'invalid',
      details: { rule: 'notes.text' },
    })
    await expect(insert({ rank: -1 })).rejects.toMatchObject({ details: { rule: 'notes_rank' } })
    expect(await countNotes(database)).toBe(0)
  })

  it('refuse values that would come back as others', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    for (const value of [true, { a: 1 }, [1], new Date(0), Number.NaN, Number.POSITIVE_INFINITY, 'half \ud800']) {
      const insert = database.write(rows =>
        rows
          .insertInto('notes')
          .values({ text: value as string, rank: 0 })
          .execute(),
      )
      await expect(insert).rejects.toMatchObject({ code: 'DATABASE_VALUE_INVALID', kind: 'invalid' })
      const read = sql`select ${value} as value`.execute(database.read)
      await expect(read).rejects.toMatchObject({ code: 'DATABASE_VALUE_INVALID' })
    }
    const kept = [null, '', 'a\0b', '\u{1f600}', -0.5, 2 ** 53 - 1, new Uint8Array([0, 255])]
    for (const value of kept) {
      const { rows } = await sql<{ value: unknown }>`select ${value} as value`.execute(database.read)
      expect(rows).toEqual([{ value }])
    }
  })

  it('name the index when a rule stands on an expression', async () => {
    using folder = new TemporaryFolder()
    const lower = migration('lower', schema => [
      schema.createIndex('authors_lower').on('authors').expression(sql`lower(name)`).unique(),
    ])
    await using again = await openNotes(folder.file('notes.db'), { migrations: [authors, notes, lower] })
    const twice = again.write(rows => rows.insertInto('authors').values({ id: 2, name: 'FIRST' }).execute())
    await expect(twice).rejects.toMatchObject({ code: 'DATABASE_UNIQUE', details: { index: 'authors_lower' } })
  })

  it('hide what a wrong statement says', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    await expect(sql`select secret from nowhere`.execute(database.read)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'something went wrong inside the server',
    })
  })

  it('answer long queries from a thread of its own', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    await addNote(database, 'x')
    const query = database.read.selectFrom('notes').select(['id', 'text']).where('text', '=', 'x')
    expect(await database.query(query)).toStrictEqual([{ id: 1, text: 'x' }])
    const long = database.query(counting(2_000_000, database.read))
    let turns = 0
    const ticking = setInterval(() => turns++, 5)
    expect(await long).toEqual([{ n: 2_000_000 }])
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(0)
  })

  it('give up a long query at the abort, and answer the next', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const abort = new AbortController()
    const long = database.query(counting(1_000_000_000, database.read), { signal: abort.signal })
    setTimeout(() => abort.abort(), 100)
    await expect(long).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await database.query(database.read.selectFrom('authors').select('name'))).toEqual([{ name: 'first' }])
  })

  it('end with the database, also those that wait for their turn', async () => {
    using folder = new TemporaryFolder()
    const database = await openNotes(folder.file('notes.db'))
    const long = () => database.query(counting(1_000_000_000, database.read)).catch(failure => failure.kind)
    const asked = [long(), long(), long()]
    await database.query(counting(1, database.read), { signal: AbortSignal.timeout(100) }).catch(() => {})
    await database.close()
    expect(await Promise.all(asked)).toEqual(Array(3).fill('unavailable'))
  })

  it('translate errors from the thread as well', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const wrong = sql`select * from nowhere`.compile(database.read)
    await expect(database.query({ compile: () => wrong })).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

function counting(limit: number, read: Parameters<ReturnType<typeof sql>['compile']>[0]) {
  const text = sql<{ n: number }>`
    with recursive c(x) as (select 1 union all select x + 1 from c where x < ${limit}) select count(*) as n from c`
  return { compile: () => text.compile(read) }
}
