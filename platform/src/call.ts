import type { Event, Input, OperationName, Output } from '@super-data/contract'
import type { Person } from './person.ts'
import type { Credentials, Principal } from './principal.ts'
import type { LibraryTransaction } from './state/library.ts'
import type { PlatformTransaction } from './state/platform.ts'

export type Door = 'http' | 'mcp' | 'cli'

/** How far long work has come. `total` is absent while unknown. */
export interface Progress {
  readonly done: number
  readonly total?: number
  readonly message?: string
}

/** What a door hands in with the input. */
export interface CallRequest {
  readonly credentials: Credentials
  readonly door: Door
  readonly requestId: string
  /** A connection that several requests come through, such as an MCP session: what is held open for it ends with it. */
  readonly channel?: string
  /** Used when the input names no project. Default: the principal's. */
  readonly project?: string
  /** `X-Idempotency-Key`: a repeated mutation with the same key is answered from the first. */
  readonly idempotencyKey?: string
  /** Absent where nobody can be asked in the middle of a call. */
  readonly person?: Person
  readonly signal: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** Told once the caller's rate is known, before the work starts; also when the call is then refused. */
  readonly onRate?: (rate: Rate) => void
}

/** Where a caller stands against its rate limit, as the `RateLimit-*` headers say it. */
export interface Rate {
  readonly limit: number
  readonly remaining: number
  readonly resetSeconds: number
}

/** What a door needs to answer, whether the call worked or not. */
export interface CallResult<Name extends OperationName> {
  readonly output: Output<Name>
  /** True when the answer is the stored one of an earlier request with the same idempotency key. */
  readonly replayed: boolean
}

/** One call, as its handler sees it: already parsed, authenticated, authorised and admitted. */
export interface Call {
  /** Absent only for operations whose access is `public`. */
  readonly principal: Principal | undefined
  readonly request: CallRequest
  readonly signal: AbortSignal
  progress(progress: Progress): void
  /**
   * Changes the library (`tools.db`) in one transaction together with the call's audit line, its events and its
   * idempotency record: all of them are there afterwards, or none.
   */
  changeLibrary<T>(work: (transaction: LibraryTransaction, record: Recording) => Promise<T>): Promise<T>
  /** The same for `platform.db` (keys, invitations). */
  changePlatform<T>(work: (transaction: PlatformTransaction, record: Recording) => Promise<T>): Promise<T>
}

/** What goes into the same transaction as a change. */
export interface Recording {
  /** What the audit line says was changed, e.g. a tool's name. */
  target(name: string): void
  /** @param key the same wherever the same thing is found out. */
  event(type: Event['type'], project: string, subject: string, key?: string): void
}

export type Handler<Name extends OperationName> = (input: Input<Name>, call: Call) => Promise<Output<Name>>

/** One handler for each declared operation: a missing or misshapen one does not compile. */
export type Handlers = { readonly [Name in OperationName]: Handler<Name> }

export type { Credentials, Principal }
