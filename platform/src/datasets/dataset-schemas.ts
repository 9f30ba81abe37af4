import type { Clock } from '@super-data/base/clock'
import type { Field, SchemaStore } from '@super-data/datasets'
import type { Database } from '@super-data/metadata'
import type { PlatformTables } from '../state/platform.ts'

export interface SchemaVersion {
  readonly version: number
  readonly fields: readonly Field[]
  readonly at: number
}

/** Keeps every version of every dataset's structure. */
export class DatasetSchemas implements SchemaStore {
  readonly #database: Database<PlatformTables>
  readonly #project: string
  readonly #clock: Clock

  constructor(database: Database<PlatformTables>, project: string, clock: Clock) {
    this.#database = database
    this.#project = project
    this.#clock = clock
  }

  /** The newest version known. */
  async load(dataset: string): Promise<{ version: number; fields: readonly Field[] } | undefined> {
    const row = await this.#database.read
      .selectFrom('dataset_schemas')
      .select(['version', 'fields'])
      .where('project', '=', this.#project)
      .where('dataset', '=', dataset)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row && { version: row.version, fields: JSON.parse(row.fields) as Field[] }
  }

  /** Older ones than `before`, newest first. */
  async history(dataset: string, options: { limit: number; before?: number | undefined }): Promise<SchemaVersion[]> {
    let query = this.#database.read
      .selectFrom('dataset_schemas')
      .select(['version', 'fields', 'at'])
      .where('project', '=', this.#project)
      .where('dataset', '=', dataset)
    if (options.before !== undefined) query = query.where('version', '<', options.before)
    const rows = await query.orderBy('version', 'desc').limit(options.limit).execute()
    return rows.map(row => ({ ...row, fields: JSON.parse(row.fields) as Field[] }))
  }

  async save(dataset: string, version: number, fields: readonly Field[]): Promise<void> {
    const row = { project: this.#project, dataset, version, fields: JSON.stringify(fields), at: this.#clock.now() }
    await this.#database.write(transaction =>
      transaction
        .insertInto('dataset_schemas')
        .values(row)
        .onConflict(conflict => conflict.columns(['project', 'dataset', 'version']).doNothing())
        .execute(),
    )
  }
}
