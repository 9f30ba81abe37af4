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
  /** The same wherever the same thing is found out: from what led to it. */
  readonly key?: string
}

/** A merge may tell of thousands of things at once; a statement takes only so many values. */
const rowsPerInsert = 1_000

export async function insertEvents(file: Kysely<GovernedTables>, events: readonly Event[]): Promise<void> {
  for (let at = 0; at < events.length; at += rowsPerInsert) {
    const rows = events.slice(at, at + rowsPerInsert).map(toRow)
    const earlier = await takeKeys(
      file,
      rows.flatMap(({ key }) => (key === null ? [] : [key])),
    )
    await file.insertInto('outbox').values(rows).execute()
    // Only now: had the last row gone before, another one would take its place in the file, and be taken for read.
    if (earlier.length > 0) await file.deleteFrom('outbox').where('id', 'in', earlier).execute()
  }
}

/**
 * A decision has one event; one that is taken back and made again is told of again, by the same key.
 *
 * @returns the events that had the keys.
 */
async function takeKeys(file: Kysely<GovernedTables>, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return []
  const rows = await file.selectFrom('outbox').select('id').where('key', 'in', keys).execute()
  const ids = rows.map(row => row.id)
  if (ids.length > 0) await file.updateTable('outbox').set({ key: null }).where('id', 'in', ids).execute()
  return ids
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

/** The newest events of one file, newest first. */
export function readNewest(file: Kysely<GovernedTables>, limit: number): Promise<OutboxRow[]> {
  return file.selectFrom('outbox').selectAll().orderBy('id', 'desc').limit(limit).execute()
}

/** Events of one file in the order they were written, after a position in it. Finds those of other processes too. */
export async function readWritten(
  file: Kysely<GovernedTables>,
  after: number,
): Promise<{ readonly rows: OutboxRow[]; readonly position: number }> {
  const rows = await file
    .selectFrom('outbox')
    .selectAll()
    .select(sql<number>`rowid`.as('position'))
    .where(sql<number>`rowid`, '>', after)
    .orderBy(sql`rowid`)
    .execute()
  return { rows, position: rows.at(-1)?.position ?? after }
}

/** The position of what was written last; 0 in a file without events. */
export async function lastPosition(file: Kysely<GovernedTables>): Promise<number> {
  const row = await file.selectFrom('outbox').select(sql<number | null>`max(rowid)`.as('position')).executeTakeFirst()
  return row?.position ?? 0
}

/** What was written last to a file: another one after every event, by whatever process. */
export interface LastWritten {
  readonly position: number
  readonly id: string
}

export async function lastWritten(file: Kysely<GovernedTables>): Promise<LastWritten> {
  const row = await file
    .selectFrom('outbox')
    .select(['id', sql<number>`rowid`.as('position')])
    .orderBy(sql`rowid`, 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? { position: 0, id: '' }
}

/** Whether an event of some types may have come after another one: also when that one is forgotten by now. */
export async function mayHaveCome(
  file: Kysely<GovernedTables>,
  wanted: { readonly after: LastWritten; readonly types: readonly Event['type'][]; readonly project: string },
): Promise<boolean> {
  const { after, types, project } = wanted
  const rows = await file
    .selectFrom('outbox')
    .select(['id', 'type', 'project'])
    .where(sql<number>`rowid`, '>=', after.position)
    .orderBy(sql`rowid`)
    .execute()
  const known = after.position === 0 || rows[0]?.id === after.id
  const since = after.position === 0 ? rows : rows.slice(1)
  return !known || since.some(row => row.project === project && types.includes(row.type as Event['type']))
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

/** Rows as events. A newer version of the product may have written some of a kind not known here: they are left out. */
export function toEvents(rows: readonly OutboxRow[]): Event[] {
  return rows.flatMap(row => {
    const type = event.shape.type.safeParse(row.type)
    const { id, at, project, subject, by_user: by, key } = row
    return type.success ? [{ id, at, type: type.data, project, subject, by, key }] : []
  })
}

function toRow(made: Event): OutboxRow {
  const { id, at, type, project, subject, by, key } = made
  return { id, at, type, project, subject, by_user: by, key }
}
