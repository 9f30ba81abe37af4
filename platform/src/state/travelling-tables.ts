import type { LibraryTables } from './library.ts'

/** A table whose rows installations exchange. */
export interface TravellingTable<Name extends keyof LibraryTables = keyof LibraryTables> {
  readonly table: Name
  readonly key: readonly string[]
  /**
   * `fact`: never changes once written; of two rows with one key the smaller stamp stays. `register`: the greater
   * stamp wins, whole. Where the stamps are equal, the same holds for the canonical texts of the rows.
   */
  readonly rule: 'fact' | 'register'
  /** What travels. Other columns are derived, and made again after a merge; new rows get the table's defaults. */
  readonly columns: readonly string[]
}

function travelling<Name extends keyof LibraryTables>(
  table: Name,
  rule: TravellingTable['rule'],
  columns: readonly (keyof LibraryTables[Name] & string)[],
  key: readonly (keyof LibraryTables[Name] & string)[] = ['id' as keyof LibraryTables[Name] & string],
): TravellingTable<Name> {
  return { table, rule, columns, key }
}

/** Everything that travels, each table after those it refers to. Every one has a `stamp`, with an index. */
export const travellingTables: readonly TravellingTable[] = [
  travelling('users', 'register', ['id', 'wanted_name', 'email', 'issuer', 'subject', 'created_at', 'stamp']),
  travelling('projects', 'register', ['id', 'name', 'description', 'created_at', 'stamp']),
  travelling('user_changes', 'fact', ['id', 'user_id', 'role', 'state', 'changed_by', 'at', 'stamp']),
  travelling('member_changes', 'fact', ['id', 'project_id', 'user_id', 'role', 'changed_by', 'at', 'stamp']),
  travelling('functions', 'fact', ['id', 'project_id', 'name', 'arity', 'created_by', 'created_at', 'stamp']),
  travelling('tools', 'fact', ['id', 'project_id', 'name', 'origin', 'created_by', 'created_at', 'stamp']),
  travelling('disablings', 'fact', ['id', 'owner_id', 'disabled', 'comment', 'changed_by', 'at', 'stamp']),
  travelling('versions', 'fact', [
    ...(['id', 'kind', 'owner_id', 'definition', 'description', 'pins', 'hash'] as const),
    ...(['follows', 'created_by', 'created_at', 'stamp'] as const),
  ]),
  travelling('submissions', 'fact', [
    ...(['id', 'version_id', 'hash', 'review', 'votes_needed', 'policy', 'justification', 'checks'] as const),
    ...(['submitted_by', 'submitted_at', 'expires_at', 'stamp'] as const),
  ]),
  travelling('withdrawals', 'fact', ['submission_id', 'withdrawn_by', 'at', 'stamp'], ['submission_id']),
  travelling('votes', 'fact', [
    ...(['id', 'submission_id', 'hash', 'user_id', 'vote', 'comment'] as const),
    ...(['needs_confirmation', 'disabling_known', 'at', 'stamp'] as const),
  ]),
  travelling('vote_confirmations', 'fact', ['vote_id', 'method', 'at', 'stamp'], ['vote_id']),
]
