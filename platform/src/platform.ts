import { join } from 'node:path'
import { Lifetime } from '@super-data/base/lifetime'
import type { OperationName } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { may } from './authorise.ts'
import type { CallRequest, CallResult, Credentials, Handlers, Principal } from './call.ts'
import { Calls } from './calls.ts'
import { datasetHandlers } from './datasets/dataset-handlers.ts'
import type { Catalogue, EventStream, ObservedCall, PlatformDoor, PostgresFigures, Readiness } from './door.ts'
import { exchangeHandlers } from './exchange/exchange-handlers.ts'
import { identityHandlers } from './identity/handlers.ts'
import { defaultProject, getProject } from './identity/projects.ts'
import { learningHandlers } from './learning/learning-handlers.ts'
import { libraryHandlers } from './library/library-handlers.ts'
import { importSeeds } from './library/seeds.ts'
import { inboxHandlers } from './notifications/inbox-handlers.ts'
import { webhookHandlers } from './notifications/webhook-handlers.ts'
import { openParts, type PlatformComponents, type PlatformParts } from './platform-parts.ts'
import type { PlatformSettings } from './platform-settings.ts'
import { postgresHandlers } from './postgres/postgres-handlers.ts'
import { sourceRights } from './postgres/source-settings.ts'
import { queryHandlers } from './queries/query-handlers.ts'
import { checkReadiness } from './readiness.ts'
import { Sweep } from './sweep.ts'
import { DailyBackup } from './sync/daily-backup.ts'
import { openSync } from './sync/open-sync.ts'
import { settleRestored } from './sync/shared-library.ts'
import type { Sync, SyncStatus } from './sync/sync.ts'
import { syncHandlers } from './sync/sync-handlers.ts'
import { hasEverSynced } from './sync/sync-records.ts'
import type { SyncTables } from './sync/sync-schema.ts'

interface WholeParts extends PlatformParts {
  readonly sync: Sync | undefined
  readonly libraryPlace: ReturnType<typeof libraryPlaceOf>
}

/** The whole of what the product means, behind the one interface that doors use. */
export class Platform implements PlatformDoor, AsyncDisposable {
  readonly events: EventStream
  readonly postgres: PostgresFigures
  /** The owner's key, on the start that made it. */
  readonly ownerSecret: string | undefined
  readonly #parts: WholeParts
  readonly #calls: Calls
  readonly #lifetime: Lifetime

  private constructor(parts: WholeParts, calls: Calls, ownerSecret: string | undefined, lifetime: Lifetime) {
    this.events = parts.events
    this.postgres = parts.postgres
    this.ownerSecret = ownerSecret
    this.#parts = parts
    this.#calls = calls
    this.#lifetime = lifetime
  }

  /** Ready when it resolves. Owns everything below `settings.home` until it is closed. */
  static async open(settings: PlatformSettings, components: PlatformComponents): Promise<Platform> {
    const lifetime = new Lifetime()
    try {
      const opened = await openParts(settings, components, lifetime)
      const { sync, secret } = await openLibrarySync(opened, settings, lifetime)
      const parts = { ...opened, sync, libraryPlace: libraryPlaceOf(settings) }
      const calls = lifetime.own(new Calls({ ...parts, handlers: handlersOf(parts), limits: settings.limits }))
      lifetime.own(Sweep.start(parts))
      return new Platform(parts, calls, secret, lifetime)
    } catch (failure) {
      await lifetime.close()
      throw failure
    }
  }

  call<Name extends OperationName>(name: Name, input: unknown, request: CallRequest): Promise<CallResult<Name>> {
    return this.#calls.call(name, input, request)
  }

  authenticate(credentials: Credentials): Promise<Principal> {
    return this.#parts.identity.authenticate(credentials)
  }

