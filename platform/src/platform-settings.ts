import type { IdentitySettings } from './identity/settings.ts'
import type { ReviewSettings } from './library/reviews.ts'
import type { CheckSettings } from './library/submission-checks.ts'
import type { LimitSettings } from './limits.ts'
import type { WebhookSettings } from './notifications/webhooks.ts'
import type { SourceSettings } from './postgres/source-settings.ts'
import type { SyncSettings } from './sync/sync.ts'

/** Values of one installation; every one that a stranger could stretch has a limit. */
export interface PlatformSettings {
  /** Everything the platform keeps lies below it. */
  readonly home: string
  /** The library's file. */
  readonly libraryFile: string
  /** Data of the default project. */
  readonly datasetsFolder: string
  readonly datasetPollMs: number
  readonly identity: IdentitySettings
  readonly limits: LimitSettings
  readonly review: ReviewSettings
  readonly checks: CheckSettings
  readonly webhooks: WebhookSettings
  /** PostgreSQL databases. */
  readonly postgres: readonly SourceSettings[]
  /** How the library is shared; absent: it is not. */
  readonly sync?: SyncSettings | undefined
  /** Begin with an empty library when this home's is lost and there is no copy of it. */
  readonly reinit?: boolean | undefined
  /** Whether questions may become proposals. */
  readonly learning: boolean
  readonly queryTimeMs: number
  /** How long it is known who asked what. */
  readonly runLogDays: number
  readonly resultBytesMax: number
  /** Memory for parsed datasets, over all workers. */
  readonly cacheBytes: number
  readonly workers: number
  /** Memory one SQL statement may use. */
  readonly sqlMemoryMb: number
}
