import type { Ids } from '@super-data/base/ids'
import type { Database } from '@super-data/metadata'
import type { Selectable } from 'kysely'
import type { SyncTables } from './sync-schema.ts'

export type PlaceRow = Selectable<SyncTables['sync_places']>
export type RunRow = Selectable<SyncTables['sync_runs']>

/** Runs kept; the oldest go first. */
const runsMax = 5_000

const nothingKnown: Omit<PlaceRow, 'place'> = {
  first_synced_at: null,
  base_etag: null,
  base_sha256: null,
  base_file: null,
  rejected_etag: null,
  rejected_code: null,
  rejected_message: null,
  rejected_at: null,
  rejected_schema: null,
  backed_up_etag: null,
  pruned_at: null,
  exports_sha256: null,
  version_text: null,
}

/** What is remembered of one bucket, and the log of its syncs. Survives restarts. */
export class SyncRecords {
  readonly #platform: Database<SyncTables>
  readonly #place: string
  readonly #ids: Ids

  /** @param place names the bucket and the key in it. */
  constructor(platform: Database<SyncTables>, place: string, ids: Ids) {
    this.#platform = platform
    this.#place = place
    this.#ids = ids
  }

  async read(): Promise<PlaceRow> {
    const row = await this.#platform.read
      .selectFrom('sync_places')
      .selectAll()
      .where('place', '=', this.#place)
      .executeTakeFirst()
    return row ?? { place: this.#place, ...nothingKnown }
  }

  async remember(change: Partial<Omit<PlaceRow, 'place'>>): Promise<void> {
    await this.#platform.write(async transaction => {
      await transaction
        .insertInto('sync_places')
        .values({ place: this.#place, ...nothingKnown, ...change })
        .onConflict(conflict => conflict.column('place').doUpdateSet(change))
        .execute()
    })
  }

  async addRun(run: Omit<RunRow, 'id'>): Promise<void> {
    await this.#platform.write(async transaction => {
      await transaction
        .insertInto('sync_runs')
        .values({ id: this.#ids.next('sync'), ...run })
        .execute()
      const oldest = await transaction
        .selectFrom('sync_runs')
        .select('id')
        .orderBy('id', 'desc')
        .offset(runsMax)
        .limit(1)
        .executeTakeFirst()
      if (oldest) await transaction.deleteFrom('sync_runs').where('id', '<=', oldest.id).execute()
    })
  }

  /** Newest first, from just before an id. */
  runs({ limit, before }: { readonly limit: number; readonly before?: string | undefined }): Promise<RunRow[]> {
    let query = this.#platform.read.selectFrom('sync_runs').selectAll().orderBy('id', 'desc').limit(limit)
    if (before !== undefined) query = query.where('id', '<', before)
    return query.execute()
  }
}

/** Whether this home ever held the same as any bucket. */
export async function hasEverSynced(platform: Database<SyncTables>): Promise<boolean> {
  const row = await platform.read
    .selectFrom('sync_places')
    .select('place')
    .where('first_synced_at', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
