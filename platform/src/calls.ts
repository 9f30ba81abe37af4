import type { Clock } from '@super-data/base/clock'
import { Cancelled, InternalError, must, PlatformError, throwIfAborted } from '@super-data/base/errors'
import type { Ids } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import { type Input, type Operation, type OperationName, type Output, operations } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { insertAudit } from './audit/audit-trail.ts'
import { Sampler } from './audit/sampler.ts'
import { authorise, ProjectMissing } from './authorise.ts'
import type { Call, CallRequest, CallResult, Handler, Handlers } from './call.ts'
import { CallRecord } from './call-record.ts'
import { Changes, storedOutput } from './changes.ts'
import type { ObservedCall } from './door.ts'
import type { Events } from './events/events.ts'
import { Idempotency } from './idempotency.ts'
import { Unauthenticated } from './identity/errors.ts'
import type { Identity } from './identity/identity.ts'
import { parseInput } from './input.ts'
import { type LimitSettings, Limits } from './limits.ts'
import { refusedStatements } from './postgres/errors.ts'
import type { LibraryTables } from './state/library.ts'
import type { PlatformTables } from './state/platform.ts'
import { governed } from './state/shared-tables.ts'

export interface CallsParts {
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
  readonly identity: Pick<Identity, 'authenticate' | 'requireProject'>
  readonly events: Events
  readonly handlers: Handlers
  readonly limits: LimitSettings
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

const projectShape = /^[a-z][a-z0-9_-]{0,62}$/

/** The process is about to end. */
export class ShuttingDown extends PlatformError {
  readonly code = 'SHUTTING_DOWN'
  readonly kind = 'unavailable'
  constructor() {
    super('the server is shutting down', { hint: 'Try again in a moment.' })
  }
}

/** The one way in: authenticate → rate → parse → authorise → idempotency → concurrency → run → record. */
export class Calls {
  readonly #parts: CallsParts
  readonly #limits: Limits
  readonly #idempotency: Idempotency
  readonly #changes: Changes
  readonly #sampler: Sampler
  readonly #observers = new Set<(observed: ObservedCall) => void>()
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  /** Borrows everything. */
  constructor(parts: CallsParts) {
    this.#parts = parts
    this.#limits = new Limits(parts.limits)
    this.#idempotency = new Idempotency(parts.library, parts.platform, parts.clock)
    this.#changes = new Changes(parts)
    this.#sampler = new Sampler(parts.clock)
  }

  /** @throws PlatformError only */
  call<Name extends OperationName>(name: Name, input: unknown, request: CallRequest): Promise<CallResult<Name>> {
    const running = this.#observed(name, input, request)
    this.#running.add(running)
    const ended = () => this.#running.delete(running)
    running.then(ended, ended)
    return running
  }

  /** Called after each call. Returns how to stop. */
  onCall(listener: (observed: ObservedCall) => void): () => void {
    this.#observers.add(listener)
    return () => this.#observers.delete(listener)
  }

  /** Lets nothing new in and waits for what runs. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#running)
  }

  async #observed<Name extends OperationName>(
    name: Name,
    input: unknown,
    request: CallRequest,
  ): Promise<CallResult<Name>> {
    const { clock } = this.#parts
    const started = clock.elapsed()
    const record = new CallRecord(must<Operation>(operations[name], `the operation ${name}`), request)
    try {
      const result = await this.#answer(name, input, record)
      this.#tell(name, record, 'ok', null, clock.elapsed() - started)
      return result
    } catch (failure) {
      const error = this.#toPublic(failure, record)
      const outcome = outcomeOf(error, record)
      await this.#recordFailure(record, outcome, error)
      this.#tell(name, record, outcome, error.code, clock.elapsed() - started)
      throw error
    }
  }

  async #answer<Name extends OperationName>(name: Name, input: unknown, record: CallRecord): Promise<CallResult<Name>> {
    if (this.#closed) throw new ShuttingDown()
    throwIfAborted(record.request.signal)
    await this.#identify(record)
    const parsed = this.#parse(input, record)
    await this.#authorise(record)
    return this.#once(name, parsed, record)
  }

  /** Strangers are counted by address and learn nothing but that they are strangers. */
  async #identify(record: CallRecord): Promise<void> {
    const { operation, request } = record
    const { address } = request.credentials
    if (operation.access.target === 'public') return this.#limits.countStranger(address, request.onRate)
    try {
      record.principal = await this.#parts.identity.authenticate(request.credentials)
    } catch (failure) {
      if (failure instanceof Unauthenticated) await this.#limits.countStranger(address)
      throw failure
    }
    await this.#limits.countUser(record.principal.userId, request.onRate)
  }

