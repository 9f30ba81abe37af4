import type { Event, Need, OperationName, Tool, ToolDefinition } from '@super-data/contract'
import type { ObservedStatement, PoolCounts } from '@super-data/postgres'
import type { CallRequest, CallResult, Credentials, Door, Principal } from './call.ts'

/** All that a door may use of the platform. `Platform` is the one implementation. */
export interface PlatformDoor {
  /**
   * The one way in: authenticate → rate → parse → authorise → idempotency → concurrency → run → record.
   *
   * @param input not yet parsed; `project` is filled in from the request or the principal when absent.
   * @throws PlatformError only.
   */
  call<Name extends OperationName>(name: Name, input: unknown, request: CallRequest): Promise<CallResult<Name>>
  /** @throws Unauthenticated */
  authenticate(credentials: Credentials): Promise<Principal>
  /** The approved tools of a project, as one immutable snapshot. @throws ProjectMissing when it is not the principal's. */
  catalogue(principal: Principal, project: string): Promise<Catalogue>
  /** Ends what is held open for a connection that closed. */
  closeChannel(channel: string): Promise<void>
  readonly events: EventStream
  readiness(): Promise<Readiness>
  /** What the PostgreSQL sources do, for metrics; absent where there are none to be. */
  readonly postgres?: PostgresFigures
  /** Called after each call, for metrics. Returns how to stop. */
  onCall(listener: (observed: ObservedCall) => void): () => void
}

/** What MCP lists of a project. A new approval makes a new snapshot with a higher generation. */
export interface Catalogue {
  readonly project: string
  readonly generation: number
  readonly tools: readonly CatalogueTool[]
  /** False where nothing may be proposed. Default: true. */
  readonly learning?: boolean
  /** The most the principal may do with a PostgreSQL source of the project; absent without one. */
  readonly postgres?: Need
  /** Names of the PostgreSQL sources of the project. Default: none. */
  readonly postgresSources?: readonly string[]
}

export interface CatalogueTool {
  readonly name: string
  readonly description: string
  /** JSON Schema 2020-12 of the arguments. */
  readonly inputSchema: ToolDefinition['parameters']
  /** JSON Schema of what it answered its test cases: another answer may be otherwise. */
  readonly seenOutput?: Tool['outputSchema']
}

export interface EventStream {
  /**
   * Events the principal may see, oldest first, from just after `after` (an event id; absent: from now on) until the
   * signal fires. Starts with those already stored. An unknown `after` starts from the oldest kept.
   */
  follow(principal: Principal, options: { after?: string; signal: AbortSignal }): AsyncIterable<Event>
  /** Told of every event after its commit, in this process. Returns how to stop. */
  onEvent(listener: (event: Event) => void): () => void
}

export interface Readiness {
  readonly ready: boolean
  /** Each part that was checked; `problem` is null when it works. Safe to show. */
  readonly checks: readonly { readonly name: string; readonly problem: string | null }[]
}

/** Every name in it is one that the operator wrote down, so there are few. */
export interface PostgresFigures {
  readonly figures: readonly PostgresSourceFigures[]
  /** Called after each statement. Returns how to stop. */
  onStatement(listener: (source: string, seen: ObservedStatement) => void): () => void
}

export interface PostgresSourceFigures {
  readonly source: string
  readonly pools: readonly PoolCounts[]
  readonly sessions: number
}

export interface ObservedCall {
  readonly operation: OperationName
  readonly door: Door
  readonly outcome: 'ok' | 'refused' | 'failed'
  readonly code: string | null
  readonly elapsedMs: number
}
