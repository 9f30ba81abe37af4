import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Connection } from '../src/sqlite/connection.ts'
import { addNote, openNotes } from './notes.ts'
import { TemporaryFolder } from './temporary-folder.ts'

describe('connections', () => {
  it('prepare a text once, and forget the longest unused', () => {
    using folder = new TemporaryFolder()
    const connection = Connection.open(folder.file('x.db'), { readOnly: false, busyMs: 0, foreignKeys: true })
    for (let round = 0; round < 3; round++) connection.run('select 1 as one')
    expect(connection.preparedCount).toBe(1)
    for (let n = 0; n < 1000; n++) {
      connection.run(`select ${n} as n`)
      connection.run('select 1 as one')
    }
    expect(connection.preparedCount).toBe(256)
    expect(connection.run('select 1 as one').rows).toEqual([{ one: 1 }])
    connection.close()
  })

  it('report a full disk, lose nothing that was committed, and go on when there is room', () => {
    using folder = new TemporaryFolder()
    const connection = Connection.open(folder.file('x.db'), { readOnly: false, busyMs: 0, foreignKeys: true })
    connection.run('create table t (x)')
    connection.run('insert into t values (1)')
    connection.settle('max_page_count', 4)
    connection.run('begin immediate')
    const fill = () => connection.run('insert into t values (zeroblob(100000))')
    expect(fill).toThrow(expect.objectContaining({ code: 'DATABASE_FULL', kind: 'unavailable' }))
    if (connection.inTransaction) connection.run('rollback')
    expect(connection.run('select x from t').rows).toEqual([{ x: 1 }])
    connection.settle('max_page_count', 1000)
    fill()
    expect(connection.run('select count(*) as n from t').rows).toEqual([{ n: 2 }])
    connection.close()
  })

  it('refuse numbers that JavaScript would change', () => {
    using folder = new TemporaryFolder()
    const connection = Connection.open(folder.file('x.db'), { readOnly: false, busyMs: 0, foreignKeys: true })
    const refusal = expect.objectContaining({ code: 'DATABASE_VALUE_INVALID' })
    expect(() => connection.run('select 9007199254740993 as n')).toThrow(refusal)
    connection.close()
  })

  it('are all gone after closing, however often the database is opened', async () => {
    using folder = new TemporaryFolder()
    const use = async () => {
      await using database = await openNotes(folder.file('notes.db'))
      await addNote(database, 'x')
      const reads = Array.from({ length: 4 }, () =>
        database.read.transaction().execute(reader => reader.selectFrom('notes').select('id').execute()),
      )
      await Promise.all(reads)
      for await (const _ of database.read.selectFrom('notes').select('id').stream()) break
    }
    await use()
    const before = (await readdir('/proc/self/fd')).length
    for (let round = 0; round < 30; round++) await use()
    expect((await readdir('/proc/self/fd')).length).toBeLessThanOrEqual(before)
    expect(await readdir(folder.path)).toEqual(['notes.db'])
  })

  it('leave no thread behind', async () => {
    using folder = new TemporaryFolder()
    const use = async () => {
      await using database = await openNotes(folder.file('notes.db'))
      await database.query(database.read.selectFrom('notes').select('id'))
      await database.check()
    }
    await use()
    const before = (await readdir('/proc/self/task')).length
    for (let round = 0; round < 3; round++) await use()
    expect((await readdir('/proc/self/task')).length).toBeLessThanOrEqual(before)
  })
})
