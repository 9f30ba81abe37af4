import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ManualClock } from '@super-data/base/clock'
import { type Database, type Migration, migration } from '@super-data/metadata'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { addNote, authors, countNotes, type Notes, notes, openNotes } from './notes.ts'
import { TemporaryFolder } from './temporary-folder.ts'

const tags = migration('tags', schema => [schema.createTable('tags').addColumn('name', 'text', c => c.primaryKey())])

describe('migrations', () => {
  it('run once, in their order, and are recorded', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    const clock = new ManualClock(1_700_000_000_000)
    for (const _ of [1, 2]) {
      await using database = await openNotes(file, { clock })
      expect(await database.read.selectFrom('authors').selectAll().execute()).toEqual([{ id: 1, name: 'first' }])
    }
    expect(recorded(file)).toEqual([
      { position: 0, name: 'authors', applied_at: 1_700_000_000_000 },
      { position: 1, name: 'notes', applied_at: 1_700_000_000_000 },
    ])
  })

  it('add what is new to a file that has the earlier ones, after a backup of it', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    {
      await using database = await openNotes(file)
      await addNote(database, 'kept')
    }
    const clock = new ManualClock(Date.UTC(2026, 1, 3, 4, 5, 6, 789))
    await using database = await openNotes(file, { migrations: [authors, notes, tags], clock })
    expect(await countNotes(database)).toBe(1)
    await sql`select name from tags`.execute(database.read)
    expect(await readdir(folder.file('backups'))).toEqual(['notes.db.20260203T040506789Z.before-tags'])
    await using before = await openNotes(folder.file('backups/notes.db.20260203T040506789Z.before-tags'))
    expect(await countNotes(before)).toBe(1)
  })

  it('make no backup of a new file, nor when nothing is to be done', async () => {
    using folder = new TemporaryFolder()
    for (const _ of [1, 2]) await (await openNotes(folder.file('notes.db'))).close()
    expect(await readdir(folder.path)).toEqual(['notes.db'])
  })

  it('put the backup where they are told', async () => {
    using folder = new TemporaryFolder()
    await (await openNotes(folder.file('notes.db'))).close()
    const backupFolder = folder.file('deep/elsewhere')
    await (await openNotes(folder.file('notes.db'), { migrations: [authors, notes, tags], backupFolder })).close()
    expect(await readdir(backupFolder)).toHaveLength(1)
  })

  it('are not begun when the backup cannot be made', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    await (await openNotes(file)).close()
    const opening = openNotes(file, { migrations: [authors, notes, tags], backupFolder: join(file, 'impossible') })
    await expect(opening).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    expect(recorded(file).map(row => row['name'])).toEqual(['authors', 'notes'])
  })

  it('are all or nothing, each: a failing step undoes its migration and no other', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    const broken = migration('broken', (schema, step) => [
      schema.createTable('half').addColumn('id', 'integer'),
      step`insert into authors (id, name) values (2, 'second')`,
      step`insert into nowhere values (1)`,
    ])
    const opening = openNotes(file, { migrations: [authors, notes, tags, broken] })
    await expect(opening).rejects.toMatchObject({
      code: 'DATABASE_MIGRATION_FAILED',
      kind: 'internal',
      details: { migration: 'broken' },
    })
    expect(recorded(file).map(row => row['name'])).toEqual(['authors', 'notes', 'tags'])
    await using database = await openNotes(file, { migrations: [authors, notes, tags] })
    expect(await database.read.selectFrom('authors').selectAll().execute()).toHaveLength(1)
    await expect(sql`select * from half`.execute(database.read)).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('may rebuild a table others refer to, and must leave no dangling reference', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    {
      await using database = await openNotes(file)
      await database.write(rows => rows.insertInto('notes').values({ author_id: 1, text: 'x', rank: 0 }).execute())
    }
    const dangling = migration('dangling', (_, step) => [step`delete from authors`])
    await expect(openNotes(file, { migrations: [authors, notes, dangling] })).rejects.toMatchObject({
      code: 'DATABASE_MIGRATION_FAILED',
    })
    const rebuild = migration('rebuild', (schema, step) => [
      schema
        .createTable('new_authors')
        .addColumn('id', 'integer', column => column.primaryKey())
        .addColumn('name', 'text'),
      step`insert into new_authors select id, upper(name) from authors`,
      schema.dropTable('authors'),
      schema.alterTable('new_authors').renameTo('authors'),
    ])
    await using database = await openNotes(file, { migrations: [authors, notes, rebuild] })
    expect(await database.read.selectFrom('authors').selectAll().execute()).toEqual([{ id: 1, name: 'FIRST' }])
    expect(await countNotes(database)).toBe(1)
    expect(await database.check()).toEqual([])
  })

  const changed: [string, readonly Migration[], string][] = [
    ['was changed after it was applied', [migration('authors', tags.up), notes], 'authors'],
    [
      'changed a value it inserted',
      [
        authors,
        migration('notes', (schema, step) => [
          ...notes.up(schema, step).slice(0, 2),
          step`insert into authors (id, name) values (${1}, ${'other'})`,
        ]),
      ],
      'notes',
    ],
    ['stands in another place', [notes, authors], 'authors'],
    ['has a new one before it', [authors, tags, notes], 'notes'],
  ]
  for (const [what, migrations, name] of changed) {
    it(`are refused when an applied one ${what}, and the file stays as it was`, async () => {
      using folder = new TemporaryFolder()
      const file = folder.file('notes.db')
      await (await openNotes(file)).close()
      const before = await digestOf(file)
      await expect(openNotes(file, { migrations })).rejects.toMatchObject({
        code: 'DATABASE_MIGRATION_CHANGED',
        details: { migration: name },
      })
      expect(await digestOf(file)).toBe(before)
    })
  }

  it('refuse a file that a newer version wrote, and leave it alone', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    await (await openNotes(file, { migrations: [authors, notes, tags] })).close()
    const before = await digestOf(file)
    await expect(openNotes(file)).rejects.toMatchObject({
      code: 'DATABASE_NEWER',
      kind: 'invalid',
      details: { unknownMigrations: ['tags'] },
    })
    expect(await digestOf(file)).toBe(before)
  })

  it('refuse two of one name', async () => {
    using folder = new TemporaryFolder()
    await expect(openNotes(folder.file('notes.db'), { migrations: [authors, authors] })).rejects.toMatchObject({
      code: 'INTERNAL',
    })
  })

  it('refuse a step of two statements, as the second would silently not run', async () => {
    using folder = new TemporaryFolder()
    const two = migration('two', (_, step) => [step`create table a (x); create table b (x)`])
    await expect(openNotes(folder.file('notes.db'), { migrations: [two] })).rejects.toMatchObject({
      code: 'DATABASE_MIGRATION_FAILED',
    })
  })

  it('let several open one new file at the same time', async () => {
    using folder = new TemporaryFolder()
    const file = folder.file('notes.db')
    const opened = await Promise.all(Array.from({ length: 6 }, () => openNotes(file)))
    expect(recorded(file)).toHaveLength(2)
    expect(await opened[3]!.read.selectFrom('authors').selectAll().execute()).toHaveLength(1)
    await Promise.all(opened.map(database => database.close()))
  })

  it('have the types of the schema they make', async () => {
    using folder = new TemporaryFolder()
    await using database: Database<Notes> = await openNotes(folder.file('notes.db'))
    const row = await database.read.selectFrom('notes').select(['id', 'text']).executeTakeFirst()
    expect(row?.text).toBeUndefined()
  })
})

function recorded(file: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file)
  try {
    return database
      .prepare('select position, name, applied_at from _migrations order by position')
      .all()
      .map(row => ({ ...row }))
  } finally {
    database.close()
  }
}

async function digestOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
