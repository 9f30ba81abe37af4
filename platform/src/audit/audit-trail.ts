import type { AuditEntry } from '@super-data/contract'
import type { Kysely, Selectable } from 'kysely'
import type { GovernedTables } from '../state/shared-tables.ts'

export type AuditRow = Selectable<GovernedTables['audit']>

export interface AuditFilter {
  readonly user?: string | undefined
  readonly operation?: string | undefined
  /** The id the previous page ended with. */
  readonly before?: string | undefined
  readonly limit: number
}

export async function insertAudit(file: Kysely<GovernedTables>, row: AuditRow): Promise<void> {
  await file.insertInto('audit').values(row).execute()
}

/** Of all files together, newest first. */
export async function listAudit(files: readonly Kysely<GovernedTables>[], filter: AuditFilter): Promise<AuditRow[]> {
  const found = await Promise.all(files.map(file => listFile(file, filter)))
  return found
    .flat()
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, filter.limit)
}

function listFile(file: Kysely<GovernedTables>, filter: AuditFilter): Promise<AuditRow[]> {
  let query = file.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(filter.limit)
  if (filter.user !== undefined) query = query.where('user_name', '=', filter.user)
  if (filter.operation !== undefined) query = query.where('operation', '=', filter.operation)
  if (filter.before !== undefined) query = query.where('id', '<', filter.before)
  return query.execute()
}

export function toAuditEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    user: row.user_name,
    operation: row.operation,
    project: row.project,
    target: row.target,
    outcome: row.outcome,
    code: row.code,
    requestId: row.request_id,
    door: row.door,
  }
}
