import { Database, migration } from '@super-data/metadata'
import type { Transaction } from 'kysely'
import { type SyncTables, syncTables } from '../sync/sync-schema.ts'
import { auditChain, governedTables } from './governed-schema.ts'
import {
  credentialTables,
  datasetMigrationTable,
  datasetSchemaTable,
  dismissalTable,
  installationTable,
  notificationTables,
  voteCodeTable,
} from './platform-schema.ts'
import type { GovernedTables, StateParts } from './shared-tables.ts'

/** `platform.db`: what belongs to this installation alone. Secrets only as hashes. */
export interface PlatformTables extends GovernedTables, SyncTables {
  keys: {
    id: string
    user_id: string
    label: string
    /** Of the whole key, SHA-256, hexadecimal. Unique. */
    hash: string
    prefix: string
    project: string
    only_project: 0 | 1
    need: 'read' | 'write' | 'admin'
    created_at: number
    expires_at: number | null
    last_used_at: number | null
    revoked_at: number | null
  }
  invitations: {
    id: string
    user_id: string
    hash: string
    project: string
    /** The role the person gets there. */
    project_role: 'admin' | 'editor' | 'viewer'
    expires_at: number
    redeemed_at: number | null
    created_at: number
  }
  vote_codes: { vote_id: string; code: string }
  /** One row. */
  installation: { one: 1; node_id: string }
  webhooks: {
    id: string
    project: string
    url: string
    /** JSON: kinds of events; none means all. */
    types: string
    /** Key of the signatures: it is needed as it is. */
    secret: string
    /** Deliveries given up since the last that arrived. */
    failures: number
    disabled_at: number | null
    created_by: string
    created_at: number
  }
  webhook_deliveries: {
    id: string
    webhook_id: string
    event: string
    type: string
    subject: string
    body: string
    state: 'waiting' | 'delivered' | 'dead'
    attempts: number
    status: number | null
    problem: string | null
    next_at: number | null
    at: number
  }
  /** How far the outbox of each file was read for webhooks. */
  webhook_positions: { file: string; position: number }
  inbox_marks: { user_id: string; seen: string }
  learning_dismissals: { project: string; suggestion: string; user_id: string; at: number }
  /** Declared for the structures this installation has seen; replaced by a later one for the same versions. */
  dataset_migrations: {
    project: string
    dataset: string
    from_version: number
    to_version: number
    program: string
    user_name: string
    at: number
  }
  dataset_schemas: { project: string; dataset: string; version: number; fields: string; at: number }
}

export type PlatformTransaction = Transaction<PlatformTables>

const migrations = [
  migration('0001-credentials', credentialTables),
  migration('0002-dataset-schemas', datasetSchemaTable),
  migration('0003-governed', governedTables),
  migration('0004-installation', installationTable),
  migration('0005-notifications', notificationTables),
  migration('0006-learning', dismissalTable),
  migration('0006-sync', syncTables),
  migration('0007-dataset-migrations', datasetMigrationTable),
  migration('0008-vote-codes', voteCodeTable),
  migration('0009-audit-chain', auditChain),
]

/** Opens `platform.db`, made when it is missing. An acknowledged change survives a power cut. */
export function openPlatform(file: string, parts: StateParts): Promise<Database<PlatformTables>> {
  return Database.open<PlatformTables>({ ...parts, file, migrations, durability: 'full' })
}
