import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { addNote, countNotes, openNotes } from './notes.ts'
import { TemporaryFolder } from './temporary-folder.ts'

describe('a file that is no sound database', () => {
  for (const [what, damage] of [
    ['holds text', (file: string) => writeFile(file, 'not a database, only text\n'.repeat(1000))],
    ['holds a single byte', (file: string) => writeFile(file, 'x')],
    ['is cut short', async (file: string) => truncate(file, Math.floor((await stat(file)).size / 2))],
    ['is cut within its header', (file: string) => truncate(file, 60)],
    ['has a page overwritten', (file: string) => overwrite(file, { at: 4096 * 3, count: 4096 })],
    ['has its schema overwritten', (file: string) => overwrite(file, { at: 100, count: 1000 })],
  ] as const) {
    it(`is refused and left alone when it ${what}`, async () => {
      using folder = new TemporaryFolder()
      const file = folder.file('notes.db')
      {
        await using database = await openNotes(file)
        for (let n = 0; n < 20; n++) await addNote(database, 'x'.repeat(2000))
      }
      await damage(file)
      const before = await digestOf(file)
      await expect(openNotes(file)).rejects.toMatchObject({ code: 'DATABASE_CORRUPT', kind: 'internal' })
      expect(await digestOf(file)).toBe(before)
    })
  }

  it('is refused when only its log is left, which opening would delete', async () => {
    using folder = new TemporaryFolder()
    await writeFile(folder.file('notes.db'), '')
    await writeFile(folder.file('notes.db-wal'), 'all that is left')
    await expect(openNotes(folder.file('notes.db'))).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' })
    expect(await readFile(folder.file('notes.db-wal'), 'utf8')).toBe('all that is left')
  })

  it('is refused when it belongs to another program', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('other.db')
    const other = new DatabaseSync(file)
    other.exec('create table theirs (x)')
    other.close()
    const before = await digestOf(file)
    await expect(openNotes(file)).rejects.toMatchObject({ code: 'DATABASE_FOREIGN', kind: 'invalid' })
    expect(await digestOf(file)).toBe(before)
  })

  it('is refused when it is a folder, without a word about where', async () => {
    using folder = new TemporaryFolder()
    await mkdir(folder.file('notes.db'))
    const failure = await openNotes(folder.file('notes.db')).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    expect(JSON.stringify([(failure as Error).message, failure])).not.toContain(folder.path)
  })

  it('is new when it is empty', async () => {
    using folder = new TemporaryFolder()
    await writeFile(folder.file('notes.db'), '')
    await using database = await openNotes(folder.file('notes.db'))
    expect(await countNotes(database)).toBe(0)
  })

  it('is found by a check when the damage comes later', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    await using database = await openNotes(file)
    for (let n = 0; n < 50; n++) await addNote(database, 'x'.repeat(2000))
    expect(await database.check()).toEqual([])
    const other = new DatabaseSync(file, { enableForeignKeyConstraints: false })
    other.exec('insert into notes (author_id, text) values (99, 1)')
    other.close()
    expect(await database.check()).toEqual(['a row of notes refers to a missing row of authors'])
    await expect(database.backup(folder.file('backup.db'))).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' })
    expect((await readdir(folder.path)).filter(name => name.startsWith('backup'))).toEqual([])
  })
})

async function overwrite(file: string, { at, count }: { at: number; count: number }): Promise<void> {
  const content = await readFile(file)
  content.fill(0xa5, at, at + count)
  await writeFile(file, content)
}

async function digestOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
