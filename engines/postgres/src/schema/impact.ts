import type { Catalog } from '../catalog.ts'
import { quoteIdentifier, quoteQualified } from '../sql/identifier.ts'
import type { CheckedDefinition } from './definition.ts'
import { jsonRow, jsonRows } from './json-rows.ts'
import { type LockCost, lockCost } from './lock-cost.ts'

/** Something that would break, or go along, when its base is changed or dropped. */
export interface Dependent {
  /** As PostgreSQL calls it: view, table constraint, trigger, function, index … */
  readonly kind: string
  /** Quoted where it has to be. */
  readonly identity: string
  /** 1: depends on the object itself; 2: on something of depth 1; … */
  readonly depth: number
  /** Dropped with its base without being asked for: an index, a trigger, an owned sequence. */
  readonly goesAlong: boolean
}

export interface Impact extends LockCost {
  /** Whether the object is there: a definition that creates has none. */
  readonly exists: boolean
  readonly rowsEstimate: number | null
  readonly sizeBytes: number | null
  readonly dependents: readonly Dependent[]
  readonly dependentsTruncated: boolean
  /** Transactions that hold a lock on it right now: an ACCESS EXCLUSIVE lock waits for them, and everybody for it. */
  readonly holders: number
  /** Takes the change back; `null` when it cannot be taken back, or is unknown. */
  readonly undo: string | null
  readonly warnings: readonly string[]
}

const dependentsMax = 200

/** What a checked definition would meet: read before anything is changed. */
export async function impactOf(catalog: Catalog, definition: CheckedDefinition): Promise<Impact> {
  const object = await objectOf(catalog, definition)
  const dependents = object ? await dependentsOf(catalog, object) : []
  const shown = dependents.slice(0, dependentsMax)
  const cost = lockCost(definition)
  return {
    ...cost,
    exists: object !== undefined,
    rowsEstimate: object?.rows ?? null,
    sizeBytes: object?.bytes ?? null,
    dependents: shown,
    dependentsTruncated: dependents.length > shown.length,
    holders: object?.holders ?? 0,
    undo: definition.undo ?? (object ? await undoFromCatalog(catalog, definition) : null),
    warnings: warningsOf(definition, { dependents, object, cost }),
  }
}

interface FoundObject {
  readonly catalogue: number
  readonly id: number
  /** The number of a column when only that is touched; else 0. */
  readonly part: number
  readonly rows: number | null
  readonly bytes: number | null
  readonly holders: number
}

function objectOf(catalog: Catalog, { target, parts }: CheckedDefinition): Promise<FoundObject | undefined> {
  const place = target.kind === 'index' && target.table && parts.length > 0 ? { ...target, ...target.table } : target
  const column = parts.map(columnTouched).find(name => name !== undefined)
  return jsonRow(catalog, objectQuery, [
    place.name,
    place.schema ?? target.table?.schema ?? 'public',
    relationKinds.has(target.kind) ? 'relation' : target.kind === 'domain' ? 'type' : target.kind,
    target.table?.name ?? null,
    column ?? null,
  ])
}

const relationKinds: ReadonlySet<string> = new Set(['table', 'view', 'materialized_view', 'sequence', 'index'])

/** The only column an ALTER concerns, so that what uses other columns is left out. */
function columnTouched(part: string): string | undefined {
  const found = /^(?:DropColumn|AlterColumnType|rename) (.*?)(?: to .*)?$/su.exec(part)
  return found && !part.startsWith('rename to ') ? found[1] : undefined
}

