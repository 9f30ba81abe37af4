import { dirname, join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import type { Ids, Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { Database } from '@super-data/metadata'
import type { ObjectStore } from '@super-data/objects'
import type { Events } from '../events/events.ts'
import type { Stamps } from '../stamps.ts'
import type { LibraryTables } from '../state/library.ts'
import type { PlatformTables } from '../state/platform.ts'
import { exportsVersion, readExports } from './library-exports.ts'
import { SharedLibrary } from './shared-library.ts'
import { Sync, type SyncSettings } from './sync.ts'
import type { SyncTables } from './sync-schema.ts'

export interface LibrarySyncParts {
  /** The bucket; undefined: the library is not shared. Borrowed. */
  readonly bucket?: ObjectStore | undefined
  readonly library: Database<LibraryTables>
  readonly libraryFile: string
  readonly platform: Database<PlatformTables>
  readonly events: Events
  readonly stamps: Stamps
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
  readonly log: Log
  /** Called before anything is written to a bucket that holds no library yet. */
  readonly onFirstWrite: () => Promise<void>
}

/** The sync of the team's library; undefined when it is not shared. */
export async function openSync(parts: LibrarySyncParts, settings: SyncSettings | undefined): Promise<Sync | undefined> {
  if (settings === undefined || parts.bucket === undefined) return undefined
  const { library, libraryFile, platform, stamps, bucket: store } = parts
  return Sync.open(
    {
      ...{ ...parts, store, node: stamps.nodeId },
      database: new SharedLibrary({ ...parts, file: libraryFile }),
      platform: platform as unknown as Database<SyncTables>,
      folder: join(dirname(libraryFile), 'sync'),
      exports: { version: () => exportsVersion(library.read), read: () => readExports(library.read) },
    },
    settings,
  )
}
