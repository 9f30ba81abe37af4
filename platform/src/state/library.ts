import { Database, migration } from '@super-data/metadata'
import type { Kysely, Transaction } from 'kysely'
import { auditChain, governedTables } from './governed-schema.ts'
import { LibraryMark } from './library-mark.ts'
import { countedVotes, ownerTables, peopleTables, reviewTables, votesThatKnew } from './library-schema.ts'
import type { GovernedTables, StateParts } from './shared-tables.ts'

/**
 * `tools.db`: people, projects, functions, tools, votes. No secrets, no telemetry.
 *
 * What is stamped travels between installations: see `travelling-tables.ts`. Columns below "Derived" do not: `derive`
 * makes them from all the rest.
 */
export interface LibraryTables extends GovernedTables, PeopleTables, OwnerTables, ReviewTables {
  /** Marks that something was done once on this installation, e.g. the import of seeds. */
  markers: { name: string; at: number }
  /** One row: the greatest stamp made or seen here. */
  last_stamp: { one: 1; stamp: string }
}

interface PeopleTables {
  users: {
    id: string
    wanted_name: string
    email: string | null
    /** Of a token's verified issuer and subject, when the user came by one; `os:<node>` for those of a machine. */
    issuer: string | null
    subject: string | null
    created_at: number
    stamp: string
    /** Derived: unique, compared without case. */
    name: string
    /** Derived, as the next: what the latest change says. */
    role: 'owner' | 'admin' | 'user'
    state: 'invited' | 'active' | 'disabled'
  }
  /** Facts: what a user became. */
  user_changes: {
    id: string
    user_id: string
    role: 'owner' | 'admin' | 'user'
    state: 'invited' | 'active' | 'disabled'
    changed_by: string | null
    at: number
    stamp: string
  }
  /** The id is made from the name. */
  projects: { id: string; name: string; description: string; created_at: number; stamp: string }
  /** Facts: what a user became in a project; null: removed. */
  member_changes: {
    id: string
    project_id: string
    user_id: string
    role: 'admin' | 'editor' | 'viewer' | null
    changed_by: string | null
    at: number
    stamp: string
  }
  /** Derived as a whole. */
  memberships: { project_id: string; user_id: string; role: 'admin' | 'editor' | 'viewer'; since: number }
}

/** Columns that functions and tools derive alike. */
export interface DerivedOwner {
  /** The newest version, whatever its state. */
  version: number
  /** The version that answers; null when none is approved, or the owner is disabled. */
  approved_version: number | null
  disabled_at: number | null
}

interface OwnerTables {
  /** The id is made from project, name and arity. */
  functions: DerivedOwner & {
    id: string
    project_id: string
    name: string
    arity: number
    created_by: string
    created_at: number
    stamp: string
  }
  /** The id is made from project and name. */
  tools: DerivedOwner & {
    id: string
    project_id: string
    name: string
    origin: 'yaml' | 'learned' | 'manual'
    created_by: string
    created_at: number
    stamp: string
  }
  /** Facts: a function or tool was taken out of use, or brought back; the latest counts. */
  disablings: {
    id: string
    owner_id: string
    disabled: 0 | 1
    comment: string
    changed_by: string
    at: number
    stamp: string
  }
}

interface ReviewTables {
  /** Facts: the versions of functions and tools. */
  versions: {
    id: string
    kind: 'function' | 'tool'
    owner_id: string
    /** The text of a function; JSON of a `ToolDefinition`. */
    definition: string
    /** Of a function; a tool has it in its definition. */
    description: string
    /** JSON: `[{ id, name, arity, hash }]` of all functions used, each after what it uses. */
    pins: string
    /** Over the definition and the hashes of all it pins. */
    hash: string
    /** The id of the version it was made from. */
    follows: string | null
    created_by: string
    created_at: number
    stamp: string
    /** Derived: 1, 2, 3… in the order of stamps. */
    version: number
    /** Derived. */
    state: VersionState
    /** Derived: the submission that the state comes from. */
    submission_id: string | null
    /** Derived. */
    decided_at: number | null
  }
  /** Facts: a version was put before the team. */
  submissions: {
    id: string
    version_id: string
    hash: string
    /** How it is decided without votes. */
    review: 'none' | 'import' | null
    votes_needed: number
    /** JSON of the `ReviewPolicy` at that moment. */
    policy: string
    justification: string
    /** JSON: what was found out about it, for reviewers. */
    checks: string
    submitted_by: string
    submitted_at: number
    expires_at: number
    stamp: string
  }
  withdrawals: { submission_id: string; withdrawn_by: string; at: number; stamp: string }
  /** Facts; the latest of a user counts. */
  votes: {
    id: string
    submission_id: string
    /** What was read: the vote counts for nothing else. */
    hash: string
    user_id: string
    vote: 'approve' | 'reject'
    comment: string
    needs_confirmation: 0 | 1
    at: number
    stamp: string
    /** Stamp of the last time its subject was disabled or restored that was known where it was cast; '' when never. */
    disabling_known: string | null
    /** Derived: it needs no confirmation, or has one, and knew of what was done to its subject. It was told of. */
    counted: 0 | 1
  }
  vote_confirmations: { vote_id: string; method: 'code' | 'elicitation'; at: number; stamp: string }
}

export type VersionState = 'draft' | 'pending' | 'approved' | 'rejected' | 'expired' | 'conflict'

export type LibraryTransaction = Transaction<LibraryTables>

/** All there ever were, in order. */
export const libraryMigrations = [
  migration('0001-people', peopleTables),
  migration('0002-owners', ownerTables),
  migration('0003-review', reviewTables),
  migration('0004-governed', governedTables),
  migration('0005-audit-chain', auditChain),
  migration('0006-counted-votes', countedVotes),
  migration('0007-votes-that-knew', votesThatKnew),
]

/** Opens `tools.db`, made when it is missing. An acknowledged change survives a power cut. */
export function openLibrary(file: string, parts: StateParts): Promise<Database<LibraryTables>> {
  const mark = new LibraryMark(file, parts.log)
  return Database.open<LibraryTables>({
    ...{ ...parts, file, migrations: libraryMigrations, durability: 'full' },
    onCommit: read => mark.follow(() => lastStamp(read)),
  })
}

/** The greatest stamp made or seen here; empty when there is none. */
export async function lastStamp(read: Kysely<LibraryTables>): Promise<string> {
  const row = await read.selectFrom('last_stamp').select('stamp').executeTakeFirst()
  return row?.stamp ?? ''
}
