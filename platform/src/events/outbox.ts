import { type Event, event } from '@super-data/contract'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { GovernedTables } from '../state/shared-tables.ts'

export type OutboxRow = Selectable<GovernedTables['outbox']>

/** What happened, before it has an id. */
export interface EventDraft {
  readonly type: Event['type']
  readonly project: string
  readonly subject: string
  readonly by: string | null
}

export async function insertEvents(file: Kysely<GovernedTables>, events: readonly Event[]): Promise<void> {
  await file.insertInto('outbox').values(events.map(toRow)).execute()
}

/** Events of one file after one id and up to another, oldest first. */
export function readEvents(
  file: Kysely<GovernedTables>,
  range: { readonly after: string; readonly upTo: string; readonly limit: number },
): Promise<OutboxRow[]> {
  return file
    .selectFrom('outbox')
    .selectAll()
    .where('id', '>', range.after)
    .where('id', '<=', range.upTo)
    .orderBy('id')
    .limit(range.limit)
    .execute()
}

export async function hasEvent(file: Kysely<GovernedTables>, id: string): Promise<boolean> {
  const row = await file.selectFrom('outbox').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}

/** The newest id and the latest time in a file; empty and zero when it has no events. */
export async function newestEvent(file: Kysely<GovernedTables>): Promise<{ id: string; at: number }> {
  const row = await file
    .selectFrom('outbox')
    .select([sql<string | null>`max(id)`.as('id'), sql<number | null>`max(at)`.as('at')])
    .executeTakeFirst()
  return { id: row?.id ?? '', at: row?.at ?? 0 }
}

/** Forgets events older than a time, and all but the newest `rowsMax`. */
export async function pruneEvents(
  file: Kysely<GovernedTables>,
  { olderThan, rowsMax }: { readonly olderThan: number; readonly rowsMax: number },
): Promise<void> {
  await file.deleteFrom('outbox').where('at', '<', olderThan).execute()
  const oldestKept = await file
    .selectFrom('outbox')
    .select('id')
    .orderBy('id', 'desc')
    .offset(rowsMax - 1)
    .limit(1)
    .executeTakeFirst()
  if (oldestKept !== undefined) await file.deleteFrom('outbox').where('id', '<', oldestKept.id).execute()
}

export function toEvent(row: OutboxRow): Event {
  const type = event.shape.type.parse(row.type)
  return { id: row.id, at: row.at, type, project: row.project, subject: row.subject, by: row.by_user }
}

function toRow(made: Event): OutboxRow {
  const { id, at, type, project, subject, by } = made
  return { id, at, type, project, subject, by_user: by }
}
