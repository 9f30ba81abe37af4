import { ObjectMetadataInvalid, ObjectRangeInvalid, ObjectRequestInvalid, WriteConflict } from './errors.ts'
import { assertKey } from './object-key.ts'
import type { ByteRange, DeleteOptions, ListOptions, ObjectMetadata, PutOptions } from './object-store.ts'

/** S3 takes 2,048, of which its store needs some for itself. */
export const metadataBytesMax = 1024
export const pageMax = 1000

/** What a write must find before it may happen. */
export type Precondition =
  | { readonly must: 'be absent' }
  | { readonly must: 'match'; readonly etag: string; readonly byBytes?: boolean }
  | undefined

export interface PutRequest {
  readonly precondition: Precondition
  readonly contentType: string
  readonly metadata: ObjectMetadata
}

/** Checks the arguments of a put; every store takes exactly the same ones. */
export function parsePut(key: string, options: PutOptions): PutRequest {
  assertKey(key)
  return {
    precondition: parsePrecondition(options),
    contentType: parseContentType(options.contentType),
    metadata: parseMetadata(options.metadata ?? {}),
  }
}

export function parseDelete(key: string, options: DeleteOptions): Precondition {
  assertKey(key)
  return parsePrecondition(options)
}

function parsePrecondition({ ifMatch, ifMatchBytes, ifNoneMatch }: PutOptions): Precondition {
  if ([ifMatch, ifMatchBytes, ifNoneMatch].filter(condition => condition !== undefined).length > 1) {
    throw new ObjectRequestInvalid('ifMatch, ifMatchBytes and ifNoneMatch exclude each other')
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw new ObjectRequestInvalid("a write takes ifNoneMatch '*' only")
    return { must: 'be absent' }
  }
  if (ifMatchBytes !== undefined) return { must: 'match', etag: plainEtag(ifMatchBytes), byBytes: true }
  return ifMatch === undefined ? undefined : { must: 'match', etag: plainEtag(ifMatch) }
}

/** ETags travel quoted in HTTP; either form is taken. */
export function plainEtag(etag: string): string {
  return etag.length >= 2 && etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, -1) : etag
}

/** @throws WriteConflict unless the object as found (its ETag, or nothing) satisfies the precondition. */
export function assertPrecondition(key: string, precondition: Precondition, found: string | undefined): void {
  if (precondition === undefined) return
  if (precondition.must === 'be absent') {
    if (found !== undefined) throw new WriteConflict(key, 'exists')
  } else if (found !== precondition.etag) {
    throw new WriteConflict(key, found === undefined ? 'missing' : 'changed')
  }
}

const contentTypePattern = /^[\x21-\x7e][\x20-\x7e]{0,254}$/

function parseContentType(contentType = 'application/octet-stream'): string {
  if (!contentTypePattern.test(contentType)) {
    throw new ObjectRequestInvalid('a content type is 1 to 255 printable ASCII characters')
  }
  return contentType
}

const metadataName = /^[a-z0-9_][a-z0-9_.-]*$/
const metadataValue = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/

function parseMetadata(metadata: ObjectMetadata): ObjectMetadata {
  let sizeBytes = 0
  for (const [name, value] of Object.entries(metadata)) {
    if (!metadataName.test(name)) throw new ObjectMetadataInvalid(`names are a-z, 0-9, '_', '.' and '-'`)
    if (typeof value !== 'string' || !metadataValue.test(value)) {
      throw new ObjectMetadataInvalid('values are printable ASCII without spaces at the ends')
    }
    sizeBytes += name.length + value.length
  }
  if (sizeBytes > metadataBytesMax) throw new ObjectMetadataInvalid(`of ${sizeBytes} bytes is too large`)
  return Object.freeze({ ...metadata })
}

export type ListRequest = {
  readonly prefix: string
  readonly startAfter: string | undefined
  readonly delimiter: string | undefined
  readonly limit: number
}

export function parseList(options: ListOptions): ListRequest {
  const { prefix = '', startAfter, delimiter, limit = pageMax } = options
  if (!Number.isInteger(limit) || limit < 1 || limit > pageMax) {
    throw new ObjectRequestInvalid('a page holds 1 to 1,000 names')
  }
  return { prefix, startAfter: startAfter || undefined, delimiter: delimiter || undefined, limit }
}

/** The bytes a range selects, once the size is known. @throws ObjectRangeInvalid when that is none. */
export function resolveRange(range: ByteRange | undefined, sizeBytes: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: sizeBytes }
  const resolved = 'last' in range ? lastBytes(range.last, sizeBytes) : fromTo(range.start, range.end, sizeBytes)
  if (resolved.start >= resolved.end) throw new ObjectRangeInvalid(sizeBytes)
  return resolved
}

function lastBytes(count: number, sizeBytes: number): { start: number; end: number } {
  assertOffset(count)
  return { start: Math.max(0, sizeBytes - count), end: sizeBytes }
}

function fromTo(start: number, end: number | undefined, sizeBytes: number): { start: number; end: number } {
  assertOffset(start)
  if (end !== undefined) assertOffset(end)
  if (end !== undefined && end <= start) throw new ObjectRequestInvalid('a range ends after it starts')
  return { start, end: Math.min(end ?? sizeBytes, sizeBytes) }
}

function assertOffset(offset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new ObjectRequestInvalid('a range is made of whole numbers, zero or more')
  }
}