const objectQuery = `
  SELECT o.catalogue::pg_catalog.oid::int8 AS catalogue, o.id::int8 AS id,
    COALESCE((SELECT a.attnum FROM pg_catalog.pg_attribute a
      WHERE o.catalogue = 'pg_catalog.pg_class'::pg_catalog.regclass AND a.attrelid = o.id AND a.attname = $5), 0) AS part,
    CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END AS rows,
    CASE WHEN c.relkind IN ('r', 'm', 'i', 't') THEN pg_catalog.pg_total_relation_size(c.oid) END AS bytes,
    (SELECT pg_catalog.count(DISTINCT l.pid) FROM pg_catalog.pg_locks l
      WHERE l.locktype = 'relation' AND l.relation = c.oid AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
        AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    ) AS holders
  FROM (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS catalogue, c.oid AS id FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE $3 = 'relation' AND n.nspname = $2 AND c.relname = $1
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE $3 = 'type' AND n.nspname = $2 AND t.typname = $1
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE $3 IN ('function', 'procedure') AND n.nspname = $2 AND p.proname = $1
    UNION ALL
    SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid FROM pg_catalog.pg_namespace n
      WHERE $3 = 'schema' AND n.nspname = $1
    UNION ALL
    SELECT 'pg_catalog.pg_extension'::pg_catalog.regclass, e.oid FROM pg_catalog.pg_extension e
      WHERE $3 = 'extension' AND e.extname = $1
    UNION ALL
    SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid FROM pg_catalog.pg_trigger t
      JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE $3 = 'trigger' AND n.nspname = $2 AND t.tgname = $1 AND c.relname = $4
    UNION ALL
    SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, y.oid FROM pg_catalog.pg_policy y
      JOIN pg_catalog.pg_class c ON c.oid = y.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE $3 = 'policy' AND n.nspname = $2 AND y.polname = $1 AND c.relname = $4
  ) AS o
  LEFT JOIN pg_catalog.pg_class c ON o.catalogue = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = o.id
  LIMIT 1`

function dependentsOf(catalog: Catalog, { catalogue, id, part }: FoundObject): Promise<Dependent[]> {
  return jsonRows(catalog, dependentsQuery, [catalogue, id, part, dependentsMax + 1])
}

/** A rule stands for its view; row types, TOAST tables and what PostgreSQL made for itself are nobody's concern. */
const dependentsQuery = `
  WITH RECURSIVE found(catalogue, id, along, depth) AS (
    SELECT n.catalogue, n.id, d.deptype IN ('a', 'i', 'P', 'S'), 1
    FROM pg_catalog.pg_depend d
    LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
    CROSS JOIN LATERAL (SELECT CASE WHEN r.oid IS NULL THEN d.classid
      ELSE 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid END, COALESCE(r.ev_class, d.objid)) AS n(catalogue, id)
    WHERE d.refclassid = $1::pg_catalog.oid AND d.refobjid = $2::pg_catalog.oid
      AND ($3::int4 = 0 OR d.refobjsubid = $3::int4) AND (n.catalogue, n.id) <> ($1::pg_catalog.oid, $2::pg_catalog.oid)
    UNION
    SELECT n.catalogue, n.id, d.deptype IN ('a', 'i', 'P', 'S') AND f.along, f.depth + 1
    FROM found f JOIN pg_catalog.pg_depend d ON d.refclassid = f.catalogue AND d.refobjid = f.id
    LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
    CROSS JOIN LATERAL (SELECT CASE WHEN r.oid IS NULL THEN d.classid
      ELSE 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid END, COALESCE(r.ev_class, d.objid)) AS n(catalogue, id)
    WHERE f.depth < 8 AND (n.catalogue, n.id) <> (f.catalogue, f.id)
      AND (n.catalogue, n.id) <> ($1::pg_catalog.oid, $2::pg_catalog.oid)
  )
  SELECT i.type AS kind, i.identity, pg_catalog.min(f.depth) AS depth, pg_catalog.bool_or(f.along) AS "goesAlong"
  FROM found f CROSS JOIN LATERAL pg_catalog.pg_identify_object(f.catalogue, f.id, 0) AS i
  WHERE i.type IS NOT NULL AND i.type NOT IN ('type', 'composite type', 'toast table', 'default value', 'rule')
    AND NOT (i.type = 'trigger' AND EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.oid = f.id AND t.tgisinternal))
    AND COALESCE(i.schema, '') <> 'pg_toast'
  GROUP BY i.type, i.identity
  ORDER BY pg_catalog.min(f.depth), i.type, i.identity LIMIT $4::int4`

