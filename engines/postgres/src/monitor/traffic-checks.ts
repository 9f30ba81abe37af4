import { jsonRow, jsonRows } from '../schema/json-rows.ts'
import { readConnections } from './connections.ts'
import { bytesText, findingsMax, type HealthCheck, percent } from './health-check.ts'

const connections: HealthCheck = {
  name: 'connections',
  about: 'Share of the connections the server allows that are in use.',
  async find(catalog, { connectionsWarning, connectionsCritical }) {
    const { total, usable, max } = await readConnections(catalog)
    const share = total / usable
    if (share < connectionsWarning) return []
    return [
      {
        check: 'connections',
        severity: share >= connectionsCritical ? 'critical' : 'warning',
        title: `${total} of ${usable} connections are in use (${percent(share)})`,
        evidence: { total, usable, max, share },
        fix: 'See who holds them (connections), lower pool sizes, or put a pooler in front before raising max_connections.',
      },
    ]
  },
}

interface LongTransaction {
  readonly pid: number
  readonly user: string | null
  readonly application: string | null
  readonly state: string | null
  readonly seconds: number
  readonly idleSeconds: number | null
}

const transactions: HealthCheck = {
  name: 'transactions',
  about: 'Transactions that are open for long, above all those that do nothing: they keep vacuum from its work.',
  async find(catalog, thresholds) {
    const { transactionSecondsWarning, transactionSecondsCritical, idleInTransactionSecondsWarning } = thresholds
    const rows = await jsonRows<LongTransaction>(catalog, transactionsQuery, [
      transactionSecondsWarning,
      idleInTransactionSecondsWarning,
      findingsMax,
    ])
    return rows.map(row => ({
      check: 'transactions',
      severity: row.seconds >= transactionSecondsCritical ? 'critical' : 'warning',
      title: `backend ${row.pid} has a transaction open for ${Math.round(row.seconds)} s (${row.state ?? 'unknown'})`,
      evidence: { ...row },
      fix: 'Find out whether its client is still there; cancel or end it, and set idle_in_transaction_session_timeout.',
    }))
  },
}

const transactionsQuery = `
  SELECT t.* FROM (
    SELECT a.pid, a.usename AS user, a.application_name AS application, a.state,
      EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8 AS seconds,
      CASE WHEN a.state LIKE 'idle in transaction%'
        THEN EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.state_change)::float8 END AS "idleSeconds"
    FROM pg_catalog.pg_stat_activity a
    WHERE a.xact_start IS NOT NULL AND a.backend_type = 'client backend' AND a.pid <> pg_catalog.pg_backend_pid()
  ) AS t
  WHERE t.seconds >= $1::float8 OR t."idleSeconds" >= $2::float8
  ORDER BY t.seconds DESC LIMIT $3::int4`

const prepared: HealthCheck = {
  name: 'prepared_transactions',
  about: 'Two-phase transactions nobody has finished: they hold locks and old rows for ever.',
  async find(catalog, { transactionSecondsWarning }) {
    const rows = await jsonRows<{ owner: string; database: string; seconds: number }>(
      catalog,
      `SELECT p.owner, p.database, EXTRACT(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::float8 AS seconds
       FROM pg_catalog.pg_prepared_xacts p ORDER BY p.prepared LIMIT ${findingsMax}`,
    )
    return rows
      .filter(row => row.seconds >= transactionSecondsWarning)
      .map(row => ({
        check: 'prepared_transactions',
        severity: 'critical',
        title: `a prepared transaction in ${row.database} waits for ${Math.round(row.seconds)} s`,
        evidence: { ...row },
        fix: 'COMMIT PREPARED or ROLLBACK PREPARED it, connected to its database.',
      }))
  },
}

interface Slot {
  readonly name: string
  readonly active: boolean
  readonly type: string
  readonly heldBytes: number | null
  readonly walStatus: string | null
}

const replication: HealthCheck = {
  name: 'replication',
  about: 'Replicas that lag, and slots that hold back WAL.',
  async find(catalog, { replicationLagBytesWarning: warning, replicationLagBytesCritical: critical }) {
    const slots = await jsonRows<Slot>(catalog, slotsQuery, [findingsMax])
    const replicas = await jsonRows<{ application: string; state: string | null; lagBytes: number | null }>(
      catalog,
      replicasQuery,
      [findingsMax],
    )
    const lost = (slot: Slot) => slot.walStatus === 'lost' || slot.walStatus === 'unreserved'
    return [
      ...slots
        .filter(slot => lost(slot) || (slot.heldBytes ?? 0) >= warning)
        .map(slot => ({
          check: 'replication',
          severity: lost(slot) || (slot.heldBytes ?? 0) >= critical ? ('critical' as const) : ('warning' as const),
          title: `the ${slot.active ? '' : 'inactive '}slot ${slot.name} holds back ${bytesText(slot.heldBytes ?? 0)} of WAL`,
          evidence: { ...slot },
          fix: 'Bring its consumer back, or drop the slot; set max_slot_wal_keep_size.',
        })),
      ...replicas
        .filter(replica => (replica.lagBytes ?? 0) >= warning)
        .map(replica => ({
          check: 'replication',
          severity: (replica.lagBytes ?? 0) >= critical ? ('critical' as const) : ('warning' as const),
          title: `the replica ${replica.application} is ${bytesText(replica.lagBytes ?? 0)} behind`,
          evidence: { ...replica },
          fix: 'Look at its disk and network, and for queries on it that hold back replay.',
        })),
    ]
  },
}

const currentWal = `CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
  ELSE pg_catalog.pg_current_wal_lsn() END`

const slotsQuery = `
  SELECT s.slot_name AS name, s.active, s.slot_type AS type, s.wal_status AS "walStatus",
    pg_catalog.pg_wal_lsn_diff(${currentWal}, s.restart_lsn) AS "heldBytes"
  FROM pg_catalog.pg_replication_slots s ORDER BY s.restart_lsn LIMIT $1::int4`

const replicasQuery = `
  SELECT r.application_name AS application, r.state, pg_catalog.pg_wal_lsn_diff(${currentWal}, r.replay_lsn) AS "lagBytes"
  FROM pg_catalog.pg_stat_replication r ORDER BY r.replay_lsn LIMIT $1::int4`

const rights: HealthCheck = {
  name: 'visibility',
  about: 'Whether the login sees enough to judge.',
  async find(catalog) {
    const row = await jsonRow<{ sees: boolean; superuser: boolean }>(
      catalog,
      `SELECT pg_catalog.pg_has_role(CURRENT_USER, 'pg_read_all_stats', 'MEMBER') AS sees,
         r.rolsuper AS superuser
       FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER`,
    )
    if (row?.superuser) {
      return [
        {
          check: 'visibility',
          severity: 'warning',
          title: 'the login is a superuser',
          evidence: { superuser: true },
          fix: 'Use a login with SELECT on what is to be read, and pg_monitor if it is to see statistics.',
        },
      ]
    }
    if (row?.sees) return []
    return [
      {
        check: 'visibility',
        severity: 'info',
        title: 'the login sees only its own sessions in full',
        evidence: { pg_read_all_stats: false },
        fix: 'GRANT pg_read_all_stats to it to see states, waits and queries of other roles.',
      },
    ]
  },
}

export const trafficChecks: readonly HealthCheck[] = [connections, transactions, prepared, replication, rights]
