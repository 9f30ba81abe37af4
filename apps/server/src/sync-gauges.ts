import type { Clock } from '@super-data/base/clock'
import type { Platform, SyncStatus } from '@super-data/platform'
import type { Gauges } from './http/metrics.ts'

const outcomes = ['unchanged', 'synced', 'refused', 'failed'] as const

/** How sync stands, in figures; none when the library is not shared. */
export function syncGauges(platform: Platform, clock: Clock): Gauges {
  if (platform.syncStatus() === undefined) return {}
  const read = (figure: (status: SyncStatus) => number) => () => {
    const status = platform.syncStatus()
    return status === undefined ? Number.NaN : figure(status)
  }
  const lag = read(({ syncedAt }) => (syncedAt === null ? Number.POSITIVE_INFINITY : (clock.now() - syncedAt) / 1_000))
  const runs = outcomes.map(outcome => [
    `super_data_sync_runs_${outcome}`,
    { help: `Syncs since the start that ended as ${outcome}.`, read: read(status => status.runs[outcome]) },
  ])
  return {
    super_data_sync_lag_seconds: { help: 'Since the bucket and this installation last held the same.', read: lag },
    ...Object.fromEntries(runs),
  }
}
