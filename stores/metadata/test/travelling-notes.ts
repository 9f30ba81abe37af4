import { systemClock } from '@super-data/base/clock'
import { Database, examineFile, migration, type TravellingTable } from '@super-data/metadata'
import { sql } from 'kysely'

/** A library in small: registers, facts that point to them and to each other, a derived column, and what stays home. */
export interface Shelf {
  shelves: { id: string; label: string; stamp: string }
  books: { id: string; shelf: string; follows: string | null; title: string; rank: number | null; stamp: string }
  secrets: { id: number; text: string }
}

const shelves = migration('shelves', schema => [
  schema
    .createTable('shelves')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('label', 'text', column => column.notNull())
    .addColumn('stamp', 'text', column => column.notNull()),
  schema
    .createTable('books')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('shelf', 'text', column => column.notNull().references('shelves.id'))
    .addColumn('follows', 'text', column => column.references('books.id'))
    .addColumn('title', 'text', column => column.notNull())
    .addColumn('rank', 'integer')
    .addColumn('stamp', 'text', column => column.notNull())
    .addCheckConstraint('books_title', sql<boolean>`length(title) < 100`),
  schema.createIndex('books_stamp').on('books').column('stamp'),
  schema
    .createTable('secrets')
    .addColumn('id', 'integer', column => column.primaryKey())
    .addColumn('text', 'text', column => column.notNull()),
])

export const colours = migration('colours', schema => [
  schema.alterTable('shelves').addColumn('colour', 'text', column => column.notNull().defaultTo('white')),
])

export const shelfMigrations = [shelves]

export const travelling: readonly TravellingTable[] = [
  { table: 'shelves', key: ['id'], rule: 'register', columns: ['id', 'label', 'stamp'] },
  { table: 'books', key: ['id'], rule: 'fact', columns: ['id', 'shelf', 'follows', 'title', 'stamp'] },
]

export function openShelf(file: string, migrations = shelfMigrations): Promise<Database<Shelf>> {
  return Database.open<Shelf>({ file, migrations, durability: 'normal', clock: systemClock })
}

export interface ShelfRows {
  readonly shelves: readonly Shelf['shelves'][]
  readonly books: readonly Omit<Shelf['books'], 'rank'>[]
}

export async function addRows(database: Database<Shelf>, rows: ShelfRows): Promise<void> {
  await database.write(async transaction => {
    await sql`pragma defer_foreign_keys = 1`.execute(transaction)
    for (const shelf of rows.shelves) await transaction.insertInto('shelves').values(shelf).execute()
    for (const book of rows.books)
      await transaction
        .insertInto('books')
        .values({ ...book, rank: null })
        .execute()
  })
}

export async function readRows(database: Database<Shelf>): Promise<ShelfRows> {
  return {
    shelves: await database.read.selectFrom('shelves').selectAll().orderBy('id').execute(),
    books: await database.read
      .selectFrom('books')
      .select(['id', 'shelf', 'follows', 'title', 'stamp'])
      .orderBy('id')
      .execute(),
  }
}

/** What one database takes over from another, the way installations do it: snapshot, examination, merge. */
export async function mergeFrom(into: Database<Shelf>, from: Database<Shelf>, by: string) {
  await from.snapshot(by, travelling)
  const examined = await examineFile(by, { migrations: shelfMigrations })
  if (examined.state !== 'sound') throw new Error(`the snapshot is ${examined.state}`)
  return into.merge(by, travelling, async (_, merged) => merged)
}
