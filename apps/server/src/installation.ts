import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { type Clock, systemClock } from '@super-data/base/clock'
import { PlatformError } from '@super-data/base/errors'
import { type Ids, type Random, systemRandom, TimeOrderedIds } from '@super-data/base/ids'
import { Lifetime } from '@super-data/base/lifetime'
import type { Log } from '@super-data/base/log'
import { Platform, type PlatformSettings, readSources, type SourceSettings } from '@super-data/platform'
import { bucketReader, openBucket } from './bucket.ts'
import type { Server } from './server.ts'
import { requireConsistent, type ServerSettings } from './settings.ts'
import { syncGauges } from './sync-gauges.ts'

export interface InstallationComponents {
  readonly log: Log
  /** Default: the system's. */
  readonly clock?: Clock
  readonly random?: Random
  /** Where secrets named in the file of PostgreSQL sources are looked up. Default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Begin with an empty library when this home's is lost and there is no copy: for people to say, never by itself. */
  readonly reinit?: boolean | undefined
}

/**
 * Everything one process runs: state, engines, platform, and the server when asked for. Each door's code is loaded when it
 * is opened: a single command opens none, and ends sooner.
 */
export class Installation implements AsyncDisposable {
  readonly platform: Platform
  /** Set on the start that made the owner's key; shown once, kept nowhere. */
  readonly firstStart: { readonly ownerKey: string } | undefined
  readonly #settings: ServerSettings
  readonly #address: Address
  readonly #parts: { readonly log: Log; readonly clock: Clock; readonly ids: Ids }
  readonly #lifetime: Lifetime

  private constructor(
    platform: Platform,
    settings: ServerSettings,
    address: Address,
    parts: { log: Log; clock: Clock; ids: Ids },
    lifetime: Lifetime,
  ) {
    this.platform = platform
    this.firstStart = platform.ownerSecret === undefined ? undefined : { ownerKey: platform.ownerSecret }
    this.#settings = settings
    this.#address = address
    this.#parts = parts
    this.#lifetime = lifetime
  }

  /** Ready when it resolves; on the first start it makes the home, the owner and imports the seed files. */
  static async open(settings: ServerSettings, components: InstallationComponents): Promise<Installation> {
    const { log, clock = systemClock, random = systemRandom } = components
    requireConsistent(settings)
    // What this process writes is its owner's alone: keys, questions, data.
    process.umask(0o077)
    const home = await makeHome(settings.home)
    const address = await Address.open(home, settings)
    const lifetime = new Lifetime()
    const shared = openBucket(settings, { clock, random, log })
    if (shared) lifetime.own(shared.store)
    const { reinit } = components
    const postgres = await readPostgresFile(settings, home, components.environment ?? process.env)
    const values = { ...platformSettings(settings, home, address), postgres, sync: shared?.sync, reinit }
    const buckets = { bucket: shared?.store, openBucket: bucketReader(settings, { clock, random, log }) }
    const opening = Platform.open(values, { clock, random, log, ...buckets })
    const platform = lifetime.own(await opening.catch(failure => lifetime.close().then(() => Promise.reject(failure))))
    const parts = { log, clock, ids: new TimeOrderedIds(clock, random) }
    return new Installation(platform, settings, address, parts, lifetime)
  }

  /** Opens the HTTP and MCP doors on the settings' address. @throws HomeInUse */
  async listen(): Promise<Server> {
    const { host, port, publicUrl, jwtIssuer } = this.#settings
    await this.#address.requireFree()
    // The code loads while the data is looked at.
    const [{ Server }] = await Promise.all([import('./server.ts'), this.platform.startUpkeep()])
    const server = await Server.open({
      platform: this.platform,
      host,
      port,
      ...this.#parts,
      ...(publicUrl === undefined ? {} : { publicUrl }),
      gauges: syncGauges(this.platform, this.#parts.clock),
      ...(jwtIssuer === undefined ? {} : { authorizationServers: [jwtIssuer] }),
    })
    this.#lifetime.onClose(() => this.#address.forget())
    this.#lifetime.own(server)
    await this.#address.announce(server.url)
    return server
  }

  /** Serves one client over stdin and stdout until it closes its end. */
  async serveStdio(): Promise<void> {
    const { log, ids } = this.#parts
    const [{ openStdioDoor }] = await Promise.all([import('./mcp/stdio.ts'), this.platform.startUpkeep()])
    const door = this.#lifetime.own(
      await openStdioDoor({ platform: this.platform, user: userInfo().username, log, ids }),
    )
    await door.closed
  }

