import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@super-data/base/clock'
import { openLog } from '@super-data/base/log'
import { RunStatistics } from '../src/learning/run-statistics.ts'
import { RunLog, type RunRow } from '../src/queries/run-log.ts'
import { openTelemetry } from '../src/state/telemetry.ts'

/** An execution log of its own, with what is told from it. */
export async function openRuns() {
  const folder = await mkdtemp(join(tmpdir(), 'super-data-telemetry-'))
  const log = openLog({ level: 'silent' })
  const parts = { clock: systemClock, log, backupFolder: join(folder, 'backups') }
  const telemetry = await openTelemetry(join(folder, 'telemetry.db'), parts)
  const runs = new RunLog(telemetry, log)
  let added = 0
  return {
    telemetry,
    runs,
    statistics: new RunStatistics(telemetry, runs),
    add: (row: Partial<RunRow>) => {
      added += 1
      runs.add({ ...plainRun, id: `run_${String(added).padStart(9, '0')}`, at: added, ...row })
    },
    async [Symbol.asyncDispose]() {
      await runs.close()
      await telemetry.close()
      await rm(folder, { recursive: true })
    },
  }
}

export const plainRun: Omit<RunRow, 'id' | 'at'> = {
  ...{ project: 'default', user_id: 'user_1', user_name: 'ann', engine: 'jq', source: null, text: '1' },
  ...{ mode: 'document', params: '{}', tool: null, tool_hash: null, outcome: 'ok', code: null },
  ...{ elapsed_ms: 1, count: 1, bytes: 2, cached: 0 },
}
