import type { ObjectBody } from './object-body.ts'

/** Names and values as they travel in headers: lower-case names, printable ASCII values, 1,024 bytes in all. */
export type ObjectMetadata = Readonly<Record<string, string>>

/** What lists show: not the ETag, which some stores learn only object by object. */
export interface ObjectEntry {
  readonly key: string
  readonly sizeBytes: number
  /** Milliseconds since 1970, UTC; some stores keep whole seconds. */
  readonly modifiedAt: number
}

export interface ObjectHead extends ObjectEntry {
  /** Opaque; new with every write, even of the same bytes. */
  readonly etag: string
  readonly contentType: string
  readonly metadata: ObjectMetadata
}

export interface StoredObject extends ObjectHead {
  /** What `body` holds: `start` inclusive, `end` exclusive. The whole object when no range was asked for. */
  readonly range: { readonly start: number; readonly end: number }
  /** One version, even when the object is replaced meanwhile. Read it to its end or cancel it. */
  readonly body: ObjectBody
}

/** `start` inclusive, `end` exclusive (cut at the object's end), or the last so many bytes. */
export type ByteRange = { readonly start: number; readonly end?: number | undefined } | { readonly last: number }

export interface GetOptions {
  readonly range?: ByteRange | undefined
  /** Throws `ObjectNotModified` when the object still has this ETag. */
  readonly ifNoneMatch?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface PutOptions {
  /** `'*'`: only when no object has this key. */
  readonly ifNoneMatch?: '*' | undefined
  /** Only when the object has this ETag; with or without quotes. */
  readonly ifMatch?: string | undefined
  /** As `ifMatch`, but the same bytes written anew may pass for those that had this ETag: saves a request on S3. */
  readonly ifMatchBytes?: string | undefined
  /** Default `application/octet-stream`. */
  readonly contentType?: string | undefined
  readonly metadata?: ObjectMetadata | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ListOptions {
  readonly prefix?: string | undefined
  /** Only names after this one; the `next` of the page before. */
  readonly startAfter?: string | undefined
  /** Keys that hold it after the prefix are rolled up into one of `prefixes`. */
  readonly delimiter?: string | undefined
  /** Objects and prefixes together; 1 to 1,000, default 1,000. */
  readonly limit?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ObjectPage {
  readonly objects: readonly ObjectEntry[]
  readonly prefixes: readonly string[]
  /** Present when more may follow: pass it as `startAfter`. A page may be shorter than its limit. */
  readonly next?: string
}

export interface DeleteOptions {
  readonly ifMatch?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export type PutBody = Uint8Array | AsyncIterable<Uint8Array>

/**
 * Bytes by key.
 *
 * Promises, of every implementation: a write is whole or absent; once it is acknowledged every later read, head and
 * list sees it and it survives a crash of the process; of many conditional writes against one state exactly one wins;
 * names are listed in the order of their UTF-8 bytes. A write that failed left nothing, except with
 * `ObjectOutcomeUnknown`: then a read tells.
 *
 * Keys: 1 to 1,024 bytes of UTF-8 without control characters; `..`, `//` and a trailing `/` mean nothing special.
 */
export interface ObjectStore extends AsyncDisposable {
  /** @throws ObjectMissing · ObjectNotModified · ObjectRangeInvalid · ObjectDamaged (also while the body is read) */
  get(key: string, options?: GetOptions): Promise<StoredObject>

  /**
   * Creates or replaces an object.
   *
   * @param body not to be changed before the promise settles.
   * @throws WriteConflict · ObjectStoreFull · ObjectOutcomeUnknown · Cancelled. Errors of `body` pass through.
   */
  put(key: string, body: PutBody, options?: PutOptions): Promise<{ readonly etag: string }>

  /** Everything but the body, or `undefined` when no object has this key. */
  head(key: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<ObjectHead | undefined>

  /** One page of names after `startAfter`. An object that lives throughout all pages is listed exactly once. */
  list(options?: ListOptions): Promise<ObjectPage>

  /**
   * @returns whether there was an object to delete: `false` also with `ifMatch`, as somebody else deleted it.
   * @throws WriteConflict when the object has another ETag than `ifMatch`.
   */
  delete(key: string, options?: DeleteOptions): Promise<boolean>

  /** Ends writes whose body is still arriving and open reads, waits for the rest. May be called twice. */
  close(): Promise<void>
}

/** Of a store, what changes nothing in it. */
export type ObjectReader = Pick<ObjectStore, 'get' | 'head' | 'list' | 'close' | typeof Symbol.asyncDispose>