  async catalogue(principal: Principal, project: string): Promise<Catalogue> {
    const standing = await this.#parts.identity.requireProject(principal, 'read', project)
    const catalogue = await this.#parts.catalogue.of(standing)
    const granted = this.#parts.postgres.rightIn(project)
    if (granted === undefined) return catalogue
    const target = { kind: 'project', project: standing } as const
    const rights = sourceRights.slice(0, sourceRights.indexOf(granted) + 1)
    const postgres = rights.findLast(right => may(principal, right, target))
    if (postgres === undefined) return catalogue
    return { ...catalogue, postgres, postgresSources: this.#parts.postgres.of(project).map(({ name }) => name) }
  }

  closeChannel(channel: string): Promise<void> {
    return this.#parts.postgres.closeChannel(channel)
  }

  onCall(listener: (observed: ObservedCall) => void): () => void {
    return this.#calls.onCall(listener)
  }

  readiness(): Promise<Readiness> {
    return checkReadiness(this.#parts)
  }

  /**
   * From now on keeps the library in step with the bucket, when it is shared, and a copy of each day at hand, and sees
   * changes of the default project's data. Resolves when that data was looked at.
   */
  async startUpkeep(): Promise<void> {
    const { sync, libraryPlace, ...parts } = this.#parts
    sync?.start()
    this.#lifetime.own(DailyBackup.start({ ...parts, ...libraryPlace }))
    await parts.datasets.of(defaultProject)
  }

  /** How sync stands; undefined when the library is not shared. */
  syncStatus(): SyncStatus | undefined {
    return this.#parts.sync?.status()
  }

  /** Lets running calls end, then closes what it opened, newest first. */
  close(): Promise<void> {
    return this.#lifetime.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function handlersOf(parts: WholeParts): Handlers {
  const library = libraryHandlers(parts)
  return {
    ...identityHandlers(parts.identity),
    ...datasetHandlers(parts),
    ...queryHandlers(parts),
    ...postgresHandlers(parts),
    ...exchangeHandlers(parts),
    ...inboxHandlers(parts),
    ...webhookHandlers(parts),
    ...library,
    ...learningHandlers(parts, library),
    ...syncHandlers(parts),
  }
}

/** The library's file, and where copies of it go. */
function libraryPlaceOf({ home, libraryFile: file }: PlatformSettings) {
  return { file, backupFolder: join(home, 'database', 'backups') }
}

/** How long a first start waits for the bucket: what it holds goes before anything made here. */
const firstLookMs = 20_000

/**
 * The sync of the library, with the people and seeds a library begins with: those of the bucket when it holds one,
 * else our own. Seeds wait for the bucket when it does not answer.
 */
async function openLibrarySync(parts: PlatformParts, settings: PlatformSettings, lifetime: Lifetime) {
  const seeding = { begun: false }
  const seed = () => importSeedFiles(parts, settings.datasetsFolder)
  const sync = await openSync(
    { ...parts, libraryFile: settings.libraryFile, onFirstWrite: async () => (seeding.begun ? seed() : undefined) },
    settings.sync,
  )
  if (sync) lifetime.own(sync)
  if (parts.recovery?.restored) await settleRestored(parts)
  const looked = sync === undefined || (await lookFirst(sync, parts))
  const { secret } = await parts.identity.bootstrap()
  seeding.begun = true
  if (looked) await seed()
  return { sync, secret }
}

/** @returns whether a new library looked into the bucket before it makes anything by itself. */
async function lookFirst(sync: Sync, { library }: PlatformParts): Promise<boolean> {
  const user = await library.read.selectFrom('users').select('id').limit(1).executeTakeFirst()
  if (user !== undefined) return false
  const { outcome } = await sync.run('start', { signal: AbortSignal.timeout(firstLookMs) })
  return outcome === 'synced' || outcome === 'unchanged'
}

/** What seed files bring counts as the system's. A library that was ever shared is never seeded again. */
async function importSeedFiles(parts: PlatformParts, folder: string): Promise<void> {
  if (await hasEverSynced(parts.platform as unknown as Database<SyncTables>)) return
  const { read } = parts.library
  const project = await getProject(read, defaultProject)
  const system = read.selectFrom('users').select('id').where('name', '=', 'system')
  const { id: userId } = await system.executeTakeFirstOrThrow()
  await importSeeds(parts, { folder, project, userId })
}
