import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import { Lifetime } from '@super-data/base/lifetime'
import type { Log } from '@super-data/base/log'
import { type Login, type ObservedStatement, type PostgresLimits, PostgresSource } from '@super-data/postgres'
import type { PostgresFigures, PostgresSourceFigures } from '../door.ts'
import { SourceAmbiguous, SourceMissing, SourceRightMissing } from './errors.ts'
import { type SourceRight, type SourceSettings, sourceRights } from './source-settings.ts'

/** A source as one project may use it. */
export interface GrantedSource {
  readonly name: string
  readonly description: string
  readonly right: SourceRight
  readonly source: PostgresSource
}

interface OpenSource {
  readonly settings: SourceSettings
  readonly source: PostgresSource
}

interface Parts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

type StatementListener = Parameters<PostgresFigures['onStatement']>[0]

/** The PostgreSQL databases an operator has written down, and which project may do what with them. */
export class PostgresSources implements PostgresFigures, AsyncDisposable {
  readonly #sources: readonly OpenSource[]
  readonly #listeners: Set<StatementListener>
  readonly #lifetime: Lifetime

  private constructor(sources: readonly OpenSource[], listeners: Set<StatementListener>, lifetime: Lifetime) {
    this.#sources = sources
    this.#listeners = listeners
    this.#lifetime = lifetime
  }

  /** Opens all of them. A database that cannot be reached now is tried again later. @throws PostgresRoleTooPowerful */
  static async open(settings: readonly SourceSettings[], parts: Parts): Promise<PostgresSources> {
    const lifetime = new Lifetime()
    const listeners = new Set<StatementListener>()
    try {
      const opening = settings.map(async each => {
        const onStatement = (seen: ObservedStatement) => {
          for (const listener of listeners) listener(each.name, seen)
        }
        const source = await PostgresSource.open({ ...optionsOf(each, parts), onStatement })
        return { settings: each, source: lifetime.own(source) }
      })
      await Promise.allSettled(opening)
      return new PostgresSources(await Promise.all(opening), listeners, lifetime)
    } catch (failure) {
      await lifetime.close()
      throw failure
    }
  }

  /** What a project may use, in the order in which they were written down. */
  of(project: string): readonly GrantedSource[] {
    return this.#sources.flatMap(({ settings, source }) => {
      const right = rightOf(settings, project)
      return right === undefined ? [] : [{ name: settings.name, description: settings.description, right, source }]
    })
  }

  /**
   * The source of that name, or the only one there is.
   *
   * @throws SourceMissing · SourceAmbiguous · SourceRightMissing
   */
  get(project: string, name: string | undefined, right: SourceRight): GrantedSource {
    const granted = this.of(project)
    const names = granted.map(each => each.name)
    if (name === undefined && granted.length > 1) throw new SourceAmbiguous(names)
    const found = name === undefined ? granted[0] : granted.find(each => each.name === name)
    if (found === undefined) throw new SourceMissing(names)
    if (rank(found.right) < rank(right)) throw new SourceRightMissing(found.name, right)
    return found
  }

  /** The most a project may do with any source; undefined when it has none. */
  rightIn(project: string): SourceRight | undefined {
    return this.of(project)
      .map(each => each.right)
      .sort((a, b) => rank(b) - rank(a))[0]
  }

  /** Rolls back every session that came through a channel. */
  async closeChannel(channel: string): Promise<void> {
    await Promise.all(this.#sources.map(({ source }) => source.sessions.closeChannel(channel)))
  }

  /** What keeps a source from answering soon, by name; null when it answers. */
  async problems(soonMs: number): Promise<readonly { readonly name: string; readonly problem: string | null }[]> {
    return Promise.all(
      this.#sources.map(async ({ settings: { name }, source }) => {
        const asking = source.inspect(AbortSignal.timeout(soonMs), catalog => catalog.rows('SELECT 1'))
        const answers = await Promise.race([asking.then(isTrue, isFalse), wait(soonMs, false, { ref: false })])
        return { name, problem: answers ? null : 'does not answer' }
      }),
    )
  }

  get figures(): readonly PostgresSourceFigures[] {
    return this.#sources.map(({ settings, source }) => ({
      source: settings.name,
      pools: source.pools,
      sessions: source.sessions.size,
    }))
  }

  onStatement(listener: StatementListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): Promise<void> {
    return this.#lifetime.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const isTrue = () => true
const isFalse = () => false

const rank = (right: SourceRight) => sourceRights.indexOf(right)

/** Never more than there are logins for. */
function rightOf({ projects, writer, admin }: SourceSettings, project: string): SourceRight | undefined {
  const granted = projects[project]
  if (granted === undefined) return undefined
  const possible = admin ? 'admin' : writer ? 'write' : 'read'
  return rank(granted) <= rank(possible) ? granted : possible
}

function optionsOf(settings: SourceSettings, parts: Parts): Parameters<typeof PostgresSource.open>[0] {
  const { name, reader, writer, admin, allowSuperuser, allowFunctions } = settings
  const login = (role: { user: string; password: string } | undefined): Login | undefined =>
    role && {
      ...{ host: settings.host, port: settings.port, database: settings.database, user: role.user },
      ...(role.password === '' ? {} : { password: role.password }),
      ...(settings.tls === 'off' ? {} : { ssl: { rejectUnauthorized: settings.tls === 'verify' } }),
    }
  return {
    ...{ name, ...parts, reader: login(reader)!, writer: login(writer), admin: login(admin) },
    policy: { allowSuperuser, allowFunctions },
    limits: limitsOf(settings),
  }
}

function limitsOf({ limits }: SourceSettings): Partial<PostgresLimits> {
  return {
    readTimeoutMs: limits.readSeconds * 1_000,
    writeTimeoutMs: limits.writeSeconds * 1_000,
    readersMax: Math.ceil(limits.connections / 2),
    writersMax: Math.max(1, Math.floor(limits.connections / 2)),
    sessionsMax: limits.sessions,
    sessionsPerOwnerMax: limits.sessionsPerPerson,
    sessionIdleMs: limits.sessionIdleSeconds * 1_000,
    sessionLifetimeMs: limits.sessionSeconds * 1_000,
  }
}
