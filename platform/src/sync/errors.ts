import { PlatformError } from '@super-data/base/errors'

/** No bucket is set: the library stays in this installation. */
export class SyncOff extends PlatformError {
  readonly code = 'SYNC_OFF'
  readonly kind = 'missing'
  constructor() {
    super('this installation shares its library with no other', {
      hint: 'Set SUPER_DATA_S3_BUCKET to the bucket of the team, then start again.',
    })
  }
}

/** Why a sync stopped until somebody, or the bucket, changes something. Nothing was written there. */
export abstract class SyncRefused extends PlatformError {}

/** The store takes conditional writes but does not keep to them: two installations would overwrite each other. */
export class ConditionalWritesMissing extends SyncRefused {
  readonly code = 'NO_CONDITIONAL_WRITES'
  readonly kind = 'conflict'
  constructor(cause?: unknown) {
    super('the bucket does not keep to conditional writes', {
      cause,
      hint: 'Use a store that honours If-Match and If-None-Match on PUT.',
    })
  }
}

/** The library was in the bucket and is not any more. */
export class SharedLibraryGone extends SyncRefused {
  readonly code = 'SYNC_LIBRARY_GONE'
  readonly kind = 'conflict'
  constructor(key: string) {
    super(`${key} is gone from the bucket; this installation's library is as it was`, {
      hint: 'Bring it back from a backup, or write it anew from here with `super-data sync now --recreate`.',
      details: { key },
    })
  }
}

/** What lies in the bucket is no library that can be used. */
export class SharedLibraryDamaged extends SyncRefused {
  readonly code = 'SYNC_LIBRARY_DAMAGED'
  readonly kind = 'conflict'
  constructor(findings: readonly string[]) {
    super("the library in the bucket is damaged; it was set aside, and this installation's is as it was", {
      hint: 'Bring it back from a backup, or write it anew from here with `super-data sync now --recreate`.',
      details: { findings: findings.slice(0, 5) },
    })
  }
}

/** A newer version wrote the library: this one neither reads nor replaces it. */
export class SharedLibraryNewer extends SyncRefused {
  readonly code = 'SYNC_LIBRARY_NEWER'
  readonly kind = 'conflict'
  constructor(unknown: readonly string[]) {
    super('a newer version wrote the library in the bucket; this one changes nothing there', {
      hint: 'Upgrade this installation: what was changed here meanwhile is merged then.',
      details: { unknownMigrations: unknown },
    })
  }
}

/** What arrived from the bucket is not what was sent. */
export class TransferBroken extends PlatformError {
  readonly code = 'SYNC_TRANSFER_BROKEN'
  readonly kind = 'unavailable'
  constructor(reason: string) {
    super(`a transfer from the bucket broke: ${reason}`, { hint: 'It is tried again by itself.' })
  }
}

/** A request to the bucket took too long. */
export class BucketTimeout extends PlatformError {
  readonly code = 'SYNC_TIMEOUT'
  readonly kind = 'unavailable'
  constructor(limitMs: number) {
    super(`the bucket did not answer within ${limitMs} ms`, {
      hint: 'It is tried again by itself.',
      details: { limitMs },
    })
  }
}

/** Others kept writing the library; nothing is lost, the next sync tries again. */
export class SyncContended extends PlatformError {
  readonly code = 'SYNC_CONTENDED'
  readonly kind = 'unavailable'
  constructor(attempts: number) {
    super(`other installations were faster ${attempts} times`, {
      hint: 'It is tried again by itself.',
      details: { attempts },
    })
  }
}
