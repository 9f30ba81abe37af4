import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@super-data/base/clock'
import { systemRandom, TimeOrderedIds } from '@super-data/base/ids'
import { openLog } from '@super-data/base/log'
import { Database, migration, type TravellingTable } from '@super-data/metadata'
import type { ObjectStore } from '@super-data/objects'
import type { SharedDatabase } from '../src/sync/shared-database.ts'
import { fingerprintOf } from '../src/sync/shared-file.ts'
import { Sync, type SyncParts, type SyncSettings } from '../src/sync/sync.ts'
import { type SyncTables, syncTables } from '../src/sync/sync-schema.ts'

interface Shelf {
  books: { id: string; title: string; stamp: string }
  secrets: { id: number; text: string }
}

const books = migration('books', schema => [
  schema
    .createTable('books')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('title', 'text', column => column.notNull())
    .addColumn('stamp', 'text', column => column.notNull()),
  schema
    .createTable('secrets')
    .addColumn('id', 'integer', column => column.primaryKey())
    .addColumn('text', 'text'),
])

export const shelfMigrations = [books]
export const newerMigrations = [
  books,
  migration('pages', schema => [schema.alterTable('books').addColumn('pages', 'integer')]),
]

const tables: readonly TravellingTable[] = [
  { table: 'books', key: ['id'], rule: 'register', columns: ['id', 'title', 'stamp'] },
]

export const shelfSettings: SyncSettings = {
  ...{ place: 'memory', key: 'databases/tools.db', intervalMs: 20, leaseMs: 300, requestMs: 20_000, stopMs: 20_000 },
  ...{ objectBytesMax: 2 ** 26, retention: { newest: 5, hours: 0, days: 2 } },
}

export interface InstallationOptions {
  readonly store: ObjectStore
  readonly home?: string
  readonly migrations?: typeof shelfMigrations
  readonly settings?: Partial<SyncSettings>
  readonly parts?: Partial<SyncParts>
}

let nodes = 0

/** An installation in small: one table of books that travels, and the sync of it. */
export async function openShelf(options: InstallationOptions) {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'super-data-sync-')))
  const file = join(home, 'tools.db')
  const migrations = options.migrations ?? shelfMigrations
  const open = { durability: 'normal', clock: systemClock } as const
  const database = await Database.open<Shelf>({ ...open, file, migrations })
  const platform = await Database.open<SyncTables>({
    ...{ ...open, file: join(home, 'platform.db'), migrations: [migration('sync', syncTables)] },
  })
  const node = `node-${++nodes}`
  let stamps = 0
  let compared = 0
  const shared: SharedDatabase = {
    schema: migrations.at(-1)?.name ?? '',
    isEmpty: async () => (await titles()).length === 0,
    fingerprint: () => fingerprintOf(file),
    snapshot: (target, signal) => database.snapshot(target, tables, { signal }),
    examine: async (copy, signal) => {
      const examined = await database.examine(copy, { signal })
      return examined.state === 'foreign' ? { state: 'damaged', findings: ['foreign'] } : examined
    },
    compare: (copy, delta, signal) => {
      compared += 1
      return database.compare(copy, tables, { delta, signal })
    },
    merge: (copy, signal) => database.merge(copy, tables, async (_, merged) => merged, { signal }),
  }
  const sync = await Sync.open(
    {
      ...{ store: options.store, database: shared, platform, folder: join(home, 'sync'), node },
      ...{ clock: systemClock, random: systemRandom, ids: new TimeOrderedIds(systemClock, systemRandom) },
      ...{ log: openLog({ level: 'silent' }), ...options.parts },
    },
    { ...shelfSettings, ...options.settings },
  )

  async function titles(): Promise<string[]> {
    const rows = await database.read.selectFrom('books').select('title').orderBy('id').execute()
    return rows.map(({ title }) => title)
  }

  return {
    ...{ home, file, database, platform, sync, titles },
    add: async (title: string, id = title) => {
      const stamp = `${String(Date.now()).padStart(15, '0')}-${String(++stamps).padStart(6, '0')}-${node}`
      await database.write(rows =>
        rows
          .insertInto('books')
          .values({ id, title, stamp })
          .onConflict(conflict => conflict.column('id').doUpdateSet({ title, stamp }))
          .execute(),
      )
    },
    /** How often what is here was compared with what is known to be in the bucket. */
    compared: () => compared,
    run: (more: { recreate?: boolean; signal?: AbortSignal } = {}) => sync.run('manual', more),
    /** As a process that is gone leaves its home. */
    leave: async () => {
      await database.close()
      await platform.close()
    },
    async [Symbol.asyncDispose]() {
      await sync.close()
      await database.close()
      await platform.close()
      if (options.home === undefined) await rm(home, { recursive: true })
    },
  }
}
