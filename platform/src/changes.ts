import type { Clock } from '@super-data/base/clock'
import { throwIfAborted } from '@super-data/base/errors'
import type { Ids } from '@super-data/base/ids'
import type { Operation } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import type { Transaction } from 'kysely'
import { type AuditLine, insertAudit } from './audit/audit-trail.ts'
import type { Recording } from './call.ts'
import type { CallRecord } from './call-record.ts'
import type { Events } from './events/events.ts'
import type { EventDraft } from './events/outbox.ts'
import { type GovernedTables, type GovernedTransaction, governed } from './state/shared-tables.ts'

export interface ChangeParts {
  readonly events: Events
  readonly ids: Ids
  readonly clock: Clock
}

/** Changes a file together with what must be known of it: audit line, events and idempotency record, or none of all. */
export class Changes {
  readonly #parts: ChangeParts

  constructor(parts: ChangeParts) {
    this.#parts = parts
  }

  /** The first change of a call carries its audit line and its idempotency record; a further one only its events. */
  async run<Tables extends GovernedTables, T>(
    call: CallRecord,
    file: Database<Tables>,
    work: (transaction: Transaction<Tables>, record: Recording) => Promise<T>,
  ): Promise<T> {
    const first = !call.written
    let output: string | null = null
    const value = await this.#parts.events.commit(file, async transaction => {
      const drafts: EventDraft[] = []
      const worked = await work(transaction, recordingOf(call, drafts))
      throwIfAborted(call.request.signal)
      output = storedOutput(call.operation, worked)
      if (first) await this.#writeRecords(governed(transaction), call, output)
      return { value: worked, drafts }
    })
    if (first) this.#written(call, file, output)
    return value
  }

  /** An audit line for a call that did not work, or that somebody was refused. */
  auditRow(call: CallRecord, outcome: AuditLine['outcome'], code: string | null): AuditLine {
    return {
      id: this.#parts.ids.next('audit'),
      at: this.#parts.clock.now(),
      user_id: call.principal?.userId ?? null,
      user_name: call.principal?.userName ?? null,
      operation: call.operation.name,
      project: call.project ?? null,
      target: call.target ?? call.named ?? null,
      outcome,
      code,
      request_id: call.request.requestId,
      door: call.request.door,
    }
  }

  async #writeRecords(transaction: GovernedTransaction, call: CallRecord, output: string | null): Promise<void> {
    await insertAudit(transaction, this.auditRow(call, 'ok', null))
    await call.claim?.record(transaction, output)
  }

  #written<Tables extends GovernedTables>(call: CallRecord, file: Database<Tables>, output: string | null): void {
    call.written = true
    call.claim?.recorded(file as unknown as Database<GovernedTables>, output)
  }
}

function recordingOf(call: CallRecord, events: EventDraft[]): Recording {
  return {
    target: name => {
      call.target = name
    },
    event: (type, project, subject, key) => {
      const by = call.principal?.userName ?? null
      events.push({ type, project, subject, by, ...(key === undefined ? {} : { key }) })
    },
  }
}

/** A value as the answer that a repeated request gets; null when it shows a secret or is not such an answer. */
export function storedOutput(operation: Operation, value: unknown): string | null {
  if (operation.showsSecret === true || !operation.output.safeParse(value).success) return null
  return JSON.stringify(value)
}