  #parse(input: unknown, record: CallRecord): Record<string, unknown> {
    const filled = withProject(input, record)
    record.project = projectOf(filled)
    const parsed = parseInput(record.operation, filled)
    record.named = [parsed['tool'], parsed['function']].find(name => typeof name === 'string')
    return parsed
  }

  async #authorise({ operation, principal, project }: CallRecord): Promise<void> {
    const { access } = operation
    if (access.target === 'public' || principal === undefined) return
    if (access.target === 'self') authorise(principal, 'read', { kind: 'self' })
    if (access.target === 'installation') authorise(principal, access.need, { kind: 'installation' })
    if (access.target === 'project') await this.#parts.identity.requireProject(principal, access.need, project ?? '')
  }

  /** Runs a mutation once for each idempotency key, and anything else always. */
  async #once<Name extends OperationName>(
    name: Name,
    input: Record<string, unknown>,
    record: CallRecord,
  ): Promise<CallResult<Name>> {
    const { principal, request, operation } = record
    const key = request.idempotencyKey
    if (key === undefined || principal === undefined || !record.changes) return this.#run(name, input, record)
    const showsSecret = operation.showsSecret === true
    const claim = this.#idempotency.claim({ principal, key, operation: name, showsSecret, input })
    try {
      const earlier = await claim.earlierAnswer()
      if (earlier !== undefined) return { output: earlier.output as Output<Name>, replayed: true }
      record.claim = claim
      return await this.#run(name, input, record)
    } finally {
      claim.release()
    }
  }

  async #run<Name extends OperationName>(
    name: Name,
    input: Record<string, unknown>,
    record: CallRecord,
  ): Promise<CallResult<Name>> {
    const { principal, operation } = record
    const leave = principal === undefined ? () => {} : this.#limits.enter(principal.userId)
    try {
      record.admitted = true
      const handler = this.#parts.handlers[name] as Handler<Name>
      const output = await handler(input as Input<Name>, this.#callOf(record))
      if (record.changes && !record.written) {
        await this.#changes.run(record, this.#parts.platform, async () => output)
      }
      await record.claim?.settle(storedOutput(operation, output))
      return { output, replayed: false }
    } finally {
      leave()
    }
  }

  #callOf(record: CallRecord): Call {
    const { request } = record
    const { library, platform } = this.#parts
    return {
      principal: record.principal,
      request,
      signal: request.signal,
      progress: progress => request.onProgress?.(progress),
      changeLibrary: work => this.#changes.run(record, library, work),
      changePlatform: work => this.#changes.run(record, platform, work),
    }
  }

  /** Only a `PlatformError` leaves; anything else is a fault of ours, unless the caller had gone. */
  #toPublic(failure: unknown, { operation, request }: CallRecord): PlatformError {
    if (failure instanceof PlatformError && !(failure instanceof InternalError)) return failure
    if (request.signal.aborted) return new Cancelled(failure)
    const { requestId } = request
    const cause = failure instanceof InternalError ? failure.cause : failure
    this.#parts.log.error({ err: cause, requestId, operation: operation.name }, 'a call failed unexpectedly')
    return failure instanceof InternalError ? failure : new InternalError(failure)
  }

  async #recordFailure(record: CallRecord, outcome: 'refused' | 'failed', error: PlatformError): Promise<void> {
    if (!this.#isRecorded(record, outcome, error)) return
    const row = this.#changes.auditRow(record, outcome, error.code)
    try {
      await this.#parts.platform.write(transaction => insertAudit(governed(transaction), row))
    } catch (failure) {
      this.#parts.log.error({ err: failure, requestId: row.request_id }, 'a failure could not be written to the audit')
    }
  }

  /** Of what strangers try and of what is over a limit, a sample; of reads, only what was refused; of changes, all. */
  #isRecorded({ principal, changes }: CallRecord, outcome: 'refused' | 'failed', error: PlatformError): boolean {
    if (error instanceof ShuttingDown) return false
    if (principal === undefined) return this.#sampler.take(error.code)
    if (error.kind === 'limited') return this.#sampler.take(`${principal.userId} ${error.code}`)
    return changes || outcome === 'refused'
  }

  #tell(
    operation: OperationName,
    { request }: CallRecord,
    outcome: ObservedCall['outcome'],
    code: string | null,
    elapsedMs: number,
  ): void {
    for (const observer of this.#observers) {
      try {
        observer({ operation, door: request.door, outcome, code, elapsedMs })
      } catch (failure) {
        this.#parts.log.error({ err: failure }, 'an observer of calls failed')
      }
    }
  }
}

/** Refused: by who it is, by rights, or by a limit. Anything else that goes wrong has failed. */
function outcomeOf(error: PlatformError, record: CallRecord): 'refused' | 'failed' {
  const hidden = error instanceof ProjectMissing && !record.admitted
  const overLimit = error.kind === 'limited' && !record.admitted
  const refused = error.kind === 'unauthenticated' || error.kind === 'denied' || overLimit
  return hidden || refused || refusedStatements.has(error.code) ? 'refused' : 'failed'
}

/** The input with the project of the request, or of the principal, where it names none. */
function withProject(input: unknown, { operation, principal, request }: CallRecord): unknown {
  const takesProject = 'project' in operation.input.shape
  const project = request.project ?? principal?.project
  if (!takesProject || project === undefined || !isRecord(input ?? {})) return input
  const given = (input ?? {}) as Record<string, unknown>
  return given['project'] === undefined ? { ...given, project } : given
}

/** Only what can be a project's name: nothing else a caller sends reaches the audit. */
function projectOf(input: unknown): string | undefined {
  const project = isRecord(input) ? input['project'] : undefined
  return typeof project === 'string' && projectShape.test(project) ? project : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
