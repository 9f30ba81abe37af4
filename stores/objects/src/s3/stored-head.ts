import type { ObjectHead, ObjectMetadata } from '../object-store.ts'
import { plainEtag } from '../request.ts'

const metadataHeader = 'x-amz-meta-'
const opName = 'superdata-op'
const sha256Name = 'superdata-sha256'
const otherName = 'superdata-other'
const deletedName = 'superdata-deleted'
const pastName = 'superdata-past'
const pastOpsMax = 24

/** Stands in a past for: before this there was nothing. */
export const beginning = 'new'

/** What a write says of itself besides its bytes. */
export interface Writing {
  /** Random; tells this write from every other, also of the same bytes. */
  readonly op: string
  /** The marks of the writes that this one followed, the latest first, as far as they are known. */
  readonly past: readonly string[]
  /** Of the whole body, in hex, where it was known before the upload began. */
  readonly sha256?: string | undefined
  readonly contentType: string
  readonly metadata: ObjectMetadata
  /** The object stands for a deleted one. */
  readonly isTombstone?: boolean
}

/** An object as the server describes it. */
export interface StoredHead extends ObjectHead {
  /** What the server compares conditions with; equal bytes often have equal ones. */
  readonly serverEtag: string
  readonly op: string | undefined
  readonly past: readonly string[]
  readonly sha256: string | undefined
  readonly isTombstone: boolean
}

/** Names and values that every server keeps as they are. Ceph turns `_` into `-`; signatures fold spaces. */
const plainName = /^[a-z0-9][a-z0-9-]*$/
const plainValue = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/

export function toHeaders({ op, past, sha256, contentType, metadata, isTombstone }: Writing): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': contentType, [metadataHeader + opName]: op }
  if (past.length > 0) headers[metadataHeader + pastName] = past.join(',')
  if (sha256 !== undefined) headers[metadataHeader + sha256Name] = sha256
  if (isTombstone) headers[metadataHeader + deletedName] = 'true'
  const other: [string, string][] = []
  for (const [name, value] of Object.entries(metadata)) {
    const isPlain = plainName.test(name) && plainValue.test(value) && !name.startsWith('superdata-')
    if (isPlain) headers[metadataHeader + name] = value
    else other.push([name, value])
  }
  if (other.length > 0) headers[metadataHeader + otherName] = encodeURIComponent(JSON.stringify(other))
  return headers
}

/** @param sizeBytes of the whole object, whatever part of it the answer holds. */
export function parseHead(key: string, headers: Readonly<Record<string, string>>, sizeBytes: number): StoredHead {
  const serverEtag = plainEtag(headers.etag ?? '')
  const own = (name: string) => headers[metadataHeader + name]
  const op = own(opName)
  return {
    key,
    etag: toEtag(serverEtag, op),
    sizeBytes,
    modifiedAt: Date.parse(headers['last-modified'] ?? '') || 0,
    contentType: headers['content-type'] ?? 'application/octet-stream',
    metadata: parseMetadata(headers),
    serverEtag,
    op,
    past: own(pastName)?.split(',') ?? [],
    sha256: own(sha256Name),
    isTombstone: own(deletedName) === 'true',
  }
}

/** The server's ETag follows the bytes on most servers; with the mark of the write it is new every time. */
export function toEtag(serverEtag: string, op: string | undefined): string {
  return op === undefined ? serverEtag : `${serverEtag}.${op}`
}

/** What an ETag of ours says of the object that had it. */
export function parseEtag(etag: string): Pick<StoredHead, 'serverEtag' | 'op' | 'past'> {
  const [serverEtag = '', op] = etag.split('.')
  return { serverEtag, op, past: [] }
}

/** The past of a write that follows this one. */
export function pastAfter({ op, past }: Pick<StoredHead, 'op' | 'past'>): string[] {
  return op === undefined ? [] : [op, ...past].slice(0, pastOpsMax)
}

export function toObjectHead(head: StoredHead): ObjectHead {
  const { key, etag, sizeBytes, modifiedAt, contentType, metadata } = head
  return { key, etag, sizeBytes, modifiedAt, contentType, metadata }
}

function parseMetadata(headers: Readonly<Record<string, string>>): ObjectMetadata {
  const found: [string, string][] = []
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(metadataHeader)) continue
    const name = header.slice(metadataHeader.length)
    if (name === otherName) found.push(...parseOther(value))
    else if (!name.startsWith('superdata-')) found.push([name, value])
  }
  return Object.fromEntries(found)
}

/** Somebody else may have written the header: what is not ours is no metadata. */
function parseOther(value: string): [string, string][] {
  try {
    const parsed: unknown = JSON.parse(decodeURIComponent(value))
    return Array.isArray(parsed) ? parsed.filter(isPair) : []
  } catch {
    return []
  }
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string'
}
