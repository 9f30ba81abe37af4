import type { Connection } from '../connections/connection.ts'
import type { Pool } from '../connections/pool.ts'
import type { LoginRole } from '../login.ts'
import type { Gate } from '../sql/gate.ts'
import type { Isolation } from '../sql/prologue.ts'

/** Who a session belongs to. Both must match whenever it is used. */
export interface SessionOwner {
  /** The principal. */
  readonly owner: string
  /** What it came through, e.g. its MCP session. When that closes, so does the session. */
  readonly channel: string
}

/** `admin`: on the admin login, where objects are defined too. */
export type SessionMode = 'read' | 'write' | 'admin'

export const loginOf: Readonly<Record<SessionMode, LoginRole>> = { read: 'reader', write: 'writer', admin: 'admin' }

/** What a session says about itself in every answer. */
export interface SessionState {
  readonly id: string
  readonly mode: SessionMode
  readonly isolation: Isolation
  /** `failed`: takes nothing but a rollback, of all or to a savepoint. */
  readonly state: 'active' | 'failed'
  readonly statements: number
  readonly savepoints: readonly string[]
  /** When it ends unless it is used; never later than its lifetime allows. Milliseconds since 1970. */
  readonly expiresAt: number
  readonly expiresInMs: number
  /** Present when little time is left. */
  readonly warning?: string
}

/** A transaction that is held open between calls. */
export interface Session extends SessionOwner {
  readonly id: string
  readonly mode: SessionMode
  readonly isolation: Isolation
  readonly connection: Connection
  readonly pool: Pool
  /** On the clock that never goes back. */
  readonly startedAt: number
  usedAt: number
  statements: number
  savepoints: string[]
  /** Of one that defines: judges by what is defined there, which nobody else sees yet. */
  gate: Gate | undefined
  /** Stops what is running, when the session has to end. Present while something runs. */
  running: AbortController | undefined
  timer: NodeJS.Timeout | undefined
  /** Stops watching the connection. */
  unwatch: () => void
}

export interface SessionLimits {
  readonly sessionIdleMs: number
  readonly sessionLifetimeMs: number
}

/** From here on answers say that time is running out. */
const warnMs = 5 * 60_000

export function endsIn(session: Session, limits: SessionLimits, elapsed: number): number {
  const idle = session.usedAt + limits.sessionIdleMs
  const lifetime = session.startedAt + limits.sessionLifetimeMs
  return Math.max(0, Math.min(idle, lifetime) - elapsed)
}

export function stateOf(
  session: Session,
  limits: SessionLimits,
  time: { readonly now: number; readonly elapsed: number },
): SessionState {
  const expiresInMs = Math.round(endsIn(session, limits, time.elapsed))
  const minutes = Math.max(1, Math.round(expiresInMs / 60_000))
  return {
    id: session.id,
    mode: session.mode,
    isolation: session.isolation,
    state: session.connection.transaction === 'E' ? 'failed' : 'active',
    statements: session.statements,
    savepoints: [...session.savepoints],
    expiresInMs,
    expiresAt: time.now + expiresInMs,
    ...(expiresInMs < warnMs ? { warning: `The session ends in about ${minutes} min; commit or roll back.` } : {}),
  }
}
