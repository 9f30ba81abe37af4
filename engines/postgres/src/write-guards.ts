import { PostgresConfirmationNeeded, PostgresTooManyRows } from './errors.ts'
import type { Judged } from './sql/gate.ts'

/** What keeps a change from being larger than its caller thought. */
export interface WriteGuards {
  /** More rows than this roll the change back. */
  readonly maxAffectedRows?: number
  /** UPDATE and DELETE without a condition need it. */
  readonly confirmAllRows?: boolean
}

/** @throws PostgresConfirmationNeeded */
export function checkConfirmed(statement: Pick<Judged, 'allRows'>, { confirmAllRows }: WriteGuards): void {
  if (statement.allRows === undefined || confirmAllRows) return
  throw new PostgresConfirmationNeeded(`${statement.allRows} without a condition touches every row`, {
    hint: 'Add WHERE, or confirm that all rows are meant (confirmAllRows).',
  })
}

/** @throws PostgresTooManyRows */
export function checkAffected(affected: number, { maxAffectedRows }: WriteGuards): void {
  if (maxAffectedRows === undefined || affected <= maxAffectedRows) return
  throw new PostgresTooManyRows(`${affected} rows would change; ${maxAffectedRows} are allowed`, {
    hint: 'It was undone: narrow its condition, or allow more rows.',
    details: { affected, maxAffectedRows },
  })
}
