import { duplicateIndexes } from '../advice/duplicate-indexes.ts'
import { unusedIndexes } from '../advice/unused-indexes.ts'
import { jsonRows } from '../schema/json-rows.ts'
import { isSystemSchema } from '../schema/object-kind.ts'
import { bytesText, findingsMax, type HealthCheck } from './health-check.ts'

const invalid: HealthCheck = {
  name: 'invalid_indexes',
  about: 'Indexes that a failed CREATE INDEX CONCURRENTLY left behind: written to, never read.',
  async find(catalog) {
    const rows = await jsonRows<{ name: string; table: string; ready: boolean }>(catalog, invalidQuery, [findingsMax])
    return rows.map(row => ({
      check: 'invalid_indexes',
      severity: 'warning',
      title: `the index ${row.name} on ${row.table} is invalid`,
      evidence: { ...row },
      fix: `REINDEX INDEX CONCURRENTLY ${row.name}, or drop it; unless it is being built right now.`,
    }))
  },
}

const qualified = (schema: string, name: string): string =>
  `pg_catalog.concat(pg_catalog.quote_ident(${schema}), '.', pg_catalog.quote_ident(${name}))`

const invalidQuery = `
  SELECT ${qualified('n.nspname', 'c.relname')} AS name, ${qualified('tn.nspname', 't.relname')} AS table,
    i.indisready AS ready
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
  WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY 1 LIMIT $1::int4`

const duplicate: HealthCheck = {
  name: 'duplicate_indexes',
  about: 'Indexes that another index makes superfluous.',
  async find(catalog) {
    const found = await duplicateIndexes(catalog, { limit: findingsMax })
    return found.map(each => ({
      check: 'duplicate_indexes',
      severity: 'info',
      title: `${each.index} (${bytesText(each.sizeBytes)}) does nothing that ${each.coveredBy} does not`,
      evidence: { ...each },
      fix: each.drop,
    }))
  },
}

const unused: HealthCheck = {
  name: 'unused_indexes',
  about: 'Big indexes nobody has scanned since statistics were reset.',
  async find(catalog, { unusedIndexBytesMin }) {
    const { indexes, statisticsReset } = await unusedIndexes(catalog, {
      bytesMin: unusedIndexBytesMin,
      limit: findingsMax,
    })
    return indexes.map(each => ({
      check: 'unused_indexes',
      severity: 'info',
      title: `${each.index} (${bytesText(each.sizeBytes)}) was never scanned`,
      evidence: { ...each, statisticsReset },
      fix: `If replicas do not use it either: ${each.drop}`,
    }))
  },
}

const keyless: HealthCheck = {
  name: 'primary_keys',
  about: 'Tables without a primary key.',
  async find(catalog) {
    const rows = await jsonRows<{ name: string; rowsEstimate: number | null }>(catalog, keylessQuery, [findingsMax])
    return rows.map(row => ({
      check: 'primary_keys',
      severity: 'info',
      title: `${row.name} has no primary key`,
      evidence: { ...row },
      fix: 'Give it one: rows cannot be told apart, and logical replication cannot update or delete them.',
    }))
  },
}

const keylessQuery = `
  SELECT ${qualified('n.nspname', 'c.relname')} AS name, CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END AS "rowsEstimate"
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT ${isSystemSchema('n.nspname')}
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'
      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid)
  ORDER BY c.reltuples DESC, 1 LIMIT $1::int4`

export const indexChecks: readonly HealthCheck[] = [invalid, duplicate, unused, keyless]
