import type { FailureFacts } from './failure.ts'
import type { Backup } from './snapshot.ts'

/** What can be asked of the thread beside the main one. */
export type Job =
  | { readonly kind: 'query'; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly kind: 'check' }
  | { readonly kind: 'backup'; readonly target: string }

export interface JobResults {
  query: unknown[]
  check: string[]
  backup: Backup
}

export type Reply =
  | { readonly result: JobResults[keyof JobResults] }
  | { readonly failure: FailureFacts; readonly findings?: readonly string[] }