function warningsOf(
  { verb, target, parts, cascade, alone, dangers }: CheckedDefinition,
  { dependents, object, cost }: { dependents: readonly Dependent[]; object: FoundObject | undefined; cost: LockCost },
): string[] {
  const lost = dependents.filter(each => !each.goesAlong)
  const drops = verb === 'drop' || parts.some(part => part.startsWith('DropColumn'))
  const big = (object?.rows ?? 0) > 100_000
  return [
    ...(drops && lost.length > 0 && cascade ? [`${lost.length} other objects are dropped too`] : []),
    ...(drops && lost.length > 0 && !cascade
      ? [`${lost.length} other objects depend on it: without cascade it fails`]
      : []),
    ...(drops && ['table', 'schema', 'materialized_view'].includes(target.kind)
      ? ['the data cannot be brought back']
      : []),
    ...(big && cost.rewrites !== false ? ['a big table may be written anew while nobody can read it'] : []),
    ...(big && cost.scans && cost.blocks !== 'nothing' ? [`a big table is read whole while ${cost.blocks} wait`] : []),
    ...((object?.holders ?? 0) > 0 && cost.blocks === 'reads and writes' ? ['it is in use: set a lock timeout'] : []),
    ...(alone ? ['it runs outside a transaction; when it fails it may leave an invalid index behind'] : []),
    ...dangers,
  ]
}

/** What was there before, for changes whose text does not say it. */
async function undoFromCatalog(catalog: Catalog, definition: CheckedDefinition): Promise<string | null> {
  const { verb, target, parts } = definition
  const { schema = 'public', name } = target
  if (verb === 'drop') return undoDrop(catalog, definition)
  if (target.kind !== 'table' || parts.length !== 1 || verb !== 'alter') return null
  const [form = '', ...rest] = parts[0]!.split(' ')
  const before = await jsonRow<{ type: string; default: string | null }>(catalog, columnBeforeQuery, [
    schema,
    name,
    rest.join(' '),
  ])
  if (!before) return null
  const alter = `ALTER TABLE ${quoteQualified({ schema, name })} ALTER COLUMN ${quoteIdentifier(rest.join(' '))}`
  if (form === 'AlterColumnType') return `${alter} TYPE ${before.type}`
  if (form !== 'ColumnDefault') return null
  return before.default === null ? `${alter} DROP DEFAULT` : `${alter} SET DEFAULT ${before.default}`
}

const columnBeforeQuery = `
  SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND NOT a.attisdropped`

/** The definition of what goes, where it holds no data. Of functions with several overloads there is no telling which. */
async function undoDrop(catalog: Catalog, { target }: CheckedDefinition): Promise<string | null> {
  const { schema = target.table?.schema ?? 'public', name, kind, table } = target
  const rows = await jsonRows<{ definition: string | null }>(catalog, dropUndoQuery, [
    kind,
    schema,
    name,
    table?.name ?? null,
  ])
  const definition = rows.length === 1 ? (rows[0]!.definition ?? null) : null
  if (definition === null || kind !== 'view') return definition
  return `CREATE VIEW ${quoteQualified({ schema, name })} AS ${definition}`
}

const dropUndoQuery = `
  SELECT pg_catalog.pg_get_indexdef(c.oid) AS definition FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE $1 = 'index' AND n.nspname = $2 AND c.relname = $3 AND c.relkind IN ('i', 'I')
  UNION ALL
  SELECT pg_catalog.pg_get_viewdef(c.oid) FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE $1 = 'view' AND n.nspname = $2 AND c.relname = $3 AND c.relkind = 'v'
  UNION ALL
  SELECT pg_catalog.pg_get_functiondef(p.oid) FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE $1 IN ('function', 'procedure') AND n.nspname = $2 AND p.proname = $3 AND p.prokind IN ('f', 'p')
  UNION ALL
  SELECT pg_catalog.pg_get_triggerdef(t.oid) FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE $1 = 'trigger' AND n.nspname = $2 AND t.tgname = $3 AND c.relname = $4`

/** What a rehearsed change did inside its transaction, before it is rolled back. */
export interface Rehearsed {
  /** Locks it holds, by relation. */
  readonly locks: readonly { readonly relation: string; readonly mode: string }[]
}

/** For the `look` of a dry run: the locks the change holds, as PostgreSQL itself counts them. */
export async function lookAtChange(catalog: Catalog): Promise<Rehearsed> {
  return {
    locks: await jsonRows(
      catalog,
      `SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname)) AS relation, l.mode
       FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
         AND n.nspname NOT IN ('pg_catalog', 'pg_toast') ORDER BY 1, 2 LIMIT 100`,
    ),
  }
}
