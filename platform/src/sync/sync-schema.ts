import type { SchemaModule } from 'kysely'

/** Of `platform.db`: what this installation remembers of the bucket it shares. */
export interface SyncTables {
  /** One row for each place that was ever shared with. */
  sync_places: {
    place: string
    /** When both sides first held the same; null before. */
    first_synced_at: number | null
    /** The object whose bytes `base_file` holds. */
    base_etag: string | null
    base_sha256: string | null
    base_file: string | null
    /** An object that is not to be merged, and why. */
    rejected_etag: string | null
    rejected_code: string | null
    rejected_message: string | null
    rejected_at: number | null
    /** The newest migration this installation had when it said so. */
    rejected_schema: string | null
    /** The object that was backed up last. */
    backed_up_etag: string | null
    pruned_at: number | null
    /** Of the exports written last: the SHA-256 of each, in the order of their keys. */
    exports_sha256: string | null
    /** What `.version` says. */
    version_text: string | null
  }
  /** Every sync that did something, or could not. */
  sync_runs: {
    id: string
    trigger: string
    started_at: number
    ended_at: number
    outcome: string
    code: string | null
    message: string | null
    etag_before: string | null
    etag_after: string | null
    rows_merged: number
    rows_pushed: number
    /** Facts told otherwise in the bucket than here; the earlier one stays. */
    contradictions: number
    /** How often another installation was faster. */
    conflicts: number
    requests: number
    bytes_read: number
    bytes_written: number
  }
}

export function syncTables(schema: SchemaModule) {
  return [placeTable(schema), ...runTable(schema)]
}

function placeTable(schema: SchemaModule) {
  return schema
    .createTable('sync_places')
    .addColumn('place', 'text', column => column.primaryKey())
    .addColumn('first_synced_at', 'bigint')
    .addColumn('base_etag', 'text')
    .addColumn('base_sha256', 'text')
    .addColumn('base_file', 'text')
    .addColumn('rejected_etag', 'text')
    .addColumn('rejected_code', 'text')
    .addColumn('rejected_message', 'text')
    .addColumn('rejected_at', 'bigint')
    .addColumn('rejected_schema', 'text')
    .addColumn('backed_up_etag', 'text')
    .addColumn('pruned_at', 'bigint')
    .addColumn('exports_sha256', 'text')
    .addColumn('version_text', 'text')
}

function runTable(schema: SchemaModule) {
  return [
    schema
      .createTable('sync_runs')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('trigger', 'text', column => column.notNull())
      .addColumn('started_at', 'bigint', column => column.notNull())
      .addColumn('ended_at', 'bigint', column => column.notNull())
      .addColumn('outcome', 'text', column => column.notNull())
      .addColumn('code', 'text')
      .addColumn('message', 'text')
      .addColumn('etag_before', 'text')
      .addColumn('etag_after', 'text')
      .addColumn('rows_merged', 'bigint', column => column.notNull())
      .addColumn('rows_pushed', 'bigint', column => column.notNull())
      .addColumn('contradictions', 'bigint', column => column.notNull())
      .addColumn('conflicts', 'bigint', column => column.notNull())
      .addColumn('requests', 'bigint', column => column.notNull())
      .addColumn('bytes_read', 'bigint', column => column.notNull())
      .addColumn('bytes_written', 'bigint', column => column.notNull()),
    schema.createIndex('sync_runs_started').on('sync_runs').column('started_at'),
  ]
}
