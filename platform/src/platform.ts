import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { type Random, TimeOrderedIds } from '@super-data/base/ids'
import { Lifetime } from '@super-data/base/lifetime'
import type { Log } from '@super-data/base/log'
import type { OperationName } from '@super-data/contract'
import { JqPool } from '@super-data/jq'
import { FolderObjectStore } from '@super-data/objects'
import { SqlPool } from '@super-data/tables'
import type { CallRequest, CallResult, Credentials, Handlers, Principal } from './call.ts'
import { Calls } from './calls.ts'
import { datasetHandlers } from './datasets/dataset-handlers.ts'
import { ProjectDatasets } from './datasets/project-datasets.ts'
import type { Catalogue, ObservedCall, PlatformDoor, Readiness } from './door.ts'
import { Events } from './events/events.ts'
import { identityHandlers } from './identity/handlers.ts'
import { Identity } from './identity/identity.ts'
import { defaultProject, getProject } from './identity/projects.ts'
import type { IdentitySettings } from './identity/settings.ts'
import { Functions } from './library/functions.ts'
import { libraryHandlers } from './library/library-handlers.ts'
import { Proposals, type ReviewSettings } from './library/proposals.ts'
import { importSeeds } from './library/seeds.ts'
import { ToolCatalogue } from './library/tool-catalogue.ts'
import { ToolChecker } from './library/tool-checker.ts'
import { Tools } from './library/tools.ts'
import type { LimitSettings } from './limits.ts'
import { JqQueryEngine } from './queries/jq-engine.ts'
import { queryHandlers } from './queries/query-handlers.ts'
import { Questions } from './queries/questions.ts'
import { ResultStore } from './queries/result-store.ts'
import { RunLog } from './queries/run-log.ts'
import { SqlQueryEngine } from './queries/sql-engine.ts'
import { openLibrary } from './state/library.ts'
import { openPlatform } from './state/platform.ts'
import { openTelemetry } from './state/telemetry.ts'
import { Sweep } from './sweep.ts'

/** Values of one installation; every one that a stranger could stretch has a limit. */
export interface PlatformSettings {
  /** Everything the platform keeps lies below it. */
  readonly home: string
  /** The library's file. */
  readonly libraryFile: string
  /** Data of the default project. */
  readonly datasetsFolder: string
  readonly datasetPollMs: number
  readonly identity: IdentitySettings
  readonly limits: LimitSettings
  readonly review: ReviewSettings
  /** Whether questions may become proposals. */
  readonly learning: boolean
  readonly queryTimeMs: number
  readonly resultBytesMax: number
  /** Memory for parsed datasets, over all workers. */
  readonly cacheBytes: number
  readonly workers: number
  /** Memory one SQL statement may use. */
  readonly sqlMemoryMb: number
}

export interface PlatformComponents {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const day = 86_400_000

/** The whole of what the product means, behind the one interface that doors use. */
export class Platform implements PlatformDoor, AsyncDisposable {
  readonly events: Events
  /** The owner's key, on the start that made it. */
  readonly ownerSecret: string | undefined
  readonly #parts: Parts
  readonly #calls: Calls
  readonly #lifetime: Lifetime

  private constructor(parts: Parts, calls: Calls, ownerSecret: string | undefined, lifetime: Lifetime) {
    this.events = parts.events
    this.ownerSecret = ownerSecret
    this.#parts = parts
    this.#calls = calls
    this.#lifetime = lifetime
  }

