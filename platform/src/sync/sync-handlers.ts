import type { Output, SyncRun as RunOutput, SyncStatus } from '@super-data/contract'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { SyncOff } from './errors.ts'
import type { Sync, SyncRun } from './sync.ts'
import type { RunRow } from './sync-records.ts'

type SyncHandlers = Pick<Handlers, Extract<keyof Handlers, `sync.${string}`>>

/** @param parts.sync undefined when no bucket is set. */
export function syncHandlers(parts: { readonly sync: Sync | undefined }): SyncHandlers {
  return {
    'sync.status': async () => (parts.sync ? statusOf(parts.sync) : off),

    'sync.now': async (input, call) => {
      const run = await required(parts.sync).run('manual', { signal: call.signal, recreate: input.recreate })
      return toOutput(run)
    },

    'sync.history': async input => {
      if (parts.sync === undefined) return { items: [], cursor: null }
      const rows = await parts.sync.history({ limit: input.limit + 1, before: parseCursor(input.cursor) })
      return toPage(rows, input.limit, toRun, row => row.id)
    },

    'sync.backups': async (input, call) => {
      const backups = await required(parts.sync).backups(call.signal)
      return { items: backups.slice(0, input.limit) }
    },
  }
}

const nothing = { place: null, code: null, message: null, hint: null, syncedAt: null, nextAt: null, intervalMs: null }
const off: SyncStatus = { state: 'off', ...nothing }

function statusOf(sync: Sync): SyncStatus {
  const { runs: _, ...status } = sync.status()
  return status
}

/** @throws SyncOff */
function required(sync: Sync | undefined): Sync {
  if (sync === undefined) throw new SyncOff()
  return sync
}

function toOutput(run: SyncRun): Output<'sync.now'> {
  return run
}

function toRun(row: RunRow): RunOutput {
  return {
    ...{ id: row.id, trigger: row.trigger as RunOutput['trigger'], startedAt: row.started_at, endedAt: row.ended_at },
    ...{ outcome: row.outcome as RunOutput['outcome'], code: row.code, message: row.message },
    ...{ etagBefore: row.etag_before, etagAfter: row.etag_after },
    ...{ rowsMerged: row.rows_merged, rowsPushed: row.rows_pushed, contradictions: row.contradictions },
    ...{ conflicts: row.conflicts, requests: row.requests },
    ...{ bytesRead: row.bytes_read, bytesWritten: row.bytes_written },
  }
}
