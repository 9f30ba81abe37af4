import type { Catalog } from '../catalog.ts'
import { jsonRows } from '../schema/json-rows.ts'

/** A backend in a pile-up. */
export interface LockHolder {
  readonly pid: number
  readonly user: string | null
  readonly application: string | null
  readonly state: string | null
  readonly query: string | null
  readonly transactionSeconds: number | null
  /** How long it has been waiting; `null` for one that waits for nobody. */
  readonly waitSeconds: number | null
  /** What it waits for; `null` for one that waits for nobody. */
  readonly waitsFor: LockWish | null
  /** Relations it has locked more than for reading, at most twenty. */
  readonly holds: readonly { readonly relation: string; readonly mode: string }[]
}

export interface LockWish {
  /** relation, transactionid, tuple, advisory … */
  readonly type: string
  readonly mode: string
  /** Quoted where it has to be; `null` for locks on no relation, and for relations of another database. */
  readonly relation: string | null
}

/** A backend, and those that wait for it. */
export interface LockNode extends LockHolder {
  readonly blocks: readonly LockNode[]
}

export interface LockTree {
  /** Backends that wait for nobody and keep others waiting; in a deadlock, one of the circle. */
  readonly roots: readonly LockNode[]
  readonly waiting: number
  /** The longest wait. */
  readonly waitSecondsMax: number
  /** More backends wait than are shown. */
  readonly truncated: boolean
}

type Row = LockHolder & { readonly blockedBy: readonly number[] }

const backendsMax = 200

/** Who waits for whom, as a tree: end the root, and what hangs below can go on. */
export async function readLocks(catalog: Catalog, request: { readonly queryMax?: number } = {}): Promise<LockTree> {
  const rows = await jsonRows<Row>(catalog, locksQuery, [Math.min(request.queryMax ?? 500, 10_000), backendsMax + 1])
  const shown = rows.slice(0, backendsMax)
  const waits = shown.map(row => row.waitSeconds ?? 0)
  return {
    roots: toTree(shown),
    waiting: shown.filter(row => row.blockedBy.length > 0).length,
    waitSecondsMax: Math.max(0, ...waits),
    truncated: rows.length > shown.length,
  }
}

/** Each backend hangs below the first one that blocks it, so that none is counted twice. */
function toTree(rows: readonly Row[]): LockNode[] {
  const byPid = new Map(rows.map(row => [row.pid, row]))
  const parentOf = (row: Row) => row.blockedBy.find(pid => pid !== row.pid && byPid.has(pid))
  const placed = new Set<number>()
  const grow = (row: Row): LockNode => {
    placed.add(row.pid)
    const { blockedBy: _, ...holder } = row
    const below = rows.filter(each => parentOf(each) === row.pid && !placed.has(each.pid))
    return { ...holder, blocks: below.map(grow) }
  }
  const roots = rows.filter(row => parentOf(row) === undefined).map(grow)
  // What is left waits in a circle.
  for (const row of rows) if (!placed.has(row.pid)) roots.push(grow(row))
  return roots.sort((one, other) => sizeOf(other) - sizeOf(one))
}

const sizeOf = (node: LockNode): number => 1 + node.blocks.reduce((sum, below) => sum + sizeOf(below), 0)

/** Ids of relations mean something in their own database only. */
const relationName = `(SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname))
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = l.relation AND l.database IN (0, (SELECT d.oid FROM pg_catalog.pg_database d
    WHERE d.datname = pg_catalog.current_database())))`

const locksQuery = `
  WITH waiting AS MATERIALIZED (
    SELECT a.pid, pg_catalog.pg_blocking_pids(a.pid) AS blockers FROM pg_catalog.pg_stat_activity a
    WHERE a.pid IN (SELECT l.pid FROM pg_catalog.pg_locks l WHERE NOT l.granted)
  ), concerned AS (
    SELECT w.pid FROM waiting w WHERE pg_catalog.cardinality(w.blockers) > 0
    UNION SELECT b FROM waiting w CROSS JOIN pg_catalog.unnest(w.blockers) AS b
  )
  SELECT k.pid, a.usename AS user, a.application_name AS application, a.state,
    pg_catalog.left(a.query, $1::int4) AS query,
    pg_catalog.round(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::numeric, 3) AS "transactionSeconds",
    (SELECT pg_catalog.round(EXTRACT(epoch FROM pg_catalog.clock_timestamp()
        - COALESCE(l.waitstart, a.state_change))::numeric, 3)
      FROM pg_catalog.pg_locks l WHERE l.pid = k.pid AND NOT l.granted LIMIT 1) AS "waitSeconds",
    (SELECT pg_catalog.json_build_object('type', l.locktype, 'mode', l.mode, 'relation', COALESCE(${relationName},
        (SELECT pg_catalog.concat(pg_catalog.quote_ident(tn.nspname), '.', pg_catalog.quote_ident(tc.relname))
          FROM pg_catalog.pg_locks t JOIN pg_catalog.pg_class tc ON tc.oid = t.relation
          JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
          WHERE t.pid = k.pid AND t.locktype = 'tuple' AND t.database = (SELECT d.oid FROM pg_catalog.pg_database d
            WHERE d.datname = pg_catalog.current_database()) LIMIT 1)))
      FROM pg_catalog.pg_locks l WHERE l.pid = k.pid AND NOT l.granted LIMIT 1) AS "waitsFor",
    (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('relation', h.relation, 'mode', h.mode)
        ORDER BY h.relation, h.mode), '[]') FROM (
      SELECT ${relationName} AS relation, l.mode FROM pg_catalog.pg_locks l
      WHERE l.pid = k.pid AND l.granted AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock' LIMIT 60) AS h
      WHERE h.relation IS NOT NULL AND NOT h.relation LIKE 'pg\\_%') AS holds,
    COALESCE(w.blockers, '{}') AS "blockedBy"
  FROM concerned k LEFT JOIN waiting w ON w.pid = k.pid LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid
  ORDER BY a.xact_start NULLS LAST, k.pid LIMIT $2::int4`
