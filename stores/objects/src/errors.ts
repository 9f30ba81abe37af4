import { PlatformError } from '@super-data/base/errors'

/** The key, metadata or options of a call break the store's rules. */
export class ObjectRequestInvalid extends PlatformError {
  readonly code = 'OBJECT_REQUEST_INVALID'
  readonly kind = 'invalid'
}

/** The key is empty, too long, or holds characters that no store can keep. */
export class ObjectKeyInvalid extends PlatformError {
  readonly code = 'OBJECT_KEY_INVALID'
  readonly kind = 'invalid'
  constructor(reason: string) {
    super(`the object key ${reason}`, { hint: 'Use 1 to 1,024 bytes of UTF-8 without control characters.' })
  }
}

/** User metadata is too large or holds what cannot travel in a header. */
export class ObjectMetadataInvalid extends PlatformError {
  readonly code = 'OBJECT_METADATA_INVALID'
  readonly kind = 'invalid'
  constructor(reason: string) {
    super(`object metadata ${reason}`, {
      hint: 'Use at most 1,024 bytes of lower-case names and printable ASCII values; put the rest into the body.',
    })
  }
}

/** The range selects no byte of the object. */
export class ObjectRangeInvalid extends PlatformError {
  readonly code = 'OBJECT_RANGE_INVALID'
  readonly kind = 'invalid'
  constructor(sizeBytes: number) {
    super(`the range lies outside the object of ${sizeBytes} bytes`, {
      hint: 'Ask for a range that starts inside the object.',
      details: { sizeBytes },
    })
  }
}

/** No object has this key. */
export class ObjectMissing extends PlatformError {
  readonly code = 'OBJECT_MISSING'
  readonly kind = 'missing'
  constructor(key: string) {
    super(`no object ${key}`, { details: { key } })
  }
}

/** The object still has the ETag the caller holds: its copy is good. Only `ifNoneMatch` on a read leads here. */
export class ObjectNotModified extends PlatformError {
  readonly code = 'OBJECT_NOT_MODIFIED'
  readonly kind = 'invalid'
  readonly etag: string
  constructor(key: string, etag: string) {
    super(`object ${key} has not changed`, { hint: 'Use the copy you hold.', details: { key, etag } })
    this.etag = etag
  }
}

/** Another writer was first; nothing was written or deleted by this call. */
export class WriteConflict extends PlatformError {
  readonly code = 'OBJECT_WRITE_CONFLICT'
  readonly kind = 'conflict'
  constructor(key: string, found: 'exists' | 'missing' | 'changed') {
    super(`object ${key} ${conflictText[found]}`, {
      hint: 'Read it again and repeat the write.',
      details: { key, found },
    })
  }
}

const conflictText = {
  exists: 'exists already',
  missing: 'is gone',
  changed: 'changed since it was read',
} as const

/** The write may or may not have happened: read the object before repeating it. */
export class ObjectOutcomeUnknown extends PlatformError {
  readonly code = 'OBJECT_OUTCOME_UNKNOWN'
  readonly kind = 'unavailable'
  override readonly retryable = false
  constructor(key: string, cause: unknown) {
    super(`the write of object ${key} was not confirmed`, {
      cause,
      hint: 'Read the object to see whether the write happened, then decide whether to repeat it.',
      details: { key },
    })
  }
}

/** What is stored under the key fails its checksum or is cut short. */
export class ObjectDamaged extends PlatformError {
  readonly code = 'OBJECT_DAMAGED'
  readonly kind = 'internal'
  constructor(key: string) {
    super(`object ${key} is damaged`, { hint: 'Restore it from a backup or write it again.', details: { key } })
  }
}

/** The store has no room left; nothing was written. */
export class ObjectStoreFull extends PlatformError {
  readonly code = 'OBJECT_STORE_FULL'
  readonly kind = 'unavailable'
  constructor(cause: unknown) {
    super('the object store is full', { cause, hint: 'Free space or raise the quota, then repeat the write.' })
  }
}

/** Other writers held the same part of the store for too long; nothing was written. */
export class ObjectStoreBusy extends PlatformError {
  readonly code = 'OBJECT_STORE_BUSY'
  readonly kind = 'unavailable'
  constructor() {
    super('other writers keep the object store busy', { hint: 'Repeat the write in a moment.' })
  }
}

/** The store cannot be reached or refuses to work; nothing was written. */
export class ObjectStoreUnavailable extends PlatformError {
  readonly code = 'OBJECT_STORE_UNAVAILABLE'
  readonly kind = 'unavailable'
  constructor(cause: unknown) {
    super('the object store does not answer', { cause, hint: 'Try again; if it persists, look at the storage.' })
  }
}

/** The place holds data in a layout this version does not know; it was left alone. */
export class ObjectStoreNewer extends PlatformError {
  readonly code = 'OBJECT_STORE_NEWER'
  readonly kind = 'invalid'
  constructor() {
    super('the object store was written by another version or another program', {
      hint: 'Use a version at least as new as the one that wrote it, or choose another place.',
    })
  }
}

/** The store was closed before or during the call. */
export class ObjectStoreClosed extends PlatformError {
  readonly code = 'OBJECT_STORE_CLOSED'
  readonly kind = 'unavailable'
  constructor() {
    super('the object store is closed')
  }
}

/** The object store does not know these credentials, or they may not do this. */
export class ObjectStoreDenied extends PlatformError {
  readonly code = 'OBJECT_STORE_DENIED'
  readonly kind = 'denied'
  constructor(reason: string) {
    super(`the object store refuses access (${reason})`, {
      hint: 'Check the access key, its secret, the region and what the key may do with the bucket; and the clock of this machine.',
      details: { reason },
    })
  }
}

/** The bucket does not exist; it is not made by itself. */
export class ObjectBucketMissing extends PlatformError {
  readonly code = 'OBJECT_BUCKET_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('the bucket of the object store does not exist', {
      hint: 'Create the bucket, or correct its name, the region or the endpoint.',
    })
  }
}

/** The server ignores conditions on writes: two writers could overwrite one another unseen. */
export class ObjectStoreUnconditional extends PlatformError {
  readonly code = 'OBJECT_STORE_UNCONDITIONAL'
  readonly kind = 'invalid'
  constructor() {
    super('the object store ignores conditions on writes', {
      hint: 'Use a server that honours If-None-Match and If-Match, or one writer alone without the requirement.',
    })
  }
}

/** The object store did not take a request, and would not take it again. */
export class ObjectStoreRefused extends PlatformError {
  readonly code = 'OBJECT_STORE_REFUSED'
  readonly kind = 'internal'
  constructor(status: number, reason: string) {
    super(`the object store refused the request (${reason})`, {
      hint: 'Look up the reason in the documentation of the object store.',
      details: { status, reason },
    })
  }
}
