import type { Catalog } from '../catalog.ts'
import { jsonRows } from './json-rows.ts'
import { listQueries } from './list-queries.ts'
import { isSystemSchema, type ObjectKind } from './object-kind.ts'
import { limitOf, type Page, parseCursor, toPage } from './page.ts'

export interface ListRequest<Kind extends ObjectKind = ObjectKind> {
  readonly kind: Kind
  readonly schema?: string
  /** Only objects of this table: its triggers, indexes, constraints, sequences, partitions. */
  readonly table?: string
  /** Only names with this text in them, whatever the case. */
  readonly contains?: string
  /** Adds sizes on disk, which costs a look at each file. */
  readonly sizes?: boolean
  /** Partitions too, not only the tables they are parts of. */
  readonly partitions?: boolean
  /** What belongs to an extension. */
  readonly extensionMembers?: boolean
  /** The schemas of PostgreSQL itself. */
  readonly system?: boolean
  /** At most 1000; default 100. */
  readonly limit?: number
  readonly cursor?: string
}

/** What every listed object has. */
export interface Listed {
  readonly id: number
  readonly schema: string
  readonly name: string
  /** The table an index, trigger, constraint, partition or owned sequence belongs to. */
  readonly parent: string | null
  readonly comment: string | null
  /** On disk with everything that belongs to it; when asked for. */
  readonly sizeBytes?: number
}

/** What each kind has besides. */
export interface ListedFacts {
  schema: { readonly owner: string; readonly tables: number; readonly usable: boolean }
  table: {
    readonly form: 'ordinary' | 'partitioned' | 'foreign'
    readonly owner: string
    /** `null` until the table was analyzed once. */
    readonly rowsEstimate: number | null
    readonly partitions: number
    readonly rowSecurity: boolean
    readonly unlogged: boolean
    /** By the login that asks, at least one column. */
    readonly readable: boolean
  }
  view: { readonly owner: string; readonly readable: boolean }
  materialized_view: {
    readonly owner: string
    readonly populated: boolean
    readonly rowsEstimate: number | null
    readonly readable: boolean
  }
  function: {
    readonly form: 'function' | 'procedure' | 'aggregate' | 'window'
    readonly arguments: string
    readonly result: string | null
    readonly language: string
    readonly volatility: 'immutable' | 'stable' | 'volatile'
    readonly securityDefiner: boolean
    readonly owner: string
  }
  trigger: { readonly enabled: boolean; readonly definition: string }
  sequence: {
    readonly dataType: string
    readonly start: string
    readonly minimum: string
    readonly maximum: string
    readonly increment: string
    readonly cycles: boolean
    /** `null` when it was never used or may not be read. */
    readonly lastValue: string | null
    readonly owner: string
  }
  type: {
    readonly form: 'enum' | 'domain' | 'range' | 'multirange' | 'composite' | 'base'
    readonly values: readonly string[] | null
    readonly baseType: string | null
    readonly owner: string
  }
  index: {
    readonly method: string
    readonly unique: boolean
    readonly primary: boolean
    readonly valid: boolean
    readonly definition: string
    readonly scans: number
  }
  constraint: {
    readonly form: 'primary key' | 'foreign key' | 'unique' | 'check' | 'exclusion' | 'not null' | 'trigger'
    readonly definition: string
    readonly validated: boolean
  }
  extension: { readonly version: string; readonly newestVersion: string | null }
}

export type ListedObject<Kind extends ObjectKind = ObjectKind> = { [K in Kind]: Listed & ListedFacts[K] }[Kind]

const limits = { usual: 100, max: 1_000 }
const sized: ReadonlySet<ObjectKind> = new Set(['table', 'materialized_view', 'index'])

/**
 * One page of the objects of a kind, by schema and name.
 *
 * @throws PostgresCursorInvalid
 */
export async function listObjects<Kind extends ObjectKind>(
  catalog: Catalog,
  request: ListRequest<Kind>,
): Promise<Page<ListedObject<Kind>>> {
  const limit = limitOf(request.limit, limits)
  const rows = await jsonRows<ListedObject<Kind> & { member?: boolean }>(
    catalog,
    pageQuery(request.kind),
    pageParams(request, limit),
  )
  const page = toPage(
    rows.map(({ member: _, ...row }) => row as unknown as ListedObject<Kind>),
    limit,
  )
  return request.sizes === true && sized.has(request.kind) ? { ...page, items: await withSizes(catalog, page) } : page
}

const pageQuery = (kind: ObjectKind): string => `
  SELECT o.* FROM (${listQueries[kind]}) AS o
  WHERE ($1::text IS NULL OR o.schema = $1)
    AND ($2::text IS NULL OR o.parent = $2)
    AND ($3::text IS NULL OR pg_catalog.strpos(pg_catalog.lower(o.name), pg_catalog.lower($3)) > 0)
    AND ($4::bool OR o.schema = $1 OR NOT ${isSystemSchema('o.schema')})
    AND ($5::bool OR NOT o.member)
    AND ($6::bool OR ${kind === 'table' ? 'o.parent IS NULL' : 'true'})
    AND ($7::text IS NULL OR (o.schema COLLATE "C", o.name COLLATE "C", o.id) > ($7, $8::text, $9::int8))
  ORDER BY o.schema COLLATE "C", o.name COLLATE "C", o.id
  LIMIT $10::int4`

function pageParams(request: ListRequest, limit: number): unknown[] {
  const place = request.cursor === undefined ? undefined : parseCursor(request.cursor)
  return [
    request.schema ?? null,
    request.table ?? null,
    request.contains ?? null,
    // Every extension but a few lives in pg_catalog or public: hiding system schemas would hide plpgsql.
    request.system === true || request.kind === 'extension',
    request.extensionMembers ?? false,
    request.partitions === true || request.table !== undefined,
    place?.schema ?? null,
    place?.name ?? null,
    place?.id ?? null,
    limit + 1,
  ]
}

async function withSizes<Item extends Listed>(catalog: Catalog, page: Page<Item>): Promise<Item[]> {
  const sizes = await relationSizes(
    catalog,
    page.items.map(item => item.id),
  )
  return page.items.map(item => ({ ...item, sizeBytes: sizes.get(item.id) ?? 0 }))
}

/** Bytes on disk with indexes and TOAST, by id; a partitioned table has what its partitions have. */
export async function relationSizes(catalog: Catalog, ids: readonly number[]): Promise<Map<number, number>> {
  const rows = await jsonRows<{ id: number; bytes: number | null }>(
    catalog,
    `SELECT c.oid::int8 AS id,
       CASE WHEN c.relkind IN ('p', 'I')
         THEN (SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(t.relid)) FROM pg_catalog.pg_partition_tree(c.oid) t)
         ELSE pg_catalog.pg_total_relation_size(c.oid) END AS bytes
     FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::pg_catalog.oid[])`,
    [ids],
  )
  return new Map(rows.map(row => [row.id, row.bytes ?? 0]))
}
