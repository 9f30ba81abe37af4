import type { Clock } from '@super-data/base/clock'
import { Cancelled } from '@super-data/base/errors'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { PostgresAnswer } from '../answers/answer.ts'
import type { Catalog, Defined, NamedDefinition } from '../catalog.ts'
import { catalogBytesMax, runDefinition } from '../catalog-access.ts'
import { commit } from '../connections/commit.ts'
import { type RunLimits, tooManyBytes } from '../connections/connection.ts'
import type { Logins } from '../connections/logins.ts'
import {
  PolicyDenied,
  PostgresNameInvalid,
  PostgresSessionBusy,
  PostgresSessionLost,
  PostgresSessionMissing,
  PostgresSessionsFull,
  PostgresTooManyRows,
} from '../errors.ts'
import type { PostgresLimits } from '../limits.ts'
import { LiveCatalog } from '../live-catalog.ts'
import { attempt } from '../schema/attempt.ts'
import type { Gate, GateOptions, Judged } from '../sql/gate.ts'
import { quoteIdentifier } from '../sql/identifier.ts'
import { beginReading, beginWriting, type Isolation } from '../sql/prologue.ts'
import type { RunContext, StatementOptions, StatementRunner } from '../statement-runner.ts'
import { checkAffected, checkConfirmed, type WriteGuards } from '../write-guards.ts'
import {
  endsIn,
  loginOf,
  type Session,
  type SessionMode,
  type SessionOwner,
  type SessionState,
  stateOf,
} from './session.ts'

export interface SessionsOptions {
  readonly logins: Logins
  /** By the login a session runs on. */
  readonly gates: Readonly<Record<'read' | 'write', Gate>>
  /** For a session that defines, which alone sees what it has defined. */
  readonly gateOver: (ask: GateOptions['ask']) => Gate
  readonly runner: StatementRunner
  readonly limits: PostgresLimits
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log | undefined
  /** Whether the source may be used at all. */
  readonly ready: () => Promise<void>
}

export interface BeginRequest {
  readonly mode?: SessionMode
  readonly isolation?: Isolation
  readonly signal?: AbortSignal | undefined
}

export interface SessionRequest extends StatementOptions, WriteGuards {
  readonly text: string
  /** When the statement fails, only it is undone and the transaction goes on. */
  readonly keepOnError?: boolean
}

/** One definition that was checked. */
export interface SessionDefinition extends NamedDefinition {
  readonly alone: boolean
  /** Do it, look, and undo it alone. */
  readonly dryRun?: boolean
  readonly look?: (catalog: Catalog) => Promise<void>
  readonly signal?: AbortSignal | undefined
}

export interface SessionAnswer extends PostgresAnswer {
  readonly affected: number
  readonly session: SessionState
}

/** The server ends what we forgot this much later. */
const serverGraceMs = 30_000

/** How many ended sessions are remembered, to tell their owners why. */
const endedMax = 200

const savepointOfOurs = 'super_data_statement'
const undoText = `ROLLBACK TO SAVEPOINT ${savepointOfOurs}; RELEASE SAVEPOINT ${savepointOfOurs}`

