import { Database, migration } from '@super-data/metadata'
import type { Transaction } from 'kysely'
import { governedTables } from './governed-schema.ts'
import { functionTables, peopleTables, toolTables } from './library-schema.ts'
import type { GovernedTables, StateParts } from './shared-tables.ts'

/** `tools.db`: people, projects, functions, tools, votes. Travels between installations; no secrets, no telemetry. */
export interface LibraryTables extends GovernedTables {
  users: {
    id: string
    /** Unique, compared without case. */
    name: string
    email: string | null
    role: 'owner' | 'admin' | 'user'
    state: 'invited' | 'active' | 'disabled'
    /** Of a token's verified issuer and subject, when the user came by one. */
    issuer: string | null
    subject: string | null
    created_at: number
  }
  projects: { id: string; name: string; description: string; created_at: number }
  memberships: { project_id: string; user_id: string; role: 'admin' | 'editor' | 'viewer'; since: number }
  functions: {
    id: string
    project_id: string
    name: string
    arity: number
    /** The newest version. */
    version: number
    active: 0 | 1
    created_by: string
    created_at: number
  }
  /** Immutable. */
  function_versions: {
    function_id: string
    version: number
    definition: string
    description: string
    /** Over the definition and the hashes of what it uses. */
    hash: string
    /** JSON: `[{ id, name, arity, version }]`. */
    uses: string
    created_by: string
    created_at: number
  }
  tools: {
    id: string
    project_id: string
    name: string
    /** The newest version, whatever its state. */
    version: number
    /** The version that answers; null until one is approved. */
    approved_version: number | null
    disabled_at: number | null
    origin: 'yaml' | 'learned' | 'manual'
    created_by: string
    created_at: number
  }
  /** Immutable but for `state` and what the decision recorded. */
  tool_versions: {
    tool_id: string
    version: number
    /** JSON of a `ToolDefinition`. */
    definition: string
    /** JSON: `[{ id, name, arity, version, hash }]`, in dependency order. */
    functions: string
    hash: string
    state: 'draft' | 'pending' | 'approved' | 'rejected' | 'expired'
    justification: string
    review: 'none' | 'votes' | 'import' | null
    votes_needed: number
    submitted_at: number | null
    expires_at: number | null
    decided_at: number | null
    created_by: string
    created_at: number
  }
  votes: {
    tool_id: string
    hash: string
    user_id: string
    vote: 'approve' | 'reject'
    comment: string
    at: number
  }
  /** Marks that something was done once, e.g. the import of seeds. */
  markers: { name: string; at: number }
}

export type LibraryTransaction = Transaction<LibraryTables>

const migrations = [
  migration('0001-people', peopleTables),
  migration('0002-functions', functionTables),
  migration('0003-tools', toolTables),
  migration('0004-governed', governedTables),
]

/** Opens `tools.db`, made when it is missing. An acknowledged change survives a power cut. */
export function openLibrary(file: string, parts: StateParts): Promise<Database<LibraryTables>> {
  return Database.open<LibraryTables>({ ...parts, file, migrations, durability: 'full' })
}
