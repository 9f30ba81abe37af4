import type { VersionState } from '../state/library.ts'

export interface Transition {
  readonly from: VersionState
  readonly to: VersionState
  /** What makes the move. */
  readonly by: string
  /** Only when another installation’s facts arrive. */
  readonly merge?: true
}

/** Every move a version of a tool or function can make. There are no others. */
export const transitions: readonly Transition[] = [
  { from: 'draft', to: 'pending', by: 'submit' },
  { from: 'draft', to: 'approved', by: 'submit, alone in the project; import by an admin' },
  { from: 'pending', to: 'approved', by: 'enough approvals, no reject' },
  { from: 'pending', to: 'rejected', by: 'an admin’s reject; as many rejects as approvals were needed' },
  { from: 'pending', to: 'expired', by: 'the deadline' },
  { from: 'pending', to: 'draft', by: 'withdraw; a newer version; disable' },
  { from: 'approved', to: 'rejected', by: 'a reject cast elsewhere before the approval was known', merge: true },
  { from: 'approved', to: 'draft', by: 'a withdrawal made elsewhere before the approval was known', merge: true },
  { from: 'approved', to: 'conflict', by: 'another version, decided earlier, that it does not follow', merge: true },
  { from: 'pending', to: 'conflict', by: 'approved, but another version it does not follow answers', merge: true },
  { from: 'conflict', to: 'approved', by: 'the version it was in conflict with was taken back', merge: true },
  { from: 'conflict', to: 'rejected', by: 'a reject cast elsewhere', merge: true },
  { from: 'rejected', to: 'approved', by: 'earlier votes from elsewhere', merge: true },
  { from: 'rejected', to: 'pending', by: 'an earlier change of a vote from elsewhere', merge: true },
  { from: 'expired', to: 'approved', by: 'votes cast elsewhere before the deadline', merge: true },
  { from: 'expired', to: 'rejected', by: 'votes cast elsewhere before the deadline', merge: true },
]

export function isLegal(from: VersionState, to: VersionState, merge: boolean): boolean {
  return transitions.some(move => move.from === from && move.to === to && (merge || move.merge === undefined))
}
