export {
  ObjectBucketMissing,
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
  ObjectStoreDenied,
  ObjectStoreFull,
  ObjectStoreNewer,
  ObjectStoreRefused,
  ObjectStoreUnavailable,
  ObjectStoreUnconditional,
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
  ObjectReader,
  ObjectStore,
  PutBody,
  PutOptions,
  StoredObject,
} from './object-store.ts'
export { metadataBytesMax, pageMax } from './request.ts'
export type { Capabilities as S3Capabilities } from './s3/capabilities.ts'
export { defaultS3Limits, type S3Limits } from './s3/limits.ts'
export { type S3Credentials, Signer } from './s3/signature.ts'
export { S3ObjectStore, type S3ObjectStoreOptions } from './s3-object-store.ts'
