import { createHash } from 'node:crypto'
import { throwIfAborted } from '@super-data/base/errors'
import type { AuditEntry } from '@super-data/contract'
import type { Kysely, Selectable } from 'kysely'
import { canonicalJson } from '../canonical-json.ts'
import type { GovernedTables } from '../state/shared-tables.ts'

export type AuditRow = Selectable<GovernedTables['audit']>
/** What is said of a call; its place and its hash come with writing it. */
export type AuditLine = Omit<AuditRow, 'position' | 'chain'>

export interface AuditFilter {
  readonly user?: string | undefined
  readonly operation?: string | undefined
  /** The id the previous page ended with. */
  readonly before?: string | undefined
  readonly limit: number
}

/** Within the one transaction that writes: no two lines get the same place. */
export async function insertAudit(file: Kysely<GovernedTables>, line: AuditLine): Promise<void> {
  const last = await file
    .selectFrom('audit')
    .select(['position', 'chain'])
    .where('position', 'is not', null)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  const placed = { ...line, position: (last?.position ?? 0) + 1 }
  await file
    .insertInto('audit')
    .values({ ...placed, chain: chainOf(last?.chain ?? null, placed) })
    .execute()
}

/** What is in a file, and whether it is what was written. */
export interface AuditProof {
  /** Lines that have a place. */
  readonly lines: number
  /** The last hash: it stands for all lines up to it. */
  readonly head: string | null
  /** The first place where a line is missing or not as it was written. */
  readonly brokenAt: number | null
}

const proofLines = 1_000

/** Goes through all lines in order, a thousand at a time. */
export async function proveAudit(file: Kysely<GovernedTables>, signal: AbortSignal): Promise<AuditProof> {
  let lines = 0
  let head: string | null = null
  for (;;) {
    throwIfAborted(signal)
    const rows = await file
      .selectFrom('audit')
      .selectAll()
      .where('position', '>', lines)
      .orderBy('position')
      .limit(proofLines)
      .execute()
    for (const { chain, ...line } of rows) {
      if (line.position !== lines + 1 || chain !== chainOf(head, line)) return { lines, head, brokenAt: lines + 1 }
      lines++
      head = chain
    }
    if (rows.length < proofLines) return { lines, head, brokenAt: null }
  }
}

function chainOf(before: string | null, line: Omit<AuditRow, 'chain'>): string {
  return createHash('sha256')
    .update(`${before ?? ''}\n${canonicalJson(line)}`)
    .digest('hex')
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
