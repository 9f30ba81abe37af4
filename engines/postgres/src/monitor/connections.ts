import type { Catalog } from '../catalog.ts'
import { jsonRow, jsonRows } from '../schema/json-rows.ts'

export interface ConnectionGroup {
  readonly user: string | null
  readonly database: string | null
  readonly application: string | null
  readonly state: string | null
  readonly count: number
  readonly oldestSeconds: number | null
}

export interface ConnectionCounts {
  /** Of the whole server. */
  readonly total: number
  readonly max: number
  /** `max` without those kept for superusers. */
  readonly usable: number
  readonly byState: Readonly<Record<string, number>>
  /** The hundred biggest groups. */
  readonly groups: readonly ConnectionGroup[]
  /** States of other roles are hidden from the login: `byState` counts them as `hidden`. */
  readonly partial: boolean
}

/** Connections of clients to the server, counted by who and what. */
export async function readConnections(catalog: Catalog): Promise<ConnectionCounts> {
  const counts = await jsonRow<Omit<ConnectionCounts, 'groups'>>(catalog, countsQuery)
  return { ...counts!, groups: await jsonRows(catalog, groupsQuery) }
}

/** Without the right to see other roles' sessions their type is hidden too, so what has a user counts as a client. */
const clients = `pg_catalog.pg_stat_activity a
  WHERE (a.backend_type = 'client backend' OR a.backend_type IS NULL AND a.usesysid IS NOT NULL)`

const countsQuery = `
  SELECT (SELECT pg_catalog.count(*) FROM ${clients}) AS total,
    pg_catalog.current_setting('max_connections')::int4 AS max,
    pg_catalog.current_setting('max_connections')::int4
      - pg_catalog.current_setting('superuser_reserved_connections')::int4
      - COALESCE(pg_catalog.current_setting('reserved_connections', true)::int4, 0) AS usable,
    (SELECT COALESCE(pg_catalog.json_object_agg(s.state, s.count), '{}') FROM (
      SELECT COALESCE(a.state, 'hidden') AS state, pg_catalog.count(*) AS count FROM ${clients} GROUP BY 1) AS s) AS "byState",
    (SELECT pg_catalog.bool_or(a.state IS NULL) FROM ${clients}) AS partial`

const groupsQuery = `
  SELECT a.usename AS user, a.datname AS database, a.application_name AS application, a.state,
    pg_catalog.count(*) AS count,
    pg_catalog.max(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.backend_start))::int8 AS "oldestSeconds"
  FROM ${clients}
  GROUP BY 1, 2, 3, 4 ORDER BY pg_catalog.count(*) DESC, 1, 2, 3, 4 LIMIT 100`
