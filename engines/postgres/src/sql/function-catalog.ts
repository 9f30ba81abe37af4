import type { Catalog, QualifiedName } from '../catalog.ts'
import type { PostgresPolicy } from '../policy.ts'
import {
  harmlessInWrites,
  harmlessOfExtensions,
  harmlessVolatile,
  refusedExtensions,
  refusedFunctions,
} from './function-rules.ts'

/** What all functions of one name in one schema have in common: the worst of each. */
interface FunctionFacts {
  readonly schema: string
  readonly name: string
  readonly isVolatile: boolean
  readonly isDefiner: boolean
  readonly isUntrusted: boolean
  readonly isProcedure: boolean
  /** Can be written like a column of a row: `row.name`. */
  readonly takesRow: boolean
  readonly extension: string | null
  /** Puts SQL together from texts, in PL/pgSQL. */
  readonly isDynamic: boolean
  /** SQL it runs: of those written in it, statements or a whole CREATE FUNCTION; of all, the defaults of arguments. */
  readonly bodies: readonly (string | null)[] | null
}

/** What a call is part of. */
export type Purpose = 'read' | 'write'

/** Why something may not be called; `undefined` when it may. */
export type Reason = string | undefined

/** The functions, operators and casts of one database, as one login finds them. */
export class FunctionCatalog {
  readonly #policy: PostgresPolicy
  /** In the order names are looked up. */
  readonly #path: readonly string[]
  readonly #byName: ReadonlyMap<string, readonly FunctionFacts[]>
  readonly #operators: ReadonlyMap<string, string>
  readonly #casts: ReadonlyMap<string, string>
  readonly #attributes: ReadonlyMap<string, string>
  readonly #checks: ReadonlyMap<string, readonly string[]>
  readonly types: TypeNames

  private constructor(loaded: Loaded, policy: PostgresPolicy) {
    this.#policy = policy
    this.#path = loaded.path
    this.#byName = Map.groupBy(loaded.functions, facts => facts.name)
    this.#checks = new Map(loaded.domains.map(({ name, checks }) => [name, checks]))
    this.types = new TypeNames(loaded.types)
    const refused = (use: FunctionUse) => this.#reason(this.#facts(use.schema, use.function), 'read')
    this.#operators = reasonsOf(loaded.operators, refused)
    this.#casts = reasonsOf(loaded.casts, refused)
    const takeRows = loaded.functions.filter(facts => facts.takesRow)
    this.#attributes = reasonsOf(takeRows, facts => this.#reason([facts], 'read'))
  }

  static async load(catalog: Catalog, policy: PostgresPolicy): Promise<FunctionCatalog> {
    const [path] = await catalog.rows<{ schemas: string[] }>(pathQuery)
    const functions = await catalog.rows<FunctionFacts>(functionsQuery)
    const operators = await catalog.rows<FunctionUse>(operatorsQuery)
    const casts = await catalog.rows<FunctionUse>(castsQuery)
    const domains = await catalog.rows<DomainChecks>(domainsQuery)
    const types = await catalog.rows<TypeRow>(typesQuery)
    return new FunctionCatalog({ path: path?.schemas ?? [], functions, operators, casts, domains, types }, policy)
  }

  has({ schema, name }: QualifiedName): boolean {
    return this.#candidates(schema, name).length > 0
  }

