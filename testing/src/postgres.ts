import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { QueryResultRow } from 'pg'
import { findBinaries, type PostgresMajor } from './postgres/binaries.ts'
import { Client } from './postgres/client.ts'
import { buildBig, buildSmall, createRoles, logins } from './postgres/fixture.ts'
import { PostgresServer, type ServerAddress } from './postgres/server.ts'
import { runService } from './run-services.ts'

export type { PostgresMajor } from './postgres/binaries.ts'
/** For connections out of band. */
export { Client } from './postgres/client.ts'
export { openPgBouncer, type PgBouncer, type PgBouncerOptions } from './postgres/pgbouncer.ts'

/** How to connect; fits `pg`'s options. */
export interface PostgresLogin {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A database of one test file, dropped with the server. */
export interface TestDatabase {
  readonly name: string
  /** May do everything: for looking at what happened from outside. */
  readonly superuser: PostgresLogin
  /** Role `cq_admin`: owns the tables, reads statistics, may signal backends. No superuser. */
  readonly admin: PostgresLogin
  /** Role `cq_reader`: SELECT only. */
  readonly reader: PostgresLogin
  /** Role `cq_writer`: SELECT, INSERT, UPDATE, DELETE. */
  readonly writer: PostgresLogin
  /** Role `cq_monitor`: member of pg_monitor, reads no tables. */
  readonly monitor: PostgresLogin
}

/** `small`: the tables of the attack list. `big`: those and `big` with a million rows. `empty`: nothing. */
export type DatabaseTemplate = 'small' | 'big' | 'empty'

/** A real PostgreSQL server on this machine. */
export interface TestPostgres {
  readonly major: PostgresMajor
  /** In the database `postgres`. */
  readonly superuser: PostgresLogin
  /** Whether the extension HypoPG can be created here. */
  readonly hasHypopg: boolean
  createDatabase(template?: DatabaseTemplate): Promise<TestDatabase>
  /** One statement as superuser, out of band. */
  ask<Row extends QueryResultRow>(database: TestDatabase, text: string, params?: unknown[]): Promise<Row[]>
}

/** A server of one test, which may stop and start it. */
export interface PrivatePostgres extends TestPostgres, AsyncDisposable {
  /** Ends every connection and starts again on the same port. */
  restart(): Promise<void>
  /** SIGKILL to the server and what it started; `start` brings it back. */
  kill(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

/**
 * The server of this major version that the run shares, started by whoever asks first.
 *
 * @returns `undefined` where its programs are not installed: tests then skip and say so.
 */
export async function openPostgres(major: PostgresMajor): Promise<TestPostgres | undefined> {
  const binaries = findBinaries(major)
  if (!binaries) return undefined
  const address = await runService<ServerAddress>(`postgres-${major}`, async folder => {
    chmodSync(dirname(folder), 0o711)
    const server = await PostgresServer.create(binaries, folder)
    const pid = await server.start()
    await prepare(server).catch(endWith(server))
    return { address: server.address, pids: [pid] }
  })
  return new Cluster(major, address, () => runService(`postgres-${major}-big`, () => prepareBig(address)))
}

/** A server of its own for a test that stops it. Slower: starts one each time. */
export async function openPrivatePostgres(major: PostgresMajor): Promise<PrivatePostgres | undefined> {
  const binaries = findBinaries(major)
  if (!binaries) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'super-data-postgres-'))
  const server = await PostgresServer.create(binaries, folder)
  await server.start()
  await prepare(server).catch(endWith(server))
  return new OwnCluster(major, server, folder)
}

class Cluster implements TestPostgres {
  readonly major: PostgresMajor
  readonly superuser: PostgresLogin
  readonly hasHypopg: boolean
  readonly #needBig: () => Promise<unknown>

  constructor(major: PostgresMajor, address: ServerAddress, needBig: () => Promise<unknown>) {
    this.major = major
    this.superuser = superuserOf(address)
    this.hasHypopg = existsSync(address.hypopgControl)
    this.#needBig = needBig
  }

  async createDatabase(template: DatabaseTemplate = 'small'): Promise<TestDatabase> {
    if (template === 'big') await this.#needBig()
    const name = `t_${randomBytes(6).toString('hex')}`
    const from = template === 'empty' ? 'template0' : `${template}_fixture`
    await withClient(this.superuser, client =>
      client.query(`CREATE DATABASE ${name} TEMPLATE ${from} STRATEGY FILE_COPY OWNER cq_admin`),
    )
    const login = (user: string, password: string): PostgresLogin => ({
      ...this.superuser,
      user,
      password,
      database: name,
    })
    return {
      name,
      superuser: { ...this.superuser, database: name },
      admin: login('cq_admin', logins.cq_admin),
      reader: login('cq_reader', logins.cq_reader),
      writer: login('cq_writer', logins.cq_writer),
      monitor: login('cq_monitor', logins.cq_monitor),
    }
  }

  ask<Row extends QueryResultRow>(database: TestDatabase, text: string, params: unknown[] = []): Promise<Row[]> {
    return withClient(database.superuser, async client => (await client.query<Row>(text, params)).rows)
  }
}

class OwnCluster extends Cluster implements PrivatePostgres {
  readonly #server: PostgresServer
  readonly #folder: string

  constructor(major: PostgresMajor, server: PostgresServer, folder: string) {
    let big: Promise<unknown> | undefined
    super(major, server.address, () => {
      big ??= prepareBig(server.address)
      return big
    })
    this.#server = server
    this.#folder = folder
  }

  async restart(): Promise<void> {
    await this.#server.stop()
    await this.#server.start()
  }

  kill(): Promise<void> {
    return this.#server.kill()
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }

  async start(): Promise<void> {
    await this.#server.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const superuserOf = ({ host, port, password }: ServerAddress): PostgresLogin => ({
  host,
  port,
  user: 'postgres',
  password,
  database: 'postgres',
})

/** Roles and the small template; the big one is built when somebody wants it. */
async function prepare({ address }: PostgresServer): Promise<void> {
  const superuser = superuserOf(address)
  await withClient(superuser, client => createRoles(client))
  await withClient(superuser, client => client.query('CREATE DATABASE small_fixture TEMPLATE template0 OWNER cq_admin'))
  await withClient({ ...superuser, database: 'small_fixture' }, client => buildSmall(client))
}

/** A server nobody can use must not stay behind. */
function endWith(server: PostgresServer): (failure: unknown) => Promise<never> {
  return async failure => {
    await server.stop()
    throw failure
  }
}

async function prepareBig(address: ServerAddress): Promise<{ address: null; pids: [] }> {
  const superuser = superuserOf(address)
  await withClient(superuser, client =>
    client.query('CREATE DATABASE big_fixture TEMPLATE small_fixture OWNER cq_admin'),
  )
  await withClient({ ...superuser, database: 'big_fixture' }, client => buildBig(client))
  return { address: null, pids: [] }
}

async function withClient<T>(login: PostgresLogin, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ ...login })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