/** Transactions held open between calls, each on a connection of its own and for its owner alone. */
export class Sessions implements AsyncDisposable {
  readonly #options: SessionsOptions
  readonly #sessions = new Map<string, Session>()
  /** Sessions that ended by themselves. */
  readonly #ended = new Map<string, SessionOwner & { readonly why: string }>()
  readonly #endings = new Set<Promise<void>>()
  /** Owners of sessions that are being opened. */
  readonly #opening: string[] = []

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#sessions.size
  }

  /** @throws PostgresSessionsFull · PolicyDenied without a writer · PostgresUnavailable */
  async begin(owner: SessionOwner, request: BeginRequest = {}): Promise<SessionState> {
    await this.#options.ready()
    this.#checkRoom(owner)
    this.#opening.push(owner.owner)
    try {
      const session = await this.#open(owner, request)
      if (request.signal?.aborted) {
        session.pool.giveBack(session.connection)
        throw new Cancelled(request.signal.reason)
      }
      this.#sessions.set(session.id, session)
      session.unwatch = session.connection.watch(why => this.#lose(session, why))
      this.#schedule(session)
      return this.#stateOf(session)
    } finally {
      this.#opening.splice(this.#opening.indexOf(owner.owner), 1)
    }
  }

  /** Runs one statement: in a reading session a read, in a writing one a read or a change of rows. */
  async run(id: string, owner: SessionOwner, request: SessionRequest): Promise<SessionAnswer> {
    return this.#use(id, owner, request.signal, async (session, signal) => {
      const context = await this.#prepare(session, { ...request, signal })
      session.statements++
      const ran = await this.#guarded(session, request, () => this.#runOne(session, context, request))
      session.usedAt = this.#options.clock.elapsed()
      return { ...ran.answer, affected: ran.affected, session: this.#stateOf(session) }
    })
  }

  /**
   * Defines something that nobody else sees until the session commits.
   *
   * @throws PolicyDenied in a session that may not, and for what cannot be done in a transaction
   */
  async define(id: string, owner: SessionOwner, definition: SessionDefinition): Promise<Defined> {
    return this.#use(id, owner, definition.signal, async (session, signal) => {
      checkDefinable(session, definition)
      await this.#gateOf(session).checkDefinition(definition)
      session.statements++
      session.gate?.forget(definition)
      return this.#defineIn(session, definition, this.#catalogLimits(this.#options.limits.writeTimeoutMs, signal))
    })
  }

  /** Judges a statement by what the session sees, without running it. */
  async check(
    { id, owner, signal }: { readonly id: string; readonly owner: SessionOwner; readonly signal?: AbortSignal },
    text: string,
    purpose: 'read' | 'write',
  ): Promise<Judged> {
    const session = this.#sessions.get(id)
    if (session?.mode !== 'admin') return this.#options.gates[purpose].check(text, purpose)
    return this.#use(id, owner, signal, held => this.#gateOf(held).check(text, purpose))
  }

  /** Catalogue queries of ours that see what the session has changed. */
  async look<T>(
    id: string,
    owner: SessionOwner,
    signal: AbortSignal | undefined,
    work: (catalog: Catalog) => Promise<T>,
  ): Promise<T> {
    const { readTimeoutMs } = this.#options.limits
    return this.#use(id, owner, signal, (session, stop) =>
      work(new LiveCatalog(session.connection, this.#catalogLimits(readTimeoutMs, stop))),
    )
  }

  /** @throws TransactionAborted when it had failed: nothing was stored · PostgresOutcomeUnknown */
  async commit(id: string, owner: SessionOwner): Promise<{ readonly statements: number }> {
    const session = this.#claim(id, owner)
    try {
      await commit(session.connection)
      return { statements: session.statements }
    } finally {
      this.#release(session)
    }
  }

  async rollback(id: string, owner: SessionOwner): Promise<{ readonly statements: number }> {
    const session = this.#claim(id, owner)
    try {
      await session.connection.fixed('ROLLBACK')
      return { statements: session.statements }
    } finally {
      this.#release(session)
    }
  }

  async savepoint(id: string, owner: SessionOwner, name: string): Promise<SessionState> {
    return this.#control(id, owner, `SAVEPOINT ${quoteIdentifier(name)}`, session => [...session.savepoints, name])
  }

  /** Undoes what came after the savepoint, a failure too; the savepoint stays. */
  async rollbackTo(id: string, owner: SessionOwner, name: string): Promise<SessionState> {
    return this.#control(id, owner, `ROLLBACK TO SAVEPOINT ${quoteIdentifier(name)}`, session => {
      return session.savepoints.slice(0, placeOf(session, name) + 1)
    })
  }

  /** Forgets the savepoint and keeps what came after it. */
  async releaseSavepoint(id: string, owner: SessionOwner, name: string): Promise<SessionState> {
    return this.#control(id, owner, `RELEASE SAVEPOINT ${quoteIdentifier(name)}`, session => {
      return session.savepoints.slice(0, placeOf(session, name))
    })
  }

  /** How it stands, after an error for instance. @throws PostgresSessionMissing · PostgresSessionLost */
  state(id: string, owner: SessionOwner): SessionState {
    const session = this.#sessions.get(id)
    if (!session || !isOf(session, owner)) throw this.#missing(id, owner)
    return this.#stateOf(session)
  }

  /** The caller's own, of this channel. */
  list({ owner, channel }: SessionOwner): readonly SessionState[] {
    const own = [...this.#sessions.values()].filter(one => one.owner === owner && one.channel === channel)
    return own.map(session => this.#stateOf(session))
  }

  /** Rolls back everything that came through a channel. */
  async closeChannel(channel: string): Promise<void> {
    const gone = [...this.#sessions.values()].filter(session => session.channel === channel)
    await Promise.all(gone.map(session => this.#end(session, 'its connection to the server closed')))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(session => this.#end(session, 'the source was closed')))
    await Promise.all(this.#endings)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #checkRoom({ owner }: SessionOwner): void {
    const { sessionsMax, sessionsPerOwnerMax } = this.#options.limits
    const owners = [...[...this.#sessions.values()].map(session => session.owner), ...this.#opening]
    if (owners.length >= sessionsMax) {
      throw new PostgresSessionsFull(`there are ${sessionsMax} transaction sessions already`, {
        hint: 'Sessions end when they are committed, rolled back or idle for long; try again later.',
      })
    }
    if (owners.filter(name => name === owner).length < sessionsPerOwnerMax) return
    throw new PostgresSessionsFull(`you have ${sessionsPerOwnerMax} transaction sessions already`, {
      hint: 'Commit or roll back one of them.',
    })
  }

  async #open(owner: SessionOwner, request: BeginRequest): Promise<Session> {
    const { logins, limits, clock, random } = this.#options
    const { mode = 'write', isolation = 'read committed', signal } = request
    const pool = logins.sessionPool(loginOf[mode])
    const timeoutMs = mode === 'read' ? limits.readTimeoutMs : limits.writeTimeoutMs
    const times = { timeoutMs, lockTimeoutMs: limits.lockTimeoutMs }
    const prologue = mode === 'read' ? beginReading(times, isolation) : beginWriting(times, isolation)
    const connection = await logins.begin(pool, prologue, signal)
    await connection.fixed(this.#serverLimits(connection.serverVersion)).catch((error: unknown) => {
      pool.giveBack(connection)
      throw error
    })
    const startedAt = clock.elapsed()
    return {
      ...owner,
      id: `tx_${Buffer.from(random.bytes(16)).toString('hex')}`,
      mode,
      isolation,
      connection,
      pool,
      startedAt,
      usedAt: startedAt,
      statements: 0,
      savepoints: [],
      gate: undefined,
      running: undefined,
      timer: undefined,
      unwatch: () => {},
    }
  }

  /** The server's own limits, should this process not get to it. */
  #serverLimits(serverVersion: number): string {
    const { sessionIdleMs, sessionLifetimeMs } = this.#options.limits
    const idle = `SET LOCAL idle_in_transaction_session_timeout = ${Math.ceil(sessionIdleMs) + serverGraceMs}`
    if (serverVersion < 170_000) return idle
    return `${idle}; SET LOCAL transaction_timeout = ${Math.ceil(sessionLifetimeMs) + serverGraceMs}`
  }

  async #defineIn({ connection }: Session, definition: SessionDefinition, limits: RunLimits): Promise<Defined> {
    const { text, look, dryRun = false } = definition
    const work = () => runDefinition(connection, { statements: [text], ...(look ? { look } : {}) }, limits)
    if (!dryRun) return { ...(await work()), rolledBack: false }
    await connection.fixed(`SAVEPOINT ${savepointOfOurs}`)
    const tried = await work()
    await connection.fixed(undoText)
    return { ...tried, rolledBack: true }
  }

  #catalogLimits(timeoutMs: number, signal?: AbortSignal): RunLimits {
    return { signal, timeoutMs, wireBytesMax: catalogBytesMax }
  }

  /** Failing to look something up does not fail the transaction. */
  #gateOf(session: Session): Gate {
    const { gates, gateOver, limits } = this.#options
    if (session.mode !== 'admin') return gates[session.mode]
    session.gate ??= gateOver(work => {
      const catalog = new LiveCatalog(session.connection, this.#catalogLimits(limits.readTimeoutMs))
      return attempt(catalog, () => work(catalog))
    })
    return session.gate
  }

  async #prepare(session: Session, request: SessionRequest): Promise<RunContext> {
    const gate = this.#gateOf(session)
    const statement = await gate.check(request.text, session.mode === 'read' ? 'read' : 'write')
    checkConfirmed(statement, request)
    const { types } = await gate.functions()
    return this.#options.runner.prepare(statement, request, types)
  }

  async #runOne(session: Session, context: RunContext, guards: WriteGuards) {
    const { runner } = this.#options
    if (context.statement.kind === 'read') {
      const { answer } = await runner.runInBatches(session.connection, context)
      return { answer, affected: 0 }
    }
    const ran = await runner.runWhole(session.connection, context)
    checkAffected(ran.affected, guards)
    return ran
  }

  /** Undoes the statement alone where that was asked for, or has to be possible. */
  async #guarded<T>(session: Session, request: SessionRequest, work: () => Promise<T>): Promise<T> {
    const { connection } = session
    const guards = request.keepOnError === true || request.maxAffectedRows !== undefined
    if (!guards || connection.transaction !== 'T') return work()
    await connection.fixed(`SAVEPOINT ${savepointOfOurs}`)
    try {
      const outcome = await work()
      await connection.fixed(`RELEASE SAVEPOINT ${savepointOfOurs}`)
      return outcome
    } catch (error) {
      const undo = request.keepOnError === true || error instanceof PostgresTooManyRows
      if (undo && !connection.broken) await connection.fixed(undoText)
      throw error
    }
  }

  /** @param after the savepoints there will be; throws when the one that is named is not there. */
  async #control(
    id: string,
    owner: SessionOwner,
    text: string,
    after: (session: Session) => string[],
  ): Promise<SessionState> {
    return this.#use(id, owner, undefined, async session => {
      const savepoints = after(session)
      await session.connection.fixed(text)
      session.savepoints = savepoints
      session.usedAt = this.#options.clock.elapsed()
      return this.#stateOf(session)
    })
  }

  /** One at a time; its time starts anew when it has finished, however it finished. */
  async #use<T>(
    id: string,
    owner: SessionOwner,
    signal: AbortSignal | undefined,
    work: (session: Session, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const session = this.#claim(id, owner)
    const { signal: stop } = session.running!
    try {
      return await work(session, signal ? AbortSignal.any([signal, stop]) : stop)
    } catch (error) {
      throw this.#sessions.has(id) ? error : this.#missing(id, owner, error)
    } finally {
      session.running = undefined
      session.usedAt = this.#options.clock.elapsed()
      if (this.#sessions.has(id)) this.#schedule(session)
    }
  }

  /** The session, marked as in use. @throws PostgresSessionMissing · PostgresSessionLost · PostgresSessionBusy */
  #claim(id: string, owner: SessionOwner): Session {
    const session = this.#sessions.get(id)
    if (!session || !isOf(session, owner)) throw this.#missing(id, owner)
    if (session.running) {
      throw new PostgresSessionBusy('the session is running a statement already', {
        hint: 'A session runs one statement at a time: wait for its answer.',
      })
    }
    session.running = new AbortController()
    clearTimeout(session.timer)
    return session
  }

  #missing(id: string, owner: SessionOwner, cause?: unknown): Error {
    const ended = this.#ended.get(id)
    if (ended && isOf(ended, owner)) return lost(ended.why, cause)
    return new PostgresSessionMissing('there is no such session', {
      hint: 'Sessions belong to who began them, and end when their connection does: begin one.',
    })
  }

  #schedule(session: Session): void {
    clearTimeout(session.timer)
    const { limits, clock } = this.#options
    const leftMs = endsIn(session, limits, clock.elapsed())
    // Whoever asks without a pause gives no timer its turn.
    if (leftMs <= 0) this.#expire(session)
    else session.timer = setTimeout(() => this.#expire(session), leftMs + 1).unref()
  }

  #expire(session: Session): void {
    if (session.running) return
    void this.#end(session, 'it was not used for too long, or was open for too long')
  }

  /** Ends a session without its owner having asked for it: rolled back, and remembered. */
  #end(session: Session, why: string): Promise<void> {
    this.#remember(session, why)
    this.#sessions.delete(session.id)
    clearTimeout(session.timer)
    const ending = this.#rollBack(session, why).finally(() => this.#endings.delete(ending))
    this.#endings.add(ending)
    return ending
  }

  async #rollBack(session: Session, why: string): Promise<void> {
    session.unwatch()
    if (session.running) {
      session.running.abort(why)
      session.connection.destroy(new Error(why))
    }
    session.pool.giveBack(session.connection)
  }

  #lose(session: Session, cause: Error): void {
    if (!this.#sessions.delete(session.id)) return
    this.#remember(session, cause === tooManyBytes ? 'an answer in it was too large' : 'its connection was lost')
    clearTimeout(session.timer)
    this.#options.log?.warn({ session: session.id.slice(0, 8) }, 'a transaction session was lost')
  }

  #release(session: Session): void {
    session.running = undefined
    session.unwatch()
    if (!this.#sessions.delete(session.id)) return
    session.pool.giveBack(session.connection)
  }

  #remember({ id, owner, channel }: Session, why: string): void {
    this.#ended.set(id, { owner, channel, why })
    const oldest = this.#ended.keys().next().value
    if (this.#ended.size > endedMax && oldest !== undefined) this.#ended.delete(oldest)
  }

  #stateOf(session: Session): SessionState {
    const { limits, clock } = this.#options
    return stateOf(session, limits, { now: clock.now(), elapsed: clock.elapsed() })
  }
}

function checkDefinable({ mode }: Session, { alone }: SessionDefinition): void {
  if (mode !== 'admin')
    throw new PolicyDenied(`a session of mode ${mode} defines nothing`, {
      hint: 'Begin one with mode admin, or leave the session out.',
    })
  if (!alone) return
  throw new PolicyDenied('what is done concurrently is done outside of transactions', {
    hint: 'Leave CONCURRENTLY out to try it in the session, or leave the session out.',
  })
}

function isOf(session: SessionOwner, { owner, channel }: SessionOwner): boolean {
  return session.owner === owner && session.channel === channel
}

function placeOf(session: Session, name: string): number {
  const place = session.savepoints.lastIndexOf(name)
  if (place >= 0) return place
  throw new PostgresNameInvalid(`the session has no savepoint ${name.slice(0, 100)}`, {
    ...(session.savepoints.length === 0 ? {} : { hint: `There is ${session.savepoints.join(', ')}.` }),
  })
}

function lost(why: string, cause: unknown): PostgresSessionLost {
  return new PostgresSessionLost(`the session has ended: ${why}. It was rolled back`, {
    cause,
    hint: 'Begin a new one, and repeat what should be stored.',
  })
}
