import type { Clock } from '@super-data/base/clock'
import type { Ids, Random } from '@super-data/base/ids'
import type { Key, Need } from '@super-data/contract'
import type { Kysely, Selectable } from 'kysely'
import type { PlatformTables } from '../state/platform.ts'
import { hashSecret, makeKeySecret, sameHash } from './secrets.ts'

export type KeyRow = Selectable<PlatformTables['keys']>

export interface NewKey {
  readonly userId: string
  readonly label: string
  readonly project: string
  readonly onlyProject: boolean
  readonly need: Need
  readonly expiresAt: number | null
}

/** What making a key takes. */
export interface KeyParts {
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
}

/** Makes a key. The secret is here this once; only its hash is stored. */
export async function insertKey(
  platform: Kysely<PlatformTables>,
  key: NewKey,
  parts: KeyParts,
): Promise<{ row: KeyRow; secret: string }> {
  const made = makeKeySecret(parts.random, key.onlyProject ? key : undefined)
  const row: KeyRow = {
    id: parts.ids.next('key'),
    user_id: key.userId,
    label: key.label,
    hash: made.hash,
    prefix: made.prefix,
    project: key.project,
    only_project: key.onlyProject ? 1 : 0,
    need: key.need,
    created_at: parts.clock.now(),
    expires_at: key.expiresAt,
    last_used_at: null,
    revoked_at: null,
  }
  await platform.insertInto('keys').values(row).execute()
  return { row, secret: made.secret }
}

/** The key of this secret when it works now; undefined when it is unknown, revoked or expired. */
export async function findLiveKey(
  platform: Kysely<PlatformTables>,
  secret: string,
  now: number,
): Promise<KeyRow | undefined> {
  const hash = hashSecret(secret)
  const row = await platform.selectFrom('keys').selectAll().where('hash', '=', hash).executeTakeFirst()
  return row !== undefined && sameHash(row.hash, hash) && isLive(row, now) ? row : undefined
}

export function findKey(platform: Kysely<PlatformTables>, id: string): Promise<KeyRow | undefined> {
  return platform.selectFrom('keys').selectAll().where('id', '=', id).executeTakeFirst()
}

export function isLive(key: KeyRow, now: number): boolean {
  return key.revoked_at === null && (key.expires_at === null || key.expires_at > now)
}

export interface KeyFilter {
  readonly userId?: string
  readonly onlyProject?: string
  readonly limit: number
  /** The id the previous page ended with. */
  readonly before?: string | undefined
}

/** Newest first. */
export function listKeys(platform: Kysely<PlatformTables>, filter: KeyFilter): Promise<KeyRow[]> {
  let query = platform.selectFrom('keys').selectAll().orderBy('id', 'desc').limit(filter.limit)
  if (filter.userId !== undefined) query = query.where('user_id', '=', filter.userId)
  if (filter.onlyProject !== undefined) {
    query = query.where('project', '=', filter.onlyProject).where('only_project', '=', 1)
  }
  if (filter.before !== undefined) query = query.where('id', '<', filter.before)
  return query.execute()
}

/** Stops a key at once; one that was revoked before keeps its time. */
export async function revokeKey(platform: Kysely<PlatformTables>, id: string, now: number): Promise<void> {
  await platform
    .updateTable('keys')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
}

export function toKey(row: KeyRow): Key {
  return {
    id: row.id,
    label: row.label,
    userId: row.user_id,
    project: row.project,
    prefix: row.prefix,
    need: row.need,
    onlyProject: row.only_project === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }
}