  /** Drains the doors, then closes everything, newest first. */
  close(): Promise<void> {
    return this.#lifetime.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Where this home's server answers: told to other processes by a small file while it listens. */
class Address {
  readonly #file: string
  #url: string

  private constructor(file: string, url: string) {
    this.#file = file
    this.#url = url
  }

  static async open(home: string, { publicUrl, host, port }: ServerSettings): Promise<Address> {
    const file = join(home, 'server.json')
    const configured = publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    return new Address(file, publicUrl ?? (await announced(file))?.url ?? configured)
  }

  /** What people are told to reach this installation at. */
  get url(): string {
    return this.#url
  }

  /** @throws HomeInUse when another server that answers has announced itself. */
  async requireFree(): Promise<void> {
    const other = await announced(this.#file)
    if (other !== undefined && other.pid !== process.pid && (await answers(other.url))) throw new HomeInUse(other)
  }

  async announce(url: string): Promise<void> {
    this.#url = url
    const draft = `${this.#file}.${process.pid}`
    await writeFile(draft, `${JSON.stringify({ url, pid: process.pid })}\n`, { mode: 0o600 })
    await rename(draft, this.#file)
  }

  async forget(): Promise<void> {
    if ((await announced(this.#file))?.pid === process.pid) await rm(this.#file, { force: true })
  }
}

/** Another server serves this home: two would each count limits and running requests for themselves. */
export class HomeInUse extends PlatformError {
  readonly code = 'HOME_IN_USE'
  readonly kind = 'conflict'
  constructor({ url, pid }: Announced) {
    super(`another server serves this home, at ${url} (process ${pid})`, {
      hint: 'Use that one, end it first, or give this one a home of its own with --home.',
    })
  }
}

interface Announced {
  readonly url: string
  readonly pid: number
}

async function announced(file: string): Promise<Announced | undefined> {
  try {
    const { url, pid } = JSON.parse(await readFile(file, 'utf8')) as Partial<Announced>
    return typeof url === 'string' && typeof pid === 'number' ? { url, pid } : undefined
  } catch {
    return undefined
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined)
  await response?.body?.cancel()
  return response?.ok === true
}

async function makeHome(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  return realpath(path)
}

/** The sources that an operator wrote down; none when there is no file. @throws SettingsInvalid · PostgresFileUnreadable */
async function readPostgresFile(
  { postgresFile }: ServerSettings,
  home: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly SourceSettings[]> {
  const text = await readFile(resolve(postgresFile ?? join(home, 'postgres.yml')), 'utf8').catch((failure: unknown) => {
    if (postgresFile === undefined && (failure as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new PostgresFileUnreadable(failure)
  })
  return readSources(text, name => environment[name])
}

/** The file of PostgreSQL sources is named, and cannot be read. */
export class PostgresFileUnreadable extends PlatformError {
  readonly code = 'POSTGRES_FILE_UNREADABLE'
  readonly kind = 'invalid'
  constructor(cause: unknown) {
    super('the file of PostgreSQL sources cannot be read', {
      cause,
      hint: 'SUPER_DATA_POSTGRES_FILE says where it is.',
    })
  }
}

const megabyte = 2 ** 20
const datasetPollMs = 1_000

function platformSettings(
  settings: ServerSettings,
  home: string,
  address: Address,
): Omit<PlatformSettings, 'postgres'> {
  const workers = Math.max(2, Math.min(8, availableParallelism()))
  return {
    home,
    libraryFile: resolve(settings.databasePath ?? join(home, 'database', 'tools.db')),
    datasetsFolder: resolve(settings.datasetsPath ?? join(home, 'datasets')),
    datasetPollMs,
    identity: {
      publicUrl: () => settings.publicUrl ?? address.url,
      trustUserHeader: settings.trustUserHeader,
      trustedProxies: settings.trustedProxies,
      ...(settings.adminKey === undefined ? {} : { adminKey: settings.adminKey }),
      ...jwtSettings(settings, address),
    },
    limits: {
      callsPerMinute: settings.rateLimitPerMinute,
      callsAtOnce: settings.concurrentCallsMax,
      strangerCallsPerMinute: 60,
    },
    review: {
      approvalThreshold: settings.approvalThreshold,
      safeApprovalThreshold: settings.safeApprovalThreshold,
      proposalHours: settings.proposalHours,
      pendingMax: settings.maxPendingTools,
      autoApprove: settings.autoApprove,
      voteConfirmation: settings.voteConfirmation,
    },
    checks: { complexityMax: settings.maxQueryComplexity, testMs: settings.maxTestMs },
    webhooks: { privateAllowed: settings.webhooksPrivate },
    learning: settings.enableLearning,
    queryTimeMs: settings.queryTimeoutSeconds * 1_000,
    runLogDays: settings.runLogDays,
    resultBytesMax: settings.maxResultSizeMb * megabyte,
    cacheBytes: settings.cacheSizeMb * megabyte,
    workers,
    sqlMemoryMb: 1_024,
  }
}

function jwtSettings({ jwtIssuer, jwtAudience, jwksUrl, jwtAlgorithms, publicUrl }: ServerSettings, address: Address) {
  if (jwtIssuer === undefined || jwksUrl === undefined) return {}
  const audience = jwtAudience ?? publicUrl ?? address.url
  return { jwt: { issuer: jwtIssuer, audience, jwksUrl, algorithms: jwtAlgorithms } }
}
