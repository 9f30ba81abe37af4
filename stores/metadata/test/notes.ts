import { systemClock } from '@super-data/base/clock'
import { Database, type DatabaseOptions, migration } from '@super-data/metadata'
import { type Generated, sql } from 'kysely'

export interface Notes {
  authors: { id: number; name: string }
  notes: { id: Generated<number>; author_id: number | null; text: string; rank: number }
}

export const authors = migration('authors', schema => [
  schema
    .createTable('authors')
    .addColumn('id', 'integer', column => column.primaryKey())
    .addColumn('name', 'text', column => column.notNull().unique()),
])

export const notes = migration('notes', (schema, step) => [
  schema
    .createTable('notes')
    .addColumn('id', 'integer', column => column.primaryKey())
    .addColumn('author_id', 'integer', column => column.references('authors.id'))
    .addColumn('text', 'text', column => column.notNull())
    .addColumn('rank', 'integer', column => column.notNull().defaultTo(0))
    .addCheckConstraint('notes_rank', sql<boolean>`rank >= 0`),
  schema.createIndex('notes_author').on('notes').columns(['author_id', 'rank']),
  step`insert into authors (id, name) values (${1}, ${'first'})`,
])

/** Opens notes with small waits; every option may be replaced. */
export function openNotes(file: string, options: Partial<DatabaseOptions<Notes>> = {}): Promise<Database<Notes>> {
  return Database.open<Notes>({
    file,
    migrations: [authors, notes],
    durability: 'normal',
    clock: systemClock,
    ...options,
  })
}

export async function addNote(database: Database<Notes>, text: string): Promise<void> {
  await database.write(transaction => transaction.insertInto('notes').values({ text, rank: 0 }).execute())
}

export async function countNotes(database: Database<Notes>): Promise<number> {
  const { count } = await database.read
    .selectFrom('notes')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}
