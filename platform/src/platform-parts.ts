import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { type Random, TimeOrderedIds } from '@super-data/base/ids'
import type { Lifetime } from '@super-data/base/lifetime'
import type { Log } from '@super-data/base/log'
import type { OpenBucket } from '@super-data/datasets'
import { JqPool } from '@super-data/jq'
import type { Database } from '@super-data/metadata'
import { FolderObjectStore, type ObjectStore } from '@super-data/objects'
import { SqlPool } from '@super-data/tables'
import { ProjectDatasets } from './datasets/project-datasets.ts'
import { Events } from './events/events.ts'
import { Identity } from './identity/identity.ts'
import { AskedQuestions } from './learning/asked-questions.ts'
import { RunStatistics } from './learning/run-statistics.ts'
import { Suggestions } from './learning/suggestions.ts'
import { ToolSuggestions } from './learning/tool-suggestions.ts'
import { Functions } from './library/functions.ts'
import { Reviews } from './library/reviews.ts'
import { SubmissionChecks } from './library/submission-checks.ts'
import { TestRunner } from './library/test-runner.ts'
import { ToolCatalogue } from './library/tool-catalogue.ts'
import { ToolChecker } from './library/tool-checker.ts'
import { Tools } from './library/tools.ts'
import { VoteCodes } from './library/vote-codes.ts'
import { Webhooks } from './notifications/webhooks.ts'
import type { PlatformSettings } from './platform-settings.ts'
import { PostgresSources } from './postgres/sources.ts'
import { Answers } from './queries/answers.ts'
import { JqQueryEngine } from './queries/jq-engine.ts'
import { PostgresQueryEngine } from './queries/postgres-engine.ts'
import { Questions } from './queries/questions.ts'
import { MemoryResultCache } from './queries/result-cache.ts'
import { ResultStore } from './queries/result-store.ts'
import { RunLog } from './queries/run-log.ts'
import { SqlQueryEngine } from './queries/sql-engine.ts'
import { Stamps } from './stamps.ts'
import { ensureNodeId } from './state/node-id.ts'
import { openPlatform, type PlatformTables } from './state/platform.ts'
import { openTelemetry } from './state/telemetry.ts'
import type { CopySource } from './sync/library-copies.ts'
import { openOrRecoverLibrary } from './sync/recovery.ts'

export interface PlatformComponents {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Through which installations share the library; it stays the caller's. */
  readonly bucket?: ObjectStore | undefined
  /** Opens a bucket that datasets are read from. Without it objects are refused. */
  readonly openBucket?: OpenBucket | undefined
}

interface Home {
  readonly settings: PlatformSettings
  readonly components: PlatformComponents
  /** Owns what is opened. */
  readonly lifetime: Lifetime
}

export type PlatformParts = Awaited<ReturnType<typeof openParts>>
type State = Awaited<ReturnType<typeof openState>>
type Engines = Awaited<ReturnType<typeof openEngines>>

/** Everything one platform is made of, in the order it stands up. */
export async function openParts(settings: PlatformSettings, components: PlatformComponents, lifetime: Lifetime) {
  const { clock, random, log } = components
  const home = { settings, components, lifetime }
  const ids = new TimeOrderedIds(clock, random)
  // The engines' processes start while this one opens its files.
  const [engines, state, postgres] = await allEnded([
    openEngines(home),
    openState(home),
    PostgresSources.open(settings.postgres, components).then(sources => lifetime.own(sources)),
  ])
  const stamps = new Stamps(await ensureNodeId(state.platform, random), clock)
  const people = { ...state, clock, ids, random, log, stamps }
  const identity = lifetime.own(await Identity.open({ ...people, settings: settings.identity }))
  const events = lifetime.own(await Events.open({ ...state, sight: identity, clock, random, log }))
  const hooked = { ...state, events, clock, random, ids, log, settings: settings.webhooks }
  const webhooks = lifetime.own(await Webhooks.open(hooked))
  const datasets = lifetime.own(openDatasets(home, { ...state, ...engines, events }))
  const opened = { ...state, ...engines, postgres, identity, events, webhooks, datasets }
  const basics = { ...components, ids, stamps, ...opened }
  const asking = questionParts(home, basics)
  const library = libraryParts(settings, { ...basics, ...asking })
  return { ...basics, ...asking, ...library, ...learningParts({ ...basics, ...asking, ...library }) }
}

async function openState({ settings, components, lifetime }: Home) {
  const { clock, random, log } = components
  const folder = join(settings.home, 'database')
  const parts = { clock, log, backupFolder: join(folder, 'backups') }
  const platform = lifetime.own(await openPlatform(join(folder, 'platform.db'), parts))
  const { library, recovery } = await openOrRecoverLibrary({
    ...{ ...parts, random, file: settings.libraryFile, reinit: settings.reinit ?? false },
    ...{ source: copySource(settings, components), known: await hasKeys(platform) },
  })
  lifetime.own(library)
  const telemetry = lifetime.own(await openTelemetry(join(folder, 'telemetry.db'), parts))
  const objects = lifetime.own(await FolderObjectStore.open({ folder: join(settings.home, 'objects'), clock, random }))
  return { library, platform, telemetry, objects, recovery }
}

