import type { ObjectEntry, ObjectHead } from './object-store.ts'

/** The part of a head that lists show. */
export function toEntry({ key, etag, sizeBytes, modifiedAt }: ObjectHead): ObjectEntry {
  return { key, etag, sizeBytes, modifiedAt }
}
