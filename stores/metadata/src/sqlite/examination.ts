import type { Clock } from '@super-data/base/clock'
import { toProblem } from '@super-data/base/errors'
import { DatabaseCorrupt, DatabaseForeign, DatabaseNewer, MigrationChanged } from '../errors.ts'
import type { Examined } from '../merge.ts'
import { Connection } from './connection.ts'
import { inspect } from './inspection.ts'
import type { PlannedMigration } from './migration-plan.ts'
import { applyMigrations, pendingOf } from './migrator.ts'
import { checkWhole } from './snapshot.ts'

/** Looks a file over that came from elsewhere, and brings an older one up to date. Nobody else has it open. */
export async function examine(
  file: string,
  { planned, clock }: { readonly planned: readonly PlannedMigration[]; readonly clock: Clock },
): Promise<Examined> {
  try {
    const { applied, holdsData } = await inspect(file)
    if (!holdsData) return { state: 'foreign' }
    const pending = pendingOf(planned, applied)
    const findings = settle(file, connection => {
      if (pending.length > 0) applyMigrations(connection, planned, { clock })
      return checkWhole(connection)
    })
    if (findings.length > 0) return { state: 'damaged', findings }
    return { state: 'sound', migrated: pending.map(({ name }) => name) }
  } catch (failure) {
    return verdictOn(failure)
  }
}

function settle<T>(file: string, work: (connection: Connection) => T): T {
  const connection = Connection.open(file, { readOnly: false, busyMs: 1000, foreignKeys: false })
  try {
    connection.settle('journal_mode', 'delete')
    return work(connection)
  } finally {
    connection.close()
  }
}

/** What the file is to blame for is an answer; everything else is a failure. */
function verdictOn(failure: unknown): Examined {
  if (failure instanceof DatabaseNewer) {
    return { state: 'newer', unknown: failure.details['unknownMigrations'] as string[] }
  }
  if (failure instanceof DatabaseForeign || failure instanceof MigrationChanged) return { state: 'foreign' }
  if (failure instanceof DatabaseCorrupt) {
    return { state: 'damaged', findings: failure.details['findings'] as string[] }
  }
  const { code, message } = toProblem(failure)
  if (code === 'DATABASE_MIGRATION_FAILED') return { state: 'damaged', findings: [message] }
  throw failure
}
