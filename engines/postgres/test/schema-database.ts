import { createRequire } from 'node:module'
import { openPostgres, type PostgresLogin, type PostgresMajor, type TestDatabase } from '@super-data/testing/postgres'
import type pg from 'pg'
import type { Catalog } from '../src/catalog.ts'

/** The client alone: the package's main file also builds a pool, which does not load under vitest's conditions. */
const Client: typeof pg.Client = createRequire(import.meta.url)('pg/lib/client.js')

/** One connection to a real server, as the parts of the engine that look around see it. */
export interface Room extends Catalog, AsyncDisposable {
  readonly client: pg.Client
  readonly backendPid: number
}

export async function connect(login: PostgresLogin): Promise<Room> {
  const client = new Client({ ...login })
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<{ version: number; pid: number }>(
    `SELECT current_setting('server_version_num')::int4 AS version, pg_backend_pid() AS pid`,
  )
  return {
    client,
    serverVersion: rows[0]!.version,
    backendPid: rows[0]!.pid,
    async rows<Row extends object>(text: string, params: readonly unknown[] = []) {
      return (await client.query({ text, values: [...params], queryMode: 'extended' } as pg.QueryConfig)).rows as Row[]
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

/** Work in a read-only transaction on a connection of its own, as the engine does it. */
export async function inspect<T>(login: PostgresLogin, work: (room: Room) => Promise<T>): Promise<T> {
  await using room = await connect(login)
  await room.client.query('BEGIN READ ONLY')
  try {
    return await work(room)
  } finally {
    await room.client.query('ROLLBACK')
  }
}

/** A database of one test file, with what its statements make: run by its owner, or by the superuser. */
export interface Prepared {
  readonly major: PostgresMajor
  readonly hasHypopg: boolean
  readonly database: TestDatabase
}

export async function prepare(
  major: PostgresMajor,
  statements: { readonly superuser?: readonly string[]; readonly owner: readonly string[] },
): Promise<Prepared | undefined> {
  const server = await openPostgres(major)
  if (!server) return undefined
  const database = await server.createDatabase('empty')
  await runAll(database.superuser, statements.superuser ?? [])
  await runAll(database.admin, statements.owner)
  return { major, hasHypopg: server.hasHypopg, database }
}

async function runAll(login: PostgresLogin, statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return
  await using room = await connect(login)
  for (const statement of statements) await room.client.query(statement)
}
