import type { Clock } from '@super-data/base/clock'
import type { Database } from '@super-data/metadata'
import type { Questions } from '../queries/questions.ts'
import type { RunLog } from '../queries/run-log.ts'
import type { LibraryTables } from '../state/library.ts'
import type { Functions } from './functions.ts'
import type { Reviews } from './reviews.ts'
import type { SubmissionChecks } from './submission-checks.ts'
import type { TestRunner } from './test-runner.ts'
import type { ToolCatalogue } from './tool-catalogue.ts'
import type { ToolChecker } from './tool-checker.ts'
import type { Tools } from './tools.ts'
import type { VoteCodes } from './vote-codes.ts'

/** What the handlers of the library work with. */
export interface LibraryParts {
  readonly library: Database<LibraryTables>
  readonly functions: Functions
  readonly tools: Tools
  readonly reviews: Reviews
  readonly checks: SubmissionChecks
  readonly tests: TestRunner
  readonly codes: VoteCodes
  readonly checker: ToolChecker
  readonly catalogue: ToolCatalogue
  readonly questions: Questions
  readonly runs: RunLog
  readonly clock: Clock
  /** Whether drafts may be proposed. */
  readonly learning: boolean
}