/** A home that gave out keys had a library to go with them. */
async function hasKeys(platform: Database<PlatformTables>): Promise<boolean> {
  return (await platform.read.selectFrom('keys').select('id').limit(1).executeTakeFirst()) !== undefined
}

function copySource({ sync }: PlatformSettings, { bucket }: PlatformComponents): CopySource | undefined {
  return sync && bucket ? { ...sync, store: bucket } : undefined
}

async function openEngines({ settings, components, lifetime }: Home) {
  const { workers, cacheBytes, sqlMemoryMb: memoryLimitMb } = settings
  const { clock, log } = components
  const dataFolder = cacheFolderOf(settings)
  const opened = await allEnded([
    JqPool.open({ workers, cacheBytes: (cacheBytes * (1 - resultCacheShare)) / workers }, { clock, log }).then(pool =>
      lifetime.own(pool),
    ),
    SqlPool.open({ workers, memoryLimitMb, dataFolder, cacheFolder: dataFolder, clock, log }).then(pool =>
      lifetime.own(pool),
    ),
  ])
  return { jq: opened[0], sql: opened[1] }
}

/** What opens at the same time. When one fails, the others are owned before that is known, and so closed. */
async function allEnded<Opening extends readonly Promise<unknown>[]>(opening: readonly [...Opening]) {
  await Promise.allSettled(opening)
  return Promise.all(opening)
}

function openDatasets(
  { settings, components }: Home,
  { platform, sql, events }: State & Engines & { events: Events },
): ProjectDatasets {
  return new ProjectDatasets({
    settings: {
      home: settings.home,
      defaultFolder: settings.datasetsFolder,
      projectsFolder: join(settings.home, 'projects'),
      cacheFolder: join(cacheFolderOf(settings), 'datasets'),
      pollMs: settings.datasetPollMs,
    },
    platform,
    sql,
    openBucket: components.openBucket,
    clock: components.clock,
    random: components.random,
    log: components.log,
    onChange: (project, dataset) =>
      events.record(platform, [{ type: 'dataset.changed', project, subject: dataset, by: null }]),
  })
}

/** The SQL engine reads below it and nowhere else. */
const cacheFolderOf = ({ home }: PlatformSettings) => join(home, 'cache')

/** Of the memory for what is kept ready, so much is for answers and the rest for parsed datasets. */
const resultCacheShare = 0.1

const resultsKeptMs = 86_400_000

/** All kept results together may be so many times the longest one. */
const resultsKept = 10

type Basics = State &
  Engines & {
    postgres: PostgresSources
    clock: Clock
    log: Log
    random: Random
    ids: TimeOrderedIds
    stamps: Stamps
    datasets: ProjectDatasets
  }

function questionParts({ settings, lifetime }: Home, { clock, log, ids, datasets, ...basics }: Basics) {
  const { resultBytesMax, queryTimeMs: timeMs } = settings
  const runs = lifetime.own(new RunLog(basics.telemetry, log))
  const kept = { resultBytesMax, totalBytesMax: resultBytesMax * resultsKept, keepMs: resultsKeptMs }
  const results = new ResultStore(basics.objects, kept, () => clock.now())
  const engines = {
    jq: new JqQueryEngine(basics.jq),
    sql: new SqlQueryEngine(basics.sql),
    postgres: new PostgresQueryEngine(basics.postgres),
  }
  const cache = new MemoryResultCache(settings.cacheBytes * resultCacheShare)
  const limits = { timeMs, resultBytesMax }
  const answers = new Answers({ engines, datasets, results, cache, log, settings: limits })
  return {
    runs,
    runsKeptMs: settings.runLogDays * 86_400_000,
    statistics: new RunStatistics(basics.telemetry, runs),
    asked: new AskedQuestions(basics.telemetry, runs),
    results,
    questions: new Questions({ engines, datasets, answers, runs, clock, ids }),
  }
}

function libraryParts(
  settings: PlatformSettings,
  { library, platform, ids, stamps, clock, random, log, questions }: Basics & { questions: Questions },
) {
  const writing = { ids, clock, stamps }
  const reviews = new Reviews(writing, settings.review)
  const functions = new Functions(library, writing, reviews)
  const tools = new Tools(library, writing, reviews)
  const checker = new ToolChecker(questions)
  const tests = new TestRunner(questions, settings.checks.testMs)
  return {
    functions,
    tools,
    checker,
    reviews,
    tests,
    checks: new SubmissionChecks(checker, tests, settings.checks),
    codes: new VoteCodes(platform, random),
    catalogue: new ToolCatalogue({ library, tools, checker, log, learning: settings.learning }),
    learning: settings.learning,
  }
}

type Learned = Basics & ReturnType<typeof questionParts> & ReturnType<typeof libraryParts>

function learningParts(parts: Learned) {
  return { suggestions: new Suggestions({ ...parts, toolSuggestions: new ToolSuggestions(parts) }) }
}