  /** Ready when it resolves. Owns everything below `settings.home` until it is closed. */
  static async open(settings: PlatformSettings, components: PlatformComponents): Promise<Platform> {
    const lifetime = new Lifetime()
    try {
      const parts = await openParts(settings, components, lifetime)
      const { secret } = await parts.identity.bootstrap()
      await importSeedFiles(parts, settings.datasetsFolder)
      await parts.datasets.of(defaultProject)
      const calls = new Calls({ ...parts, handlers: handlersOf(parts, settings), limits: settings.limits })
      const platform = new Platform(parts, calls, secret, lifetime)
      lifetime.onClose(() => calls.close())
      lifetime.own(new Sweep(parts))
      return platform
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
    return this.#parts.catalogue.of(standing)
  }

  onCall(listener: (observed: ObservedCall) => void): () => void {
    return this.#calls.onCall(listener)
  }

  async readiness(): Promise<Readiness> {
    const { library, platform, telemetry, datasets, jq, sql } = this.#parts
    const checks = await Promise.all([
      check('library', () => library.read.selectFrom('markers').select('name').limit(1).execute()),
      check('platform', () => platform.read.selectFrom('keys').select('id').limit(1).execute()),
      check('telemetry', () => telemetry.read.selectFrom('runs').select('id').limit(1).execute()),
      check('datasets', () => datasets.of(defaultProject)),
      check('jq', () => probeJq(jq)),
      check('sql', () => probeSql(sql)),
    ])
    return { ready: checks.every(each => each.problem === null), checks }
  }

  /** Lets running calls end, then closes what it opened, newest first. */
  close(): Promise<void> {
    return this.#lifetime.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

type Parts = Awaited<ReturnType<typeof openParts>>

/** Everything in the order it stands up. */
async function openParts(settings: PlatformSettings, components: PlatformComponents, lifetime: Lifetime) {
  const { clock, random, log } = components
  const ids = new TimeOrderedIds(clock, random)
  const databases = join(settings.home, 'database')
  const cacheFolder = join(settings.home, 'cache')
  const state = { clock, log, backupFolder: join(databases, 'backups') }
  const library = lifetime.own(await openLibrary(settings.libraryFile, state))
  const platform = lifetime.own(await openPlatform(join(databases, 'platform.db'), state))
  const telemetry = lifetime.own(await openTelemetry(join(databases, 'telemetry.db'), state))
  const objects = lifetime.own(await FolderObjectStore.open({ folder: join(settings.home, 'objects'), clock, random }))
  const [jq, sql] = await Promise.all([
    openJq(settings, components).then(pool => lifetime.own(pool)),
    openSql(settings, components, cacheFolder).then(pool => lifetime.own(pool)),
  ])
  const identity = lifetime.own(
    await Identity.open({ library, platform, clock, ids, random, log, settings: settings.identity }),
  )
  const events = lifetime.own(await Events.open({ library, platform, sight: identity, clock, random, log }))
  const datasets = lifetime.own(
    new ProjectDatasets({
      settings: {
        defaultFolder: settings.datasetsFolder,
        projectsFolder: join(settings.home, 'projects'),
        cacheFolder: join(cacheFolder, 'datasets'),
        pollMs: settings.datasetPollMs,
      },
      platform,
      sql,
      clock,
      log,
      onChange: (project, dataset) =>
        events.record(platform, [{ type: 'dataset.changed', project, subject: dataset, by: null }]),
    }),
  )
  const runs = lifetime.own(new RunLog(telemetry, log))
  const results = new ResultStore(
    objects,
    { resultBytesMax: settings.resultBytesMax, totalBytesMax: settings.resultBytesMax * 10, keepMs: day },
    () => clock.now(),
  )
  const questions = new Questions({
    engines: { jq: new JqQueryEngine(jq), sql: new SqlQueryEngine(sql) },
    datasets,
    results,
    runs,
    clock,
    ids,
    settings: { timeMs: settings.queryTimeMs, resultBytesMax: settings.resultBytesMax },
  })
  const functions = new Functions(library, ids, clock)
  const tools = new Tools(library, ids, clock)
  const proposals = new Proposals(clock, settings.review)
  const checker = new ToolChecker(questions, functions)
  const catalogue = new ToolCatalogue(library, tools, checker)
  return {
    ...{ clock, ids, log, library, platform, telemetry, jq, sql, identity, events, datasets, runs, results },
    ...{ questions, functions, tools, proposals, checker, catalogue },
  }
}

function openJq(settings: PlatformSettings, { clock, log }: PlatformComponents): Promise<JqPool> {
  return JqPool.open({ workers: settings.workers, cacheBytes: settings.cacheBytes / settings.workers }, { clock, log })
}

function openSql(settings: PlatformSettings, { clock, log }: PlatformComponents, dataFolder: string): Promise<SqlPool> {
  const { workers, sqlMemoryMb } = settings
  return SqlPool.open({ workers, memoryLimitMb: sqlMemoryMb, dataFolder, cacheFolder: dataFolder, clock, log })
}

function handlersOf(parts: Parts, settings: PlatformSettings): Handlers {
  return {
    ...identityHandlers(parts.identity),
    ...datasetHandlers(parts.datasets),
    ...queryHandlers(parts),
    ...libraryHandlers({ ...parts, learning: settings.learning }),
  }
}

async function importSeedFiles(parts: Parts, folder: string): Promise<void> {
  const project = await getProject(parts.library.read, defaultProject)
  const system = await parts.library.read
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'system')
    .executeTakeFirstOrThrow()
  await importSeeds(parts, { folder, project, userId: system.id })
}

const probeMs = 2_000

/** An engine is ready when it answers a question, not when its process exists. */
async function probeJq(pool: JqPool): Promise<void> {
  const limits = { timeMs: probeMs, bytes: 100 }
  const call = { program: '1', variables: {}, input: { kind: 'none' }, mode: 'document', caller: 'readiness' } as const
  await pool.run({ ...call, limits, policy: 'stranger' }, { signal: AbortSignal.timeout(probeMs), onItems: () => {} })
}

async function probeSql(pool: SqlPool): Promise<void> {
  const limits = { timeMs: probeMs, bytes: 100 }
  const signal = AbortSignal.timeout(probeMs)
  await pool.run({ text: 'select 1', parameters: {}, tables: [], limits }, { signal, onRows: () => {} })
}

async function check(name: string, probe: () => Promise<unknown> | unknown) {
  try {
    await probe()
    return { name, problem: null }
  } catch {
    return { name, problem: 'does not answer' }
  }
}
