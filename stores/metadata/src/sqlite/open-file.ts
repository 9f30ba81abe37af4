import { mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import { DatabaseBusy } from '../errors.ts'
import type { Migration } from '../migration.ts'
import { Connection } from './connection.ts'
import { toDatabaseError } from './failure.ts'
import { inspect } from './inspection.ts'
import { type PlannedMigration, planMigrations } from './migration-plan.ts'
import { applyMigrations, pendingOf } from './migrator.ts'
import type { Thread } from './thread.ts'

export interface OpenFileOptions {
  readonly file: string
  readonly migrations: readonly Migration[]
  readonly durability: 'full' | 'normal'
  readonly clock: Clock
  readonly backupFolder: string
  readonly log?: Log | undefined
}

/** Keeps the log from staying as large as the largest transaction made it. */
const logBytesMax = 64 * 1024 * 1024

/** The connection that writes, to a file that is sound and has its schema. */
export async function openFile(options: OpenFileOptions, thread: Thread): Promise<Connection> {
  const planned = planMigrations(options.migrations)
  const { applied, holdsData } = await inspect(options.file)
  const pending = pendingOf(planned, applied)
  await makeFolder(dirname(options.file))
  if (holdsData && pending[0]) await backUp(options, { thread, before: pending[0] })
  if (pending.length > 0) await migrate(options, planned)
  return openWriter(options)
}

async function migrate(options: OpenFileOptions, planned: readonly PlannedMigration[]): Promise<void> {
  const connection = Connection.open(options.file, { readOnly: false, busyMs: 10_000, foreignKeys: false })
  try {
    await settleLog(connection)
    connection.settle('synchronous', 2)
    applyMigrations(connection, planned, options)
  } finally {
    connection.close()
  }
}

async function openWriter(options: OpenFileOptions): Promise<Connection> {
  const connection = Connection.open(options.file, { readOnly: false, busyMs: 20, foreignKeys: true })
  try {
    await settleLog(connection)
    connection.settle('synchronous', options.durability === 'full' ? 2 : 1)
    connection.settle('journal_size_limit', logBytesMax)
    return connection
  } catch (failure) {
    connection.close()
    throw failure
  }
}

/** Two processes that open a new file at once meet here, and SQLite lets neither wait. */
async function settleLog(connection: Connection): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return connection.settle('journal_mode', 'wal')
    } catch (failure) {
      if (!(failure instanceof DatabaseBusy) || attempt === 100) throw failure
      await sleep(20)
    }
  }
}

async function backUp(
  { file, backupFolder, clock, log }: OpenFileOptions,
  { thread, before }: { thread: Thread; before: PlannedMigration },
): Promise<void> {
  const name = `${basename(file)}.${compactTime(clock.now())}.before-${before.name.replaceAll(/[^A-Za-z0-9-]+/g, '-')}`
  const { sizeBytes } = await thread.run({ kind: 'backup', target: join(backupFolder, name) })
  log?.info({ backup: name, sizeBytes, migration: before.name }, 'database backed up before a migration')
}

/** e.g. `20260102T030405678Z`: sorts by time, and no file system minds it. */
function compactTime(now: number): string {
  return new Date(now).toISOString().replaceAll(/[-:.]/g, '')
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (failure) {
    throw toDatabaseError(failure)
  }
}
