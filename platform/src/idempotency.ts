import type { Clock } from '@super-data/base/clock'
import { PlatformError } from '@super-data/base/errors'
import type { Database } from '@super-data/metadata'
import type { Kysely, Selectable } from 'kysely'
import { contentHash } from './canonical-json.ts'
import { parseExactJson } from './exact-json.ts'
import type { Principal } from './principal.ts'
import type { LibraryTables } from './state/library.ts'
import type { PlatformTables } from './state/platform.ts'
import type { GovernedTables, GovernedTransaction } from './state/shared-tables.ts'

const keptMs = 600_000
const keyShape = /^[\x20-\x7e]{1,200}$/

/** The idempotency key is not 1 to 200 printable characters. */
export class IdempotencyKeyInvalid extends PlatformError {
  readonly code = 'IDEMPOTENCY_KEY_INVALID'
  readonly kind = 'invalid'
  constructor() {
    super('the idempotency key is not usable', { hint: 'Use 1 to 200 printable ASCII characters, e.g. a UUID.' })
  }
}

/** The key stands for another request. */
export class IdempotencyMismatch extends PlatformError {
  readonly code = 'IDEMPOTENCY_MISMATCH'
  readonly kind = 'conflict'
  constructor() {
    super('this idempotency key was used for another request', { hint: 'Use a new key for each new request.' })
  }
}

/** The first request with this key has not ended yet. */
export class IdempotencyInFlight extends PlatformError {
  readonly code = 'IDEMPOTENCY_IN_FLIGHT'
  readonly kind = 'conflict'
  override readonly retryable = true
  constructor() {
    super('the first request with this idempotency key is still running', {
      hint: 'Repeat the same request in a moment to get its answer.',
    })
  }
}

/** The first request worked, and its answer held a secret that is stored nowhere. */
export class IdempotencySecretShown extends PlatformError {
  readonly code = 'IDEMPOTENCY_SECRET_SHOWN'
  readonly kind = 'conflict'
  constructor() {
    super('the first request worked, and showed its secret the one time', {
      hint: 'If the answer was lost, revoke what it made and make another with a new idempotency key.',
    })
  }
}

/** The first request worked, but the process ended before its whole answer was stored. */
export class IdempotencyAnswerUnknown extends PlatformError {
  readonly code = 'IDEMPOTENCY_ANSWER_UNKNOWN'
  readonly kind = 'conflict'
  constructor() {
    super('the first request worked, but its answer was lost', { hint: 'Read the state of what it changed.' })
  }
}

export interface IdempotentRequest {
  readonly principal: Principal
  readonly key: string
  readonly operation: string
  readonly showsSecret: boolean
  readonly input: unknown
}

type Row = Selectable<GovernedTables['idempotency']>

/** Answers a repeated mutation from its first time. Records lie in the file of the change they belong to. */
export class Idempotency {
  readonly #files: readonly Database<GovernedTables>[]
  readonly #clock: Clock
  readonly #inFlight = new Map<string, string>()

  /** Borrows the databases. */
  constructor(library: Database<LibraryTables>, platform: Database<PlatformTables>, clock: Clock) {
    this.#files = [library, platform] as unknown as Database<GovernedTables>[]
    this.#clock = clock
  }

  /**
   * Takes the key for one request, until `release`.
   *
   * @throws IdempotencyKeyInvalid · IdempotencyInFlight · IdempotencyMismatch
   */
  claim(request: IdempotentRequest): IdempotencyClaim {
    if (!keyShape.test(request.key)) throw new IdempotencyKeyInvalid()
    const scope = scopeOf(request.principal)
    const place = `${scope} ${request.key}`
    const inputHash = contentHash(request.input)
    const what = `${request.operation} ${inputHash}`
    const running = this.#inFlight.get(place)
    if (running !== undefined) throw running === what ? new IdempotencyInFlight() : new IdempotencyMismatch()
    this.#inFlight.set(place, what)
    const record = { principal: scope, key: request.key, operation: request.operation, input_hash: inputHash }
    const release = () => this.#inFlight.delete(place)
    return new IdempotencyClaim({ files: this.#files, clock: this.#clock, record, release, request })
  }
}

interface ClaimParts {
  readonly files: readonly Database<GovernedTables>[]
  readonly clock: Clock
  readonly record: Pick<Row, 'principal' | 'key' | 'operation' | 'input_hash'>
  readonly release: () => void
  readonly request: IdempotentRequest
}

/** One request's hold on its key. */
export class IdempotencyClaim {
  readonly #parts: ClaimParts
  #stored: { readonly file: Database<GovernedTables>; readonly output: string | null } | undefined

  constructor(parts: ClaimParts) {
    this.#parts = parts
  }

  /**
   * The answer of an earlier request with this key; undefined when this is the first.
   *
   * @throws IdempotencyMismatch · IdempotencySecretShown · IdempotencyAnswerUnknown
   */
  async earlierAnswer(): Promise<{ readonly output: unknown } | undefined> {
    const { files, record, request } = this.#parts
    for (const file of files) {
      const row = await this.#find(file.read)
      if (row === undefined) continue
      if (row.operation !== record.operation || row.input_hash !== record.input_hash) throw new IdempotencyMismatch()
      if (row.output !== null) return { output: parseExactJson(row.output) }
      throw request.showsSecret ? new IdempotencySecretShown() : new IdempotencyAnswerUnknown()
    }
    return undefined
  }

  /** Records, in the transaction of the change, that the request worked. @throws IdempotencyInFlight when another process did */
  async record(transaction: GovernedTransaction, output: string | null): Promise<void> {
    const { clock, record } = this.#parts
    await transaction
      .deleteFrom('idempotency')
      .where('created_at', '<=', clock.now() - keptMs)
      .execute()
    if ((await this.#find(transaction)) !== undefined) throw new IdempotencyInFlight()
    await transaction
      .insertInto('idempotency')
      .values({ ...record, output, created_at: clock.now() })
      .execute()
  }

  /** After the commit: remembers where the record lies. */
  recorded(file: Database<GovernedTables>, output: string | null): void {
    this.#stored = { file, output }
  }

  /** Corrects the record when the call answered something else than its change returned. */
  async settle(output: string | null): Promise<void> {
    const { record } = this.#parts
    if (this.#stored === undefined || this.#stored.output === output) return
    await this.#stored.file.write(transaction =>
      transaction
        .updateTable('idempotency')
        .set({ output })
        .where('principal', '=', record.principal)
        .where('key', '=', record.key)
        .execute(),
    )
  }

  release(): void {
    this.#parts.release()
  }

  #find(rows: Kysely<GovernedTables>): Promise<Row | undefined> {
    const { clock, record } = this.#parts
    return rows
      .selectFrom('idempotency')
      .selectAll()
      .where('principal', '=', record.principal)
      .where('key', '=', record.key)
      .where('created_at', '>', clock.now() - keptMs)
      .executeTakeFirst()
  }
}

/** A key belongs to one credential: what one key was answered, another of the same user is not. */
function scopeOf(principal: Principal): string {
  return `${principal.userId}/${principal.keyId ?? principal.method}`
}
