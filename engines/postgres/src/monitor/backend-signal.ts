import { PlatformError } from '@super-data/base/errors'
import type { Catalog } from '../catalog.ts'
import { jsonRow } from '../schema/json-rows.ts'

/** A backend that may not be cancelled or ended from here. */
export class PostgresSignalRefused extends PlatformError {
  readonly code = 'POSTGRES_SIGNAL_REFUSED'
  readonly kind = 'denied'
  constructor(pid: number, reason: string) {
    super(`backend ${pid} is left alone: ${reason}`, { details: { pid } })
  }
}

/** No client backend of this database has that process id. */
export class PostgresBackendMissing extends PlatformError {
  readonly code = 'POSTGRES_BACKEND_MISSING'
  readonly kind = 'missing'
  constructor(pid: number) {
    super(`there is no backend ${pid} in this database`, { hint: 'It may have ended already; look at the activity.' })
  }
}

export interface SignalRequest {
  readonly pid: number
  /** `cancel` stops its query; `terminate` ends its connection and rolls back its transaction. */
  readonly signal: 'cancel' | 'terminate'
  /** Backends of the pools that ask: never to be touched. */
  readonly own: ReadonlySet<number>
}

/** The backend as it was when it was checked. */
export interface SignalTarget {
  readonly pid: number
  readonly user: string | null
  readonly application: string | null
  readonly state: string | null
  readonly query: string | null
  /** When it connected: tells it from a later one that got the same process id. */
  readonly started: string
}

/**
 * Who would be hit.
 *
 * @throws PostgresSignalRefused for own backends, processes of the server, superusers, replication
 * · PostgresBackendMissing
 */
export async function checkSignal(catalog: Catalog, { pid, own }: SignalRequest): Promise<SignalTarget> {
  if (own.has(pid)) throw new PostgresSignalRefused(pid, 'it serves this server itself')
  const found = Number.isInteger(pid) && pid > 0 && pid < 2 ** 31 ? await findBackend(catalog, pid) : undefined
  if (!found?.here) throw new PostgresBackendMissing(pid)
  if (found.self) throw new PostgresSignalRefused(pid, 'it is the one that asks')
  if (found.type !== null && found.type !== 'client backend')
    throw new PostgresSignalRefused(pid, `it is a ${found.type} of the server`)
  if (found.superuser) throw new PostgresSignalRefused(pid, 'it belongs to a superuser')
  const { here: _, self: __, type: ___, superuser: ____, ...target } = found
  return target
}

type Found = SignalTarget & {
  readonly here: boolean
  readonly self: boolean
  readonly type: string | null
  readonly superuser: boolean
}

function findBackend(catalog: Catalog, pid: number): Promise<Found | undefined> {
  return jsonRow(
    catalog,
    `SELECT a.pid, a.usename AS user, a.application_name AS application, a.state,
       pg_catalog.left(a.query, 500) AS query, a.backend_start::text AS started, a.backend_type AS type,
       a.pid = pg_catalog.pg_backend_pid() AS self,
       a.datname IS NULL OR a.datname = pg_catalog.current_database() AS here,
       COALESCE((SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = a.usesysid), false) AS superuser
     FROM pg_catalog.pg_stat_activity a WHERE a.pid = $1::int4`,
    [pid],
  )
}

/**
 * Signals a backend that was checked, in one statement that looks again: a process id may have gone to somebody else.
 *
 * @param catalog of a login that may signal.
 * @returns whether the signal was sent.
 * @throws as `checkSignal`
 */
export async function signalBackend(
  catalog: Catalog,
  request: SignalRequest,
): Promise<SignalTarget & { sent: boolean }> {
  const target = await checkSignal(catalog, request)
  const signal = request.signal === 'terminate' ? 'pg_terminate_backend' : 'pg_cancel_backend'
  const row = await jsonRow<{ sent: boolean }>(
    catalog,
    `SELECT pg_catalog.${signal}(a.pid) AS sent FROM pg_catalog.pg_stat_activity a
     WHERE a.pid = $1::int4 AND (a.backend_start IS NULL OR a.backend_start::text = $2)`,
    [target.pid, target.started],
  )
  return { ...target, sent: row?.sent ?? false }
}
