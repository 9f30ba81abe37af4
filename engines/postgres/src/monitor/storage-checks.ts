import { jsonRow, jsonRows } from '../schema/json-rows.ts'
import { isSystemSchema } from '../schema/object-kind.ts'
import { bytesText, findingsMax, type HealthCheck, percent } from './health-check.ts'

const cache: HealthCheck = {
  name: 'cache',
  about: 'Share of block reads of this database answered from shared memory.',
  async find(catalog, { cacheHitMin, cacheBlocksMin }) {
    const row = await jsonRow<{ hit: number; read: number }>(
      catalog,
      `SELECT d.blks_hit AS hit, d.blks_read AS read FROM pg_catalog.pg_stat_database d
       WHERE d.datname = pg_catalog.current_database()`,
    )
    const asked = row ? row.hit + row.read : 0
    if (!row || asked < cacheBlocksMin || row.hit / asked >= cacheHitMin) return []
    return [
      {
        check: 'cache',
        severity: 'warning',
        title: `only ${percent(row.hit / asked)} of block reads are answered from shared memory`,
        evidence: { hitRatio: row.hit / asked, blocksHit: row.hit, blocksRead: row.read },
        fix: 'Raise shared_buffers, or find the queries that read whole tables (top queries by blocks read).',
      },
    ]
  },
}

interface DeadRows {
  readonly name: string
  readonly live: number
  readonly dead: number
  readonly lastVacuum: string | null
  readonly autovacuum: boolean
}

const vacuum: HealthCheck = {
  name: 'vacuum',
  about: 'Tables whose dead rows wait for vacuum.',
  async find(catalog, { deadRowsMax, deadRowsMin }) {
    const rows = await jsonRows<DeadRows>(catalog, deadRowsQuery, [deadRowsMin, deadRowsMax, findingsMax])
    return rows.map(row => ({
      check: 'vacuum',
      severity: row.dead > row.live ? 'critical' : 'warning',
      title: `${row.name} has ${row.dead} dead rows beside ${row.live} live ones`,
      evidence: { ...row },
      fix: row.autovacuum
        ? `Run VACUUM ${row.name}; if it comes back, lower autovacuum_vacuum_scale_factor for the table, or end what holds old snapshots.`
        : `Autovacuum is switched off for it: run VACUUM ${row.name} and switch it on again.`,
    }))
  },
}

const nameOf = (schema: string, name: string): string =>
  `pg_catalog.concat(pg_catalog.quote_ident(${schema}), '.', pg_catalog.quote_ident(${name}))`

const deadRowsQuery = `
  SELECT ${nameOf('s.schemaname', 's.relname')} AS name, s.n_live_tup AS live, s.n_dead_tup AS dead,
    GREATEST(s.last_vacuum, s.last_autovacuum) AS "lastVacuum",
    NOT COALESCE('autovacuum_enabled=false' = ANY (c.reloptions) OR 'autovacuum_enabled=off' = ANY (c.reloptions), false)
      AND pg_catalog.current_setting('autovacuum')::bool AS autovacuum
  FROM pg_catalog.pg_stat_user_tables s JOIN pg_catalog.pg_class c ON c.oid = s.relid
  WHERE s.n_dead_tup >= $1::int8 AND s.n_dead_tup > $2::float8 * (s.n_live_tup + s.n_dead_tup)
  ORDER BY s.n_dead_tup DESC LIMIT $3::int4`

interface Bloat {
  readonly name: string
  readonly bytes: number
  readonly neededBytes: number
  readonly share: number
}

const bloat: HealthCheck = {
  name: 'bloat',
  about: 'Tables that are much bigger than their rows need, estimated from statistics.',
  async find(catalog, { bloatMax, bloatBytesMin }) {
    const rows = await jsonRows<Bloat>(catalog, bloatQuery, [bloatBytesMin, bloatMax, findingsMax])
    return rows.map(row => ({
      check: 'bloat',
      severity: 'warning',
      title: `about ${percent(row.share)} of ${row.name} (${bytesText(row.bytes)}) is empty room`,
      evidence: { ...row, estimated: true },
      fix: 'VACUUM lets new rows use the room; only VACUUM FULL (locks everybody out) or pg_repack gives it back.',
    }))
  },
}

/** Width of a row from pg_stats plus its header, times rows, against the pages there are. */
const bloatQuery = `
  SELECT b.name, b.bytes, b.needed AS "neededBytes", 1 - b.needed / b.bytes AS share FROM (
    SELECT ${nameOf('n.nspname', 'c.relname')} AS name, c.relpages::float8 * 8192 AS bytes,
      pg_catalog.ceil(c.reltuples * (28 + s.width) / (8168.0 * COALESCE(
        (SELECT pg_catalog.substring(o, 12)::float8 FROM pg_catalog.unnest(c.reloptions) AS o WHERE o LIKE 'fillfactor=%'), 100
      ) / 100)) * 8192 AS needed
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
      SELECT pg_catalog.sum((1 - p.null_frac) * p.avg_width) AS width, pg_catalog.count(*) AS known
      FROM pg_catalog.pg_stats p WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND NOT p.inherited
    ) AS s
    WHERE c.relkind IN ('r', 'm') AND c.reltuples >= 0 AND s.known > 0 AND NOT ${isSystemSchema('n.nspname')}
      AND s.known = (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  ) AS b
  WHERE b.bytes >= $1::float8 AND 1 - b.needed / b.bytes > $2::float8
  ORDER BY b.bytes - b.needed DESC LIMIT $3::int4`

