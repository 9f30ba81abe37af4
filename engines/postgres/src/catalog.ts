/**
 * Fixed SQL of ours over the system catalogues, inside one read-only transaction of the reader login.
 *
 * The text is trusted: it is never built from what a caller sent, except through `quoteIdentifier` or after it was
 * checked. Every catalogue is named with its schema (`pg_catalog.pg_class`), because a temporary table may shadow it.
 */
export interface Catalog {
  /** As `server_version_num`: 180004 is 18.4. */
  readonly serverVersion: number
  /**
   * All rows, as objects by column name.
   *
   * `boolean`, `int2`, `int4`, `oid`, floats, `json` and arrays of them or of text and names arrive as JavaScript
   * values; `int8`, `numeric`, dates, times and everything else as the text PostgreSQL writes.
   *
   * @throws PostgresFailed with `details.sqlstate`; after that the transaction has failed.
   */
  rows<Row extends object>(text: string, params?: readonly unknown[]): Promise<Row[]>
}

/** A connection outside a transaction, for statements that refuse to run in one: VACUUM, REINDEX CONCURRENTLY. */
export interface Maintenance extends Catalog {
  /** The backend, to be looked up in `pg_stat_progress_…` from `inspect`. */
  readonly backendPid: number
  /** Runs one statement of ours. @returns its command tag, e.g. `VACUUM`. */
  run(text: string, options?: { readonly onNotice?: (notice: Notice) => void }): Promise<string>
}

export interface Notice {
  readonly severity: string
  readonly message: string
  readonly detail?: string
}

export interface TimeOptions {
  /** Of each statement; default the source's limit for reads, or for writes where something is written. */
  readonly timeoutMs?: number
  /** How long a statement waits for a lock. */
  readonly lockTimeoutMs?: number
}

/** DDL that was parsed again and found to be what it should be. */
export interface Definition extends TimeOptions {
  /** Exactly one statement each, in order. */
  readonly statements: readonly string[]
  /** Do everything, look, and roll back. */
  readonly dryRun?: boolean
  /** Outside a transaction, for `CREATE INDEX CONCURRENTLY` and the like; cannot be rolled back. */
  readonly alone?: boolean
  /** Looks at the outcome before the transaction ends. */
  readonly look?: (catalog: Catalog) => Promise<void>
}

export interface Defined {
  /** Command tags, one a statement. */
  readonly tags: readonly string[]
  readonly notices: readonly Notice[]
  readonly rolledBack: boolean
}

/** What the parts of the engine that look around, define and maintain are built on. */
export interface CatalogSource {
  readonly name: string
  /** A read-only transaction on the reader login; always rolled back. */
  inspect<T>(signal: AbortSignal | undefined, work: (catalog: Catalog) => Promise<T>, times?: TimeOptions): Promise<T>
  /** A transaction on the writer login that is always rolled back: EXPLAIN ANALYZE of something that writes. */
  rehearse<T>(signal: AbortSignal | undefined, work: (catalog: Catalog) => Promise<T>, times?: TimeOptions): Promise<T>
  /** A connection of its own on the admin login (or the writer's, when there is none), outside a transaction. */
  maintain<T>(
    signal: AbortSignal | undefined,
    work: (maintenance: Maintenance) => Promise<T>,
    times?: TimeOptions,
  ): Promise<T>
  /** Runs DDL on the admin login (or the writer's), in one transaction unless it must stand alone. */
  define(signal: AbortSignal | undefined, definition: Definition): Promise<Defined>
  /**
   * Parses one statement and holds it against the rules for reading or writing, without running it.
   *
   * @throws PostgresSyntax · PostgresNotOneStatement · PostgresTextTooLong · PolicyDenied
   */
  check(text: string, as: 'read' | 'write'): Promise<CheckedStatement>
  /**
   * Holds what a definition names against the rules for changes, as the login sees it that would define.
   *
   * @throws PolicyDenied · PostgresUnknownName
   */
  checkDefinition(definition: NamedDefinition): Promise<void>
  /** Backends that belong to this source: nobody may cancel or end these by hand. */
  ownBackends(): ReadonlySet<number>
}

/** A statement that may run. */
export interface CheckedStatement {
  /** `read` has no effect; `write` changes rows. */
  readonly kind: 'read' | 'write'
  /** What it is, as its command is called: SELECT, UPDATE, EXPLAIN … */
  readonly command: string
  readonly text: string
  readonly tables: readonly QualifiedName[]
  readonly functions: readonly QualifiedName[]
  /** Highest `$n` in it; 0 without parameters. */
  readonly parameters: number
}

/** A definition, and what it makes or changes. */
export interface NamedDefinition {
  readonly text: string
  /** `table`: what an index hangs on. */
  readonly target: QualifiedName & { readonly kind: string; readonly table?: QualifiedName }
}

export interface QualifiedName {
  readonly schema?: string
  readonly name: string
}
