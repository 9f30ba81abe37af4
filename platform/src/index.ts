export type { Call, CallRequest, CallResult, Credentials, Door, Principal, Progress, Rate } from './call.ts'
export type {
  Catalogue,
  CatalogueTool,
  EventStream,
  ObservedCall,
  PlatformDoor,
  PostgresFigures,
  PostgresSourceFigures,
  Readiness,
} from './door.ts'
export { type Person, type PersonAnswer, PersonNotAsked, type PersonQuestion } from './person.ts'
export { Platform } from './platform.ts'
export type { PlatformComponents } from './platform-parts.ts'
export type { PlatformSettings } from './platform-settings.ts'
export { readSources, type SourceSettings } from './postgres/source-settings.ts'
export {
  backUpLibrary,
  listCopies,
  type MadeBackup,
  type Restored,
  restoreLibrary,
  uploadBackup,
} from './sync/library-backup.ts'
export type { CopyParts, LibraryCopy } from './sync/library-copies.ts'
export { LibraryLost } from './sync/recovery.ts'
export type { SyncStatus } from './sync/sync.ts'