interface Wrap {
  readonly what: 'transactions' | 'multixacts'
  readonly name: string
  readonly age: number
  readonly share: number
}

const wraparound: HealthCheck = {
  name: 'wraparound',
  about: 'How far the oldest transaction and multixact are from the point where the server stops taking writes.',
  async find(catalog, thresholds) {
    const rows = await jsonRows<Wrap>(catalog, wraparoundQuery, [thresholds.wraparoundWarning, findingsMax])
    return rows.map(row => ({
      check: 'wraparound',
      severity: row.share >= thresholds.wraparoundCritical ? 'critical' : 'warning',
      title: `${row.name} is ${percent(row.share)} of the way to running out of ${row.what}`,
      evidence: { ...row },
      fix: 'Run VACUUM (FREEZE) on it; look for transactions, prepared transactions and slots that hold old rows.',
    }))
  },
}

const wraparoundQuery = `
  SELECT w.what, w.name, w.age, w.age / 2147483647.0 AS share FROM (
    SELECT 'transactions' AS what, pg_catalog.concat('database ', pg_catalog.quote_ident(d.datname)) AS name,
      pg_catalog.age(d.datfrozenxid)::int8 AS age FROM pg_catalog.pg_database d WHERE d.datallowconn
    UNION ALL
    SELECT 'multixacts', pg_catalog.concat('database ', pg_catalog.quote_ident(d.datname)), pg_catalog.mxid_age(d.datminmxid)
      FROM pg_catalog.pg_database d WHERE d.datallowconn
    UNION ALL
    SELECT 'transactions', ${nameOf('n.nspname', 'c.relname')}, pg_catalog.age(c.relfrozenxid) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> '0'
    UNION ALL
    SELECT 'multixacts', ${nameOf('n.nspname', 'c.relname')}, pg_catalog.mxid_age(c.relminmxid) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 't') AND c.relminmxid <> '0'
  ) AS w WHERE w.age / 2147483647.0 >= $1::float8 ORDER BY w.age DESC LIMIT $2::int4`

interface Exhaustion {
  readonly name: string
  readonly used: number
  readonly lastValue: string
  readonly limit: string
  readonly column: string | null
}

const sequences: HealthCheck = {
  name: 'sequences',
  about: 'Sequences, and the integer columns they fill, that are running out of values.',
  async find(catalog, thresholds) {
    const rows = await jsonRows<Exhaustion>(catalog, sequencesQuery, [thresholds.sequenceWarning, findingsMax])
    return rows.map(row => ({
      check: 'sequences',
      severity: row.used >= thresholds.sequenceCritical ? 'critical' : 'warning',
      title: `${row.name} has used ${percent(row.used)} of its values`,
      evidence: { ...row },
      fix: `Change ${row.column ?? 'the column it fills'} to bigint and the sequence with it (ALTER SEQUENCE … AS bigint).`,
    }))
  },
}

/** A serial sequence may count further than its integer column: the smaller of the two ends it. */
const sequencesQuery = `
  SELECT q.name, q.used, q.last::text AS "lastValue", q.top::text AS "limit", q.column FROM (
    SELECT ${nameOf('n.nspname', 'c.relname')} AS name, v.last, o.column,
      CASE WHEN s.seqincrement > 0 THEN LEAST(s.seqmax, COALESCE(o.top, s.seqmax)) ELSE s.seqmin END AS top,
      CASE WHEN s.seqincrement > 0
        THEN (v.last - s.seqmin)::float8 / NULLIF(LEAST(s.seqmax, COALESCE(o.top, s.seqmax)) - s.seqmin, 0)
        ELSE (s.seqmax - v.last)::float8 / NULLIF(s.seqmax::float8 - s.seqmin, 0) END AS used
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT CASE WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT,USAGE')
      THEN pg_catalog.pg_sequence_last_value(c.oid) END AS last) AS v
    LEFT JOIN LATERAL (
      SELECT pg_catalog.concat(pg_catalog.quote_ident(oc.relname), '.', pg_catalog.quote_ident(a.attname)) AS column,
        CASE a.atttypid WHEN 21 THEN 32767::int8 WHEN 23 THEN 2147483647::int8 END AS top
      FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class oc ON oc.oid = d.refobjid
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
        AND d.refobjsubid > 0 LIMIT 1
    ) AS o ON true
    WHERE NOT s.seqcycle AND v.last IS NOT NULL
  ) AS q WHERE q.used >= $1::float8 ORDER BY q.used DESC LIMIT $2::int4`

export const storageChecks: readonly HealthCheck[] = [cache, vacuum, bloat, wraparound, sequences]
