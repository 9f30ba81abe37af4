import type { VersionState } from '../state/library.ts'

export interface Transition {
  readonly from: VersionState
  readonly to: VersionState
  /** What makes the move. */
  readonly by: string
  /** Only when another installation’s facts arrive. */
  readonly merge?: true
}

/** Every move a version of a tool or function can make by what is done here. */
const moves: readonly Transition[] = [
  { from: 'draft', to: 'pending', by: 'submit' },
  { from: 'draft', to: 'approved', by: 'submit, alone in the project; import by an admin' },
  { from: 'pending', to: 'approved', by: 'enough approvals and no reject; import by an admin' },
  { from: 'pending', to: 'rejected', by: 'an admin’s reject; as many rejects as approvals were needed' },
  { from: 'pending', to: 'expired', by: 'the deadline' },
  { from: 'pending', to: 'draft', by: 'withdraw; a newer version; disable' },
  { from: 'pending', to: 'conflict', by: 'approved, but what answers by now is not what it was made from' },
]

/** Moves of what was decided here already, because of what was done elsewhere before that was known there. */
const mergeMoves: readonly Transition[] = [
  { from: 'approved', to: 'rejected', by: 'a reject' },
  {
    from: 'approved',
    to: 'pending',
    by: 'a reject from before the last approval, or a disabling that its voters could not know',
  },
  { from: 'approved', to: 'expired', by: 'the same, after the deadline' },
  { from: 'approved', to: 'draft', by: 'a withdrawal' },
  { from: 'approved', to: 'conflict', by: 'another version that was decided earlier' },
  { from: 'conflict', to: 'approved', by: 'the other version was taken back' },
  { from: 'conflict', to: 'rejected', by: 'a reject' },
  { from: 'rejected', to: 'approved', by: 'earlier votes' },
  { from: 'rejected', to: 'pending', by: 'a vote that was changed earlier' },
  { from: 'rejected', to: 'draft', by: 'a withdrawal' },
  { from: 'expired', to: 'approved', by: 'votes from before the deadline' },
  { from: 'expired', to: 'rejected', by: 'votes from before the deadline' },
  { from: 'expired', to: 'draft', by: 'a withdrawal' },
].map(move => ({ ...move, merge: true }) as Transition)

export const transitions: readonly Transition[] = [...moves, ...mergeMoves]

/** @throws Error for a move that nothing done here can make. */
export function requireLegal(from: VersionState, to: VersionState): void {
  if (from === to || moves.some(move => move.from === from && move.to === to)) return
  throw new Error(`a version cannot go from ${from} to ${to}`)
}
