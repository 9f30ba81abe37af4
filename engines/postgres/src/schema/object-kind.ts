/** Everything a database holds that somebody may look at. */
export const objectKinds = [
  'schema',
  'table',
  'view',
  'materialized_view',
  'function',
  'trigger',
  'sequence',
  'type',
  'index',
  'constraint',
  'extension',
] as const

export type ObjectKind = (typeof objectKinds)[number]

/** Schemas of PostgreSQL itself. Its users cannot make others that begin with `pg_`; `_` is no wildcard here. */
export const isSystemSchema = (schema: string): string =>
  `(${schema} OPERATOR(pg_catalog.~) '^pg_' OR ${schema} OPERATOR(pg_catalog.=) 'information_schema')`
