import type { Difference, Examined, TravellingTable } from '../merge.ts'
import type { FailureFacts } from './failure.ts'
import type { PlannedMigration } from './migration-plan.ts'
import type { Backup } from './snapshot.ts'

/** What can be asked of the thread beside the main one. */
export type Job =
  | { readonly kind: 'query'; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly kind: 'check' }
  | { readonly kind: 'backup'; readonly target: string }
  | { readonly kind: 'snapshot'; readonly target: string; readonly tables: readonly TravellingTable[] }
  | {
      readonly kind: 'compare'
      readonly file: string
      readonly tables: readonly TravellingTable[]
      readonly delta: string
    }
  /** Of a file that nobody else has open. */
  | { readonly kind: 'examine'; readonly file: string; readonly planned: readonly PlannedMigration[] }

export interface JobResults {
  query: unknown[]
  check: string[]
  backup: Backup
  snapshot: Backup
  compare: Difference
  examine: Examined
}

export type Reply =
  | { readonly result: JobResults[keyof JobResults] }
  | { readonly failure: FailureFacts; readonly findings?: readonly string[] }
