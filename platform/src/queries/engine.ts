import type { Column, EngineName, JsonValue } from '@super-data/contract'
import type { DatasetLease } from '@super-data/datasets'

/** A function as a query names it. */
export interface FunctionRef {
  readonly name: string
  readonly arity: number
}

/** One immutable version of a library function. */
export interface PinnedFunction extends FunctionRef {
  readonly id: string
  readonly version: number
  readonly hash: string
  readonly definition: string
}

/** Finds library functions with all that they use. */
export interface FunctionResolver {
  /**
   * @returns the functions and everything they use, each after what it uses.
   * @throws FunctionUnknown for a name that the library does not have.
   */
  resolve(refs: readonly FunctionRef[]): Promise<readonly PinnedFunction[]>
}

export interface ParseContext {
  readonly project: string
  /** The dataset that is `.`, or the database, for engines that have one. */
  readonly source: string | undefined
  readonly mode: 'document' | 'records'
  readonly functions: FunctionResolver
  /** Borrowed for looking at columns and names; by dataset name, undefined when there is none. */
  lease(dataset: string): DatasetLease
  readonly datasets: readonly string[]
  /** A database is not asked: it may not be there yet, and whoever waits holds more than this. */
  readonly dataMayBeMissing?: boolean
  /** When given, the only parameters the text may use. */
  readonly parameters?: readonly string[]
  readonly signal: AbortSignal
}

/** A question that was understood: it can be run any number of times. */
export interface ParsedQuery {
  readonly engine: EngineName
  /** What runs, functions included, in its canonical form; parameters stand in it by name, never by value. */
  readonly program: string
  /** The same as its author wrote it and without the functions: places in errors are places in it. */
  readonly text: string
  readonly parameters: readonly string[]
  readonly functions: readonly PinnedFunction[]
  /** Datasets it reads. */
  readonly sources: readonly string[]
  /** The PostgreSQL source it reads, in place of datasets. */
  readonly database?: string
  readonly mode: 'document' | 'records'
  readonly effect: 'read' | 'write'
  /** The same data and parameters always give the same answer. */
  readonly pure: boolean
  readonly hints: readonly string[]
}

/** How the items of a result belong together. */
export type ResultShape = 'rows' | 'value' | 'array' | 'outputs'

/** Where an engine puts a result, item by item, as JSON texts. */
export interface ResultSink {
  columns(columns: readonly Column[]): void
  /** @returns false when enough was given: the engine stops. */
  items(lines: readonly string[]): Promise<boolean>
}

export interface RunRequest {
  readonly project: string
  readonly params: Readonly<Record<string, JsonValue>>
  /** One for each of the query's sources. */
  readonly leases: readonly DatasetLease[]
  /** Calls of one caller queue behind each other, not before others'. */
  readonly caller: string
  readonly limits: { readonly timeMs: number; readonly resultBytes: number }
  readonly sink: ResultSink
  readonly signal: AbortSignal
}

/** How a run ended. */
export interface RunOutcome {
  readonly shape: ResultShape
  /** False when the engine left items out because they were more than `resultBytes`. */
  readonly complete: boolean
  /** Outputs of the program, for engines whose programs have several. */
  readonly outputs?: number
}

/** What every query engine offers; tools, review and the run log build on it. */
export interface QueryEngine {
  readonly name: EngineName
  /** @throws a typed error with a position when the text is not a query, or not an allowed one. */
  parse(text: string, context: ParseContext): Promise<ParsedQuery>
  run(query: ParsedQuery, request: RunRequest): Promise<RunOutcome>
}
