import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import { DatabaseNewer, MigrationChanged, MigrationFailed } from '../errors.ts'
import type { Connection } from './connection.ts'
import { type AppliedMigration, migrationTable, readApplied } from './inspection.ts'
import type { PlannedMigration } from './migration-plan.ts'

/** What is still to be applied. @throws DatabaseNewer · MigrationChanged */
export function pendingOf(
  planned: readonly PlannedMigration[],
  applied: readonly AppliedMigration[],
): readonly PlannedMigration[] {
  const known = new Set(planned.map(({ name }) => name))
  const unknown = applied.filter(({ name }) => !known.has(name)).map(({ name }) => name)
  if (unknown.length > 0) throw new DatabaseNewer(unknown)
  for (const [position, { name, checksum }] of applied.entries()) {
    const plan = planned[position]
    if (plan?.name !== name || plan.checksum !== checksum) throw new MigrationChanged(name)
  }
  return planned.slice(applied.length)
}

/** Applies what is missing, each migration and its record in one transaction. @throws MigrationFailed */
export function applyMigrations(
  connection: Connection,
  planned: readonly PlannedMigration[],
  { clock, log }: { clock: Clock; log?: Log | undefined },
): void {
  for (const [position, plan] of planned.entries()) {
    const at = clock.now()
    if (applyOne(connection, { plan, position, planned, at })) log?.info({ migration: plan.name }, 'migration applied')
  }
}

/** @returns whether there was anything to do: another process may have been here first. */
function applyOne(
  connection: Connection,
  {
    plan,
    position,
    planned,
    at,
  }: { plan: PlannedMigration; position: number; planned: readonly PlannedMigration[]; at: number },
): boolean {
  connection.run('begin immediate')
  try {
    connection.run(
      `create table if not exists ${migrationTable}
       (position integer primary key, name text not null unique, checksum text not null, applied_at integer not null)`,
    )
    const due = pendingOf(planned, readApplied(connection)).includes(plan)
    if (due) runSteps(connection, plan)
    if (due) record(connection, { plan, position, at })
    connection.run('commit')
    return due
  } catch (failure) {
    if (connection.inTransaction) connection.run('rollback')
    if (failure instanceof DatabaseNewer || failure instanceof MigrationChanged) throw failure
    throw new MigrationFailed(plan.name, failure)
  }
}

function runSteps(connection: Connection, plan: PlannedMigration): void {
  for (const { sql: text, parameters } of plan.steps) connection.run(text, parameters)
  const { rows } = connection.run('pragma foreign_key_check')
  if (rows.length > 0) throw new Error(`${rows.length} rows refer to rows that are not there`)
}

function record(
  connection: Connection,
  { plan, position, at }: { plan: PlannedMigration; position: number; at: number },
): void {
  connection.run(`insert into ${migrationTable} (position, name, checksum, applied_at) values (?, ?, ?, ?)`, [
    position,
    plan.name,
    plan.checksum,
    at,
  ])
}
