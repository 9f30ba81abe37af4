import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '@super-data/base/clock'
import { type Problem, toProblem } from '@super-data/base/errors'
import { systemRandom, TimeOrderedIds } from '@super-data/base/ids'
import { Lifetime } from '@super-data/base/lifetime'
import { type LogSettings, openLog } from '@super-data/base/log'
import type { Input, OperationName, Output } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import type { CallRequest, CallResult, Handlers } from '../src/call.ts'
import { Calls } from '../src/calls.ts'
import { defaultEventSettings, type EventSettings, Events } from '../src/events/events.ts'
import { identityHandlers } from '../src/identity/handlers.ts'
import { Identity } from '../src/identity/identity.ts'
import type { IdentitySettings } from '../src/identity/settings.ts'
import type { LimitSettings } from '../src/limits.ts'
import { Stamps } from '../src/stamps.ts'
import { type LibraryTables, openLibrary } from '../src/state/library.ts'
import { ensureNodeId } from '../src/state/node-id.ts'
import { openPlatform, type PlatformTables } from '../src/state/platform.ts'

export interface InstallationOptions {
  readonly folder?: string
  readonly clock?: ManualClock
  readonly settings?: Partial<IdentitySettings>
  readonly limits?: Partial<LimitSettings>
  readonly events?: EventSettings
  /** Stand in for handlers that belong to other areas. */
  readonly handlers?: Partial<Handlers>
  readonly log?: { write(line: string): void }
  readonly logLevel?: LogSettings['level']
}

const generous: LimitSettings = { callsPerMinute: 100_000, callsAtOnce: 100, strangerCallsPerMinute: 100_000 }

/** A whole installation in a temporary folder, but for the areas that are not about identity. */
export async function openInstallation(options: InstallationOptions = {}) {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'super-data-')))
  const lifetime = new Lifetime()
  const dispose = async () => {
    await lifetime.close()
    if (options.folder === undefined) await rm(folder, { recursive: true })
  }
  try {
    const parts = await openParts(folder, options, lifetime)
    const { secret } = await parts.identity.bootstrap()
    return installationOf({ ...parts, folder, secret, close: () => lifetime.close(), [Symbol.asyncDispose]: dispose })
  } catch (failure) {
    await dispose()
    throw failure
  }
}

async function openParts(folder: string, options: InstallationOptions, lifetime: Lifetime) {
  const clock = options.clock ?? new ManualClock()
  const log = openLog({ level: options.logLevel ?? 'silent' }, options.log)
  const state = { backupFolder: join(folder, 'backup'), clock, log }
  const library = lifetime.own(await openLibrary(join(folder, 'tools.db'), state))
  const platform = lifetime.own(await openPlatform(join(folder, 'platform.db'), state))
  const random = systemRandom
  const stamps = new Stamps(await ensureNodeId(platform, random), clock)
  const parts = { library, platform, clock, ids: new TimeOrderedIds(clock, random), random, log, stamps }
  const settings = { publicUrl: () => 'https://data.example.test', ...options.settings }
  const identity = lifetime.own(await Identity.open({ ...parts, settings }))
  const events = lifetime.own(await Events.open({ ...parts, sight: identity }, options.events ?? defaultEventSettings))
  const handlers = { ...identityHandlers(identity), ...options.handlers } as Handlers
  const limits = { ...generous, ...options.limits }
  const calls = lifetime.own(new Calls({ ...parts, identity, events, handlers, limits }))
  return { clock, library, platform, identity, events, calls }
}

interface OpenParts extends Awaited<ReturnType<typeof openParts>>, AsyncDisposable {
  readonly folder: string
  /** The owner's key, when this start made it. */
  readonly secret: string | undefined
  close(): Promise<void>
}

/** The ways in which tests use an installation. */
function installationOf(parts: OpenParts) {
  const { calls, library, platform } = parts
  const owner = parts.secret ?? ''
  let requests = 0

  function request(extra: Partial<CallRequest>): CallRequest {
    requests += 1
    const signal = new AbortController().signal
    return { credentials: {}, door: 'http', requestId: `request-${requests}`, signal, ...extra }
  }

  function call<Name extends OperationName>(
    name: Name,
    input: unknown,
    extra: Partial<CallRequest> = {},
  ): Promise<CallResult<Name>> {
    return calls.call(name, input, request(extra))
  }

  /** Calls with a bearer, as most tests do. */
  async function ask<Name extends OperationName>(
    bearer: string,
    name: Name,
    input: Partial<Input<Name>> = {},
    extra: Partial<CallRequest> = {},
  ): Promise<Output<Name>> {
    return (await call(name, input, { credentials: { bearer }, ...extra })).output
  }

  /** Invites and redeems: somebody new with a key. */
  async function joined(name: string, extra: Partial<Input<'users.invite'>> = {}): Promise<string> {
    const { link } = await ask(owner, 'users.invite', { name, ...extra })
    return (await call('users.redeem', { token: link })).output.key.secret
  }

  return {
    ...parts,
    owner,
    call,
    ask,
    join: joined,
    /** Everything the two files hold, but for audit lines and when keys were used. */
    contents: () => contentsOf({ library, platform }),
  }
}

interface GovernedFiles {
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
}

export type Installation = Awaited<ReturnType<typeof openInstallation>>

async function contentsOf({ library, platform }: GovernedFiles): Promise<string> {
  const rows = await Promise.all([
    library.read.selectFrom('users').selectAll().orderBy('id').execute(),
    library.read.selectFrom('projects').selectAll().orderBy('id').execute(),
    library.read.selectFrom('memberships').selectAll().orderBy('since').orderBy('user_id').execute(),
    library.read.selectFrom('outbox').selectAll().orderBy('id').execute(),
    library.read.selectFrom('idempotency').selectAll().orderBy('key').execute(),
    platform.read.selectFrom('keys').select(['id', 'user_id', 'hash', 'revoked_at']).orderBy('id').execute(),
    platform.read.selectFrom('invitations').selectAll().orderBy('id').execute(),
    platform.read.selectFrom('outbox').selectAll().orderBy('id').execute(),
    platform.read.selectFrom('idempotency').selectAll().orderBy('key').execute(),
  ])
  return JSON.stringify(rows)
}

/** All audit lines of both files, oldest first. */
export async function auditOf({ library, platform }: GovernedFiles) {
  const libraryLines = await library.read.selectFrom('audit').selectAll().execute()
  const platformLines = await platform.read.selectFrom('audit').selectAll().execute()
  return [...libraryLines, ...platformLines].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** What a refused call says outside. */
export async function problemOf(call: Promise<unknown>): Promise<Problem> {
  try {
    await call
  } catch (failure) {
    return toProblem(failure)
  }
  throw new Error('the call was expected to fail')
}
