import { createHash } from 'node:crypto'
import { readdir, readFile, symlink } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { addNote, countNotes, openNotes } from './notes.ts'
import { TemporaryFolder } from './temporary-folder.ts'

describe('a backup', () => {
  it('is one file with everything that was committed, also what is still in the log', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    for (let n = 0; n < 10; n++) await addNote(database, `${n}`)
    const { sha256, sizeBytes } = await database.backup(folder.file('copy/notes.db'))
    expect(await readdir(folder.file('copy'))).toEqual(['notes.db'])
    const content = await readFile(folder.file('copy/notes.db'))
    expect(content.byteLength).toBe(sizeBytes)
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256)
    await using copy = await openNotes(folder.file('copy/notes.db'))
    expect(await countNotes(copy)).toBe(10)
  })

  it('holds one consistent state, however many write meanwhile, and does not stop them', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    let writing = true
    let pairs = 0
    const writer = (async () => {
      while (writing) {
        // Two rows that belong together: a copy holds both or none.
        await database.write(async rows => {
          const values = { text: 'x'.repeat(500), rank: pairs }
          await rows.insertInto('notes').values(values).execute()
          await new Promise(resolve => setImmediate(resolve))
          await rows.insertInto('notes').values(values).execute()
        })
        pairs++
      }
    })()
    const counts: number[] = []
    for (let round = 0; round < 5; round++) {
      const acknowledged = pairs
      await database.backup(folder.file(`copy-${round}`))
      await using copy = await openNotes(folder.file(`copy-${round}`))
      const rows = await copy.read.selectFrom('notes').select('rank').orderBy('id').execute()
      expect(rows.map(({ rank }) => rank)).toEqual(rows.map((_, at) => Math.floor(at / 2)))
      expect(rows.length % 2).toBe(0)
      expect(rows.length / 2).toBeGreaterThanOrEqual(acknowledged)
      counts.push(rows.length)
    }
    writing = false
    await writer
    expect(pairs).toBeGreaterThan(counts[0]! / 2)
  })

  it('replaces an older one only when it is whole', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    const first = await database.backup(folder.file('copy'))
    await addNote(database, 'x')
    const second = await database.backup(folder.file('copy'))
    expect(second.sha256).not.toBe(first.sha256)
    expect((await readdir(folder.path)).filter(name => name.startsWith('copy'))).toEqual(['copy'])
  })

  it('never takes the place of the database itself', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    await addNote(database, 'x')
    await symlink(folder.file('notes.db'), folder.file('alias'))
    for (const name of ['notes.db', 'notes.db-wal', './x/../notes.db', 'alias']) {
      await expect(database.backup(`${folder.path}/${name}`)).rejects.toMatchObject({ code: 'DATABASE_BACKUP_TARGET' })
    }
    expect(await database.check()).toEqual([])
  })

  it('says that it could not be made', async () => {
    using folder = new TemporaryFolder()
    await using database = await openNotes(folder.file('notes.db'))
    await expect(database.backup(folder.file('notes.db/below'))).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
    await expect(database.backup(folder.file('x'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    await addNote(database, 'goes on')
  })
})
