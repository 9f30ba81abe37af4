import type { Catalog } from '../catalog.ts'
import { jsonRows } from '../schema/json-rows.ts'
import { limitOf } from '../schema/page.ts'

export interface ActivityRequest {
  /** `own`: of the roles the asking login is or belongs to. Default `own`. */
  readonly whose?: 'own' | 'all'
  /** Sessions that do nothing too. */
  readonly idle?: boolean
  /** Background processes of the server too. */
  readonly background?: boolean
  /** Other databases too. */
  readonly everywhere?: boolean
  /** At most 500; default 100. */
  readonly limit?: number
  /** Characters of each query that are shown, at most 10 000; default 500. */
  readonly queryMax?: number
}

export interface Backend {
  readonly pid: number
  readonly user: string | null
  readonly database: string | null
  readonly application: string | null
  readonly client: string | null
  readonly type: string | null
  /** `null` where the login may not see it. */
  readonly state: string | null
  readonly waitType: string | null
  readonly waitEvent: string | null
  readonly connectedSeconds: number | null
  readonly transactionSeconds: number | null
  readonly querySeconds: number | null
  /** Since the state last changed: for an idle one, how long it has done nothing. */
  readonly stateSeconds: number | null
  readonly query: string | null
  readonly queryTruncated: boolean
  /** Backends that keep it waiting. */
  readonly blockedBy: readonly number[]
  /** Whether the login may see what it does. */
  readonly visible: boolean
}

/** Who is connected and does what, the longest query first. */
export function readActivity(catalog: Catalog, request: ActivityRequest = {}): Promise<Backend[]> {
  return jsonRows(catalog, activityQuery, [
    request.whose === 'all',
    request.idle ?? false,
    request.background ?? false,
    request.everywhere ?? false,
    limitOf(request.limit, { usual: 100, max: 500 }),
    limitOf(request.queryMax, { usual: 500, max: 10_000 }),
  ])
}

const seconds = (since: string): string =>
  `pg_catalog.round(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - ${since})::numeric, 3)`

const activityQuery = `
  SELECT a.pid, a.usename AS user, a.datname AS database, a.application_name AS application,
    pg_catalog.host(a.client_addr) AS client, a.backend_type AS type, a.state,
    a.wait_event_type AS "waitType", a.wait_event AS "waitEvent",
    ${seconds('a.backend_start')} AS "connectedSeconds", ${seconds('a.xact_start')} AS "transactionSeconds",
    CASE WHEN a.state = 'active' THEN ${seconds('a.query_start')} END AS "querySeconds",
    ${seconds('a.state_change')} AS "stateSeconds",
    pg_catalog.left(a.query, $6::int4) AS query, pg_catalog.length(a.query) > $6::int4 AS "queryTruncated",
    CASE WHEN a.wait_event_type = 'Lock' THEN pg_catalog.pg_blocking_pids(a.pid) ELSE '{}' END AS "blockedBy",
    a.state IS NOT NULL OR a.backend_type <> 'client backend' AND a.backend_type IS NOT NULL AS visible
  FROM pg_catalog.pg_stat_activity a
  WHERE a.pid <> pg_catalog.pg_backend_pid()
    AND ($1::bool OR a.usesysid IS NOT NULL AND pg_catalog.pg_has_role(a.usesysid, 'USAGE'))
    AND ($2::bool OR a.state IS DISTINCT FROM 'idle')
    AND ($3::bool OR a.backend_type IS NULL OR a.backend_type = 'client backend')
    AND ($4::bool OR a.datname IS NULL OR a.datname = pg_catalog.current_database())
  ORDER BY a.state = 'active' DESC NULLS LAST, a.xact_start NULLS LAST, a.pid LIMIT $5::int4`
