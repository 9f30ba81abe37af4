import { PostgresPooled } from '../errors.ts'
import { LiveCatalog } from '../live-catalog.ts'
import type { Connection } from './connection.ts'

/** Transactions held at once while looking whether they get the backend of an idle connection. */
const heldMax = 3
const answerMs = 2_000

/**
 * Makes sure that what a connection asked for at its start holds in it, although a pooler passed it on.
 *
 * @throws PostgresPooled
 */
export async function checkSettings(connection: Connection, wanted: Readonly<Record<string, string>>): Promise<void> {
  const rows = await catalogOf(connection).rows<{ name: string; setting: string }>(
    'SELECT s.name, s.setting FROM pg_catalog.pg_settings s WHERE s.name = ANY ($1::text[])',
    [Object.keys(wanted)],
  )
  const dropped = rows.filter(({ name, setting }) => setting !== wanted[name]).map(({ name }) => name)
  if (dropped.length > 0)
    throw new PostgresPooled(`a connection pooler in between drops settings: ${dropped.join(', ')}`)
}

/**
 * Makes sure that a connection has its backend for itself, between transactions too: a pooler in transaction mode gives
 * the backend of one that is idle to whoever begins a transaction.
 *
 * @param open another connection of the same login
 * @throws PostgresPooled
 */
export async function checkOwnBackend(one: Connection, open: () => Promise<Connection>): Promise<void> {
  const mine = await backendOf(one)
  const others: Connection[] = []
  try {
    while (others.length < heldMax) {
      const other = await open()
      others.push(other)
      const theirs = await beginOn(other)
      if (theirs === undefined) return
      if (theirs === mine || (await backendOf(one)) !== mine)
        throw new PostgresPooled('a connection pooler in between shares connections between transactions')
    }
  } finally {
    for (const other of others) other.destroy()
  }
}

/** @returns nothing when there is no backend left, so that no other connection has given its own away. */
async function beginOn(connection: Connection): Promise<number | undefined> {
  try {
    await connection.fixed('BEGIN', { timeoutMs: answerMs })
    return await backendOf(connection)
  } catch {
    return undefined
  }
}

/** The process that runs its statements now. */
export async function backendOf(connection: Connection): Promise<number> {
  const rows = await catalogOf(connection).rows<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid')
  return rows[0]!.pid
}

const catalogOf = (connection: Connection) => new LiveCatalog(connection, { timeoutMs: 10_000, wireBytesMax: 1 << 20 })
