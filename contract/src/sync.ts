import { z } from 'zod'
import { id, instant, page, paging } from './names.ts'
import { operation } from './operation.ts'

const count = z.int().nonnegative()
const hint = z.string().nullable().describe('How to go on.')

/** One sync with the bucket: what it did, and what it cost. */
export const syncRun = z.object({
  id,
  trigger: z.enum(['start', 'interval', 'change', 'manual', 'stop']),
  startedAt: instant,
  endedAt: instant,
  outcome: z
    .enum(['unchanged', 'synced', 'refused', 'failed'])
    .describe('`refused`: nothing is written until somebody, or the bucket, changes something.'),
  code: z.string().nullable().describe('Of the error, when it did not work.'),
  message: z.string().nullable(),
  etagBefore: z.string().nullable(),
  etagAfter: z.string().nullable(),
  rowsMerged: count.describe('Rows that came from the bucket and were new or newer.'),
  rowsPushed: count.describe('Rows the bucket did not have, or had an older one of.'),
  contradictions: count.describe('Facts that were told twice, differently; everybody keeps the earlier.'),
  conflicts: count.describe('How often another installation was faster.'),
  requests: count,
  bytesRead: count,
  bytesWritten: count,
})
export type SyncRun = z.output<typeof syncRun>

export const syncStatus = z.object({
  state: z
    .enum(['off', 'starting', 'healthy', 'degraded', 'offline', 'read_only', 'refused'])
    .describe('`off`: no bucket is set. `read_only`: a newer version wrote the library in the bucket.'),
  place: z.string().nullable().describe('Bucket and key.'),
  code: z.string().nullable(),
  message: z.string().nullable().describe('What is in the way.'),
  hint,
  syncedAt: instant.nullable().describe('When the bucket and this installation last held the same, since the start.'),
  nextAt: instant.nullable(),
  intervalMs: count.nullable(),
})
export type SyncStatus = z.output<typeof syncStatus>

export const libraryBackup = z.object({
  name: z.string().describe('Key of its object.'),
  at: instant,
  sizeBytes: count,
})
export type LibraryBackup = z.output<typeof libraryBackup>

const access = { target: 'installation', need: 'admin' } as const

export const getSyncStatus = operation({
  name: 'sync.status',
  summary: 'Say how the sync of the library with other installations stands.',
  route: { method: 'GET', path: '/sync' },
  access,
  effect: 'read',
  input: z.object({}),
  output: syncStatus,
})

export const syncNow = operation({
  name: 'sync.now',
  summary: 'Sync the library with the bucket now, and say what was done.',
  route: { method: 'POST', path: '/sync/runs' },
  access,
  effect: 'write',
  input: z.object({
    recreate: z
      .boolean()
      .default(false)
      .describe('Write the library anew from here when it is gone from the bucket, or damaged there.'),
  }),
  output: syncRun.omit({ id: true }).extend({ hint }),
})

export const listSyncRuns = operation({
  name: 'sync.history',
  summary: 'List the syncs that did something or could not, newest first.',
  route: { method: 'GET', path: '/sync/runs' },
  access,
  effect: 'read',
  input: z.object({ ...paging }),
  output: page(syncRun),
})

export const listBackups = operation({
  name: 'sync.backups',
  summary: 'List the backups of the library in the bucket, newest first.',
  route: { method: 'GET', path: '/sync/backups' },
  access,
  effect: 'read',
  input: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Most items to return.') }),
  output: z.object({ items: z.array(libraryBackup) }),
})
