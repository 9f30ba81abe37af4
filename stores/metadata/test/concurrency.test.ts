import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { addNote, countNotes, openNotes } from './notes.ts'
import { TemporaryFolder } from './temporary-folder.ts'

describe('many at once', () => {
  it('serves 200 writers and 200 readers without a busy error', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const writers = Array.from({ length: 200 }, async (_, writer) => {
      for (let n = 0; n < 5; n++) {
        await database.write(async rows => {
          const before = await rows.selectFrom('notes').select('id').orderBy('id', 'desc').executeTakeFirst()
          await Promise.resolve()
          await rows
            .insertInto('notes')
            .values({ id: (before?.id ?? 0) + 1, text: `${writer}`, rank: n })
            .execute()
        })
      }
    })
    const readers = Array.from({ length: 200 }, async () => {
      let last = 0
      for (let n = 0; n < 20; n++) {
        const count = await countNotes(database)
        expect(count).toBeGreaterThanOrEqual(last)
        last = count
        await sleep(n % 3)
      }
    })
    await Promise.all([...writers, ...readers])
    expect(await countNotes(database)).toBe(1000)
  })

  it('takes turns in the order of the calls', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const order: number[] = []
    const writes = Array.from({ length: 50 }, (_, n) =>
      database.write(async () => {
        await sleep(n % 4)
        order.push(n)
      }),
    )
    await Promise.all(writes)
    expect(order).toEqual(Array.from({ length: 50 }, (_, n) => n))
  })

  it('refuses at once what does not fit into the queue, and recovers', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'), { limits: { writesWaitingMax: 3 } })
    const gate = Promise.withResolvers<void>()
    const running = database.write(() => gate.promise)
    const waiting = [1, 2, 3].map(n => addNote(database, `${n}`))
    await expect(addNote(database, '4')).rejects.toMatchObject({ code: 'DATABASE_BUSY', kind: 'unavailable' })
    gate.resolve()
    await Promise.all([running, ...waiting])
    await addNote(database, '5')
    expect(await countNotes(database)).toBe(4)
  })

  it('refuses who waited too long, and lets the others go on', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'), { limits: { writeWaitMs: 30 } })
    const gate = Promise.withResolvers<void>()
    const running = database.write(() => gate.promise)
    await expect(addNote(database, 'late')).rejects.toMatchObject({ code: 'DATABASE_BUSY' })
    gate.resolve()
    await running
    await addNote(database, 'in time')
    expect(await countNotes(database)).toBe(1)
  })

  it('lets who waits for its turn leave', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const gate = Promise.withResolvers<void>()
    const running = database.write(() => gate.promise)
    const abort = new AbortController()
    let ran = false
    const leaving = database.write(
      async () => {
        ran = true
      },
      { signal: abort.signal },
    )
    abort.abort()
    await expect(leaving).rejects.toMatchObject({ code: 'CANCELLED' })
    gate.resolve()
    await running
    await addNote(database, 'next')
    expect(ran).toBe(false)
  })

  it('rolls back a transaction that never ends, so that the others can go on', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'), { limits: { transactionMs: 2_500 } })
    const over = Promise.withResolvers<void>()
    const late = Promise.withResolvers<unknown>()
    const hanging = database.write(async rows => {
      await rows.insertInto('notes').values({ text: 'x', rank: 0 }).execute()
      await over.promise
      await rows.insertInto('notes').values({ text: 'y', rank: 0 }).execute().then(late.resolve, late.resolve)
    })
    const next = addNote(database, 'next')
    await expect(hanging).rejects.toMatchObject({ code: 'DATABASE_TRANSACTION_TIMEOUT' })
    over.resolve()
    await next
    expect(await late.promise).toBeInstanceOf(Error)
    const found = await database.read.selectFrom('notes').select('text').execute()
    expect(found).toEqual([{ text: 'next' }])
  })

  it('refuses a write inside a write, which would wait for itself', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    await using other = await openNotes(folder.file('other.db'))
    await database.write(async () => {
      await expect(addNote(database, 'inner')).rejects.toMatchObject({ code: 'DATABASE_NESTED_WRITE' })
      await addNote(other, 'another file')
    })
    let started: Promise<void> | undefined
    await database.write(async () => {
      started = sleep(5).then(() => addNote(database, 'after'))
    })
    await started
    expect(await countNotes(database)).toBe(1)
  })

  it('shares one file between two that opened it', async () => {
    using folder = new TemporaryFolder()
    await using first = await openNotes(folder.file('notes.db'))
    await using second = await openNotes(folder.file('notes.db'))
    const slow = first.write(async rows => {
      await rows.insertInto('notes').values({ text: 'slow', rank: 0 }).execute()
      await sleep(60)
    })
    const work = Array.from({ length: 40 }, (_, n) => addNote(n % 2 ? first : second, `${n}`))
    await Promise.all([slow, ...work])
    expect(await countNotes(first)).toBe(41)
    expect(await countNotes(second)).toBe(41)
  })

  it('finishes accepted writes before it closes, and refuses later ones', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    const database = await openNotes(file)
    const accepted = Array.from({ length: 20 }, (_, n) => addNote(database, `${n}`))
    const closing = database.close()
    const closed = { code: 'DATABASE_CLOSED', kind: 'unavailable' }
    await expect(addNote(database, 'late')).rejects.toMatchObject(closed)
    await Promise.all(accepted)
    await closing
    await database.close()
    await expect(countNotes(database)).rejects.toMatchObject(closed)
    await expect(database.query(database.read.selectFrom('notes').select('id'))).rejects.toMatchObject(closed)
    await expect(database.backup(folder.file('b'))).rejects.toMatchObject(closed)
    await using again = await openNotes(file)
    expect(await countNotes(again)).toBe(20)
  })
})