  /** All names that can be called without a schema, for "did you mean". */
  get callable(): string[] {
    const path = new Set(this.#path)
    return [...this.#byName].filter(([, all]) => all.some(facts => path.has(facts.schema))).map(([name]) => name)
  }

  /** Whatever the arguments: PostgreSQL may pick any function of the name. */
  refusesCall({ schema, name }: QualifiedName, purpose: Purpose): Reason {
    return this.#reason(this.#candidates(schema, name), purpose)
  }

  /** SQL that runs inside of a function, unless the policy vouches for it. */
  bodiesOf({ schema, name }: QualifiedName): readonly string[] {
    return this.#bodies(this.#candidates(schema, name))
  }

  /** The same of functions that can be written like a column, wherever they are. */
  bodiesOfAttribute({ name }: QualifiedName): readonly string[] {
    return this.#bodies((this.#byName.get(name) ?? []).filter(facts => facts.takesRow))
  }

  /** What a domain checks, as SQL. */
  checksOf({ name }: QualifiedName): readonly string[] {
    return this.#checks.get(name) ?? []
  }

  refusesOperator({ name }: QualifiedName): Reason {
    return this.#operators.get(name)
  }

  refusesCast({ name }: QualifiedName): Reason {
    return this.#casts.get(name)
  }

  refusesAttribute({ name }: QualifiedName): Reason {
    return this.#attributes.get(name)
  }

  /** Without a schema, whichever the search path finds: any of them, as overloads may lie in several. */
  #candidates(schema: string | undefined, name: string): readonly FunctionFacts[] {
    if (schema !== undefined) return this.#facts(schema, name)
    return (this.#byName.get(name) ?? []).filter(facts => this.#path.includes(facts.schema))
  }

  #bodies(candidates: readonly FunctionFacts[]): readonly string[] {
    const unknown = candidates.filter(facts => !isListed(facts, this.#policy.allowFunctions))
    return unknown.flatMap(facts => facts.bodies ?? []).filter(body => body !== null)
  }

  #facts(schema: string, name: string): readonly FunctionFacts[] {
    return (this.#byName.get(name) ?? []).filter(facts => facts.schema === schema)
  }

  #reason(candidates: readonly FunctionFacts[], purpose: Purpose): Reason {
    for (const facts of candidates) {
      const reason = this.#reasonFor(facts, purpose)
      if (reason !== undefined) return reason
    }
    return undefined
  }

  #reasonFor(facts: FunctionFacts, purpose: Purpose): Reason {
    if (isListed(facts, this.#policy.denyFunctions)) return 'is closed by the policy of this source'
    if (isListed(facts, this.#policy.allowFunctions)) return undefined
    const byName = refusedFunctions.find(([pattern]) => pattern.test(facts.name))
    if (byName) return byName[1]
    if (facts.extension !== null && refusedExtensions.has(facts.extension)) return 'reaches beyond this database'
    if (facts.isProcedure) return 'is a procedure'
    if (facts.isUntrusted) return 'is written in a language that may do anything on the server'
    if (facts.isDynamic) return 'runs SQL given as text'
    if (facts.isDefiner) return 'runs with the rights of its owner'
    return facts.isVolatile && !isHarmless(facts, purpose) ? 'may change something, or is not known not to' : undefined
  }
}

/** Names of types by oid, and oids by any of their names. */
export class TypeNames {
  readonly #names: ReadonlyMap<number, string>
  readonly #oids: ReadonlyMap<string, number>
  readonly #arrays: ReadonlyMap<number, number>

  constructor(rows: readonly TypeRow[]) {
    this.#names = new Map(rows.map(row => [row.oid, row.formatted]))
    this.#oids = new Map(rows.flatMap(row => [[row.name, row.oid] as const, [row.formatted, row.oid] as const]))
    this.#arrays = new Map(rows.map(row => [row.oid, row.array]))
  }

  nameOf(oid: number): string | undefined {
    return this.#names.get(oid)
  }

  /** As in a cast: `int8`, `bigint`, `text[]`. */
  oidOf(written: string): number | undefined {
    const name = written.trim()
    if (name.endsWith('[]')) return this.#arrays.get(this.oidOf(name.slice(0, -2)) ?? 0) || undefined
    const lower = name.toLowerCase()
    return this.#oids.get(aliases[lower] ?? lower) ?? this.#oids.get(name)
  }
}

interface Loaded {
  readonly path: readonly string[]
  readonly functions: readonly FunctionFacts[]
  readonly operators: readonly FunctionUse[]
  readonly casts: readonly FunctionUse[]
  readonly domains: readonly DomainChecks[]
  readonly types: readonly TypeRow[]
}

interface FunctionUse {
  /** Of the operator, or of the type that is cast to. */
  readonly name: string
  readonly schema: string
  readonly function: string
}

interface DomainChecks {
  readonly name: string
  readonly checks: readonly string[]
}

interface TypeRow {
  readonly oid: number
  readonly name: string
  readonly formatted: string
  /** The type of arrays of it; 0 where there is none. */
  readonly array: number
}

/** What SQL also calls them. */
const aliases: Readonly<Record<string, string>> = { int: 'int4', decimal: 'numeric', float: 'float8', string: 'text' }

function reasonsOf<T extends { readonly name: string }>(
  all: readonly T[],
  reason: (one: T) => Reason,
): ReadonlyMap<string, string> {
  return new Map(
    all.flatMap(one => {
      const found = reason(one)
      return found === undefined ? [] : [[one.name, found] as const]
    }),
  )
}

function isListed({ schema, name }: FunctionFacts, list: readonly string[] = []): boolean {
  return list.includes(name) || list.includes(`${schema}.${name}`)
}

function isHarmless({ schema, name, extension }: FunctionFacts, purpose: Purpose): boolean {
  if (extension !== null) return harmlessOfExtensions[extension]?.test(name) ?? false
  if (schema !== 'pg_catalog') return false
  if (purpose === 'write' && harmlessInWrites.has(name)) return true
  return harmlessVolatile.has(name) || name.startsWith('pg_stat_get_')
}

const pathQuery = 'SELECT pg_catalog.current_schemas(true) AS schemas'

/** An aggregate does what its support functions do, whatever it is declared as itself. */
const functionsQuery = `
  SELECT
    n.nspname AS schema,
    p.proname AS name,
    bool_or(p.provolatile = 'v' OR coalesce(support.is_volatile, false)) AS "isVolatile",
    bool_or(p.prosecdef OR coalesce(support.is_definer, false)) AS "isDefiner",
    bool_or(
      CASE WHEN l.lanname IN ('internal', 'c')
        THEN n.nspname <> 'pg_catalog' AND e.extname IS NULL AND p.prokind <> 'a'
        ELSE NOT l.lanpltrusted
      END
    ) AS "isUntrusted",
    bool_or(p.prokind = 'p') AS "isProcedure",
    bool_or(p.pronargs >= 1 AND p.pronargs - p.pronargdefaults <= 1 AND (
      t.typtype = 'c' OR t.typname IN ('record', 'any', 'anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray')
    )) AS "takesRow",
    min(e.extname) AS extension,
    bool_or(l.lanname = 'plpgsql' AND e.extname IS NULL AND p.prosrc ~* '\\mexecute\\M') AS "isDynamic",
    pg_catalog.array_agg(CASE WHEN p.prosqlbody IS NULL THEN p.prosrc ELSE pg_catalog.pg_get_functiondef(p.oid) END)
      FILTER (WHERE l.lanname = 'sql' AND n.nspname <> 'pg_catalog' AND e.extname IS NULL)
    || pg_catalog.array_agg('SELECT ' || pg_catalog.pg_get_expr(p.proargdefaults, 0))
      FILTER (WHERE p.proargdefaults IS NOT NULL AND p.oid >= 16384 AND e.extname IS NULL) AS bodies
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  LEFT JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0]
  LEFT JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
  LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
  LEFT JOIN LATERAL (
    SELECT bool_or(s.provolatile = 'v') AS is_volatile, bool_or(s.prosecdef) AS is_definer
    FROM pg_catalog.pg_aggregate a
    JOIN pg_catalog.pg_proc s ON s.oid IN (
      a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
      a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn
    )
    WHERE a.aggfnoid = p.oid
  ) support ON p.prokind = 'a' AND n.nspname <> 'pg_catalog'
  GROUP BY 1, 2`

/** Operators of PostgreSQL itself call nothing that would be refused. */
const operatorsQuery = `
  SELECT o.oprname AS name, n.nspname AS schema, p.proname AS function
  FROM pg_catalog.pg_operator o
  JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE o.oid >= 16384 OR p.provolatile = 'v'`

const castsQuery = `
  SELECT t.typname AS name, n.nspname AS schema, p.proname AS function
  FROM pg_catalog.pg_cast c
  JOIN pg_catalog.pg_type t ON t.oid = c.casttarget
  JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE c.oid >= 16384 OR p.provolatile = 'v'`

const domainsQuery = `
  SELECT t.typname AS name, pg_catalog.array_agg('SELECT ' || pg_catalog.pg_get_expr(c.conbin, 0)) AS checks
  FROM pg_catalog.pg_constraint c
  JOIN pg_catalog.pg_type t ON t.oid = c.contypid
  WHERE c.contype = 'c' AND t.oid >= 16384
  GROUP BY 1`

const typesQuery = `
  SELECT t.oid, t.typname AS name, pg_catalog.format_type(t.oid, NULL) AS formatted, t.typarray AS array
  FROM pg_catalog.pg_type t
  ORDER BY pg_catalog.pg_type_is_visible(t.oid), t.oid DESC`
