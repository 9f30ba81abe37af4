import { DatabaseSync } from 'node:sqlite'
import { travellingTables } from '../src/state/travelling-tables.ts'
import type { SyncSettings } from '../src/sync/sync.ts'
import type { openBucket } from './sync-faulty-store.ts'
import { openWhole, type Whole, type WholeOptions } from './whole-platform.ts'

export const databaseKey = 'databases/tools.db'

const sync: SyncSettings = {
  ...{ place: 'memory/databases/tools.db', key: databaseKey, intervalMs: 60_000, leaseMs: 1_000, requestMs: 20_000 },
  ...{ objectBytesMax: 2 ** 27, stopMs: 20_000, retention: { newest: 20, hours: 5, days: 5 } },
}

export type Bucket = ReturnType<typeof openBucket>

/** A whole platform that shares its library through a bucket. It syncs when it is told to. */
export function openInstallation(bucket: Bucket, options: WholeOptions = {}): Promise<Whole> {
  const settings = { sync, ...options.settings }
  return openWhole({ ...options, bucket: bucket.store, settings })
}

export const syncNow = (whole: Whole) => whole.ask('sync.now')

export async function toolNames(whole: Whole): Promise<string[]> {
  return (await whole.ask('tools.list', {})).items.map(tool => tool.name).sort()
}

/** Everything that travels, and all that is derived from it, as text. */
export function meaningOf(whole: Whole): Record<string, string[]> {
  using file = new DatabaseSync(whole.settings.libraryFile, { readOnly: true })
  const tables = [...travellingTables.map(({ table }) => table), 'memberships']
  return Object.fromEntries(
    tables.map(table => {
      const rows = file.prepare(`select * from ${table}`).all()
      return [table, rows.map(row => JSON.stringify(row)).sort()]
    }),
  )
}
