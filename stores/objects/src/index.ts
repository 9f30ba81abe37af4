export {
  ObjectDamaged,
  ObjectKeyInvalid,
  ObjectMetadataInvalid,
  ObjectMissing,
  ObjectNotModified,
  ObjectOutcomeUnknown,
  ObjectRangeInvalid,
  ObjectRequestInvalid,
  ObjectStoreBusy,
  ObjectStoreClosed,
  ObjectStoreFull,
  ObjectStoreNewer,
  ObjectStoreUnavailable,
  WriteConflict,
} from './errors.ts'
export { FolderObjectStore, type FolderObjectStoreOptions } from './folder-object-store.ts'
export { MemoryObjectStore } from './memory-object-store.ts'
export { ObjectBody } from './object-body.ts'
export { assertKey, compareKeys, keyBytesMax } from './object-key.ts'
export type {
  ByteRange,
  DeleteOptions,
  GetOptions,
  ListOptions,
  ObjectEntry,
  ObjectHead,
  ObjectMetadata,
  ObjectPage,
  ObjectStore,
  PutBody,
  PutOptions,
  StoredObject,
} from './object-store.ts'
export { metadataBytesMax, pageMax } from './request.ts'
