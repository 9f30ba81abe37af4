import type { ObjectEntry, ObjectHead } from './object-store.ts'

/** The part of a head that lists show. */
export function toEntry({ key, sizeBytes, modifiedAt }: ObjectHead): ObjectEntry {
  return { key, sizeBytes, modifiedAt }
}
