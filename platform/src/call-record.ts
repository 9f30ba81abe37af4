import type { Operation } from '@super-data/contract'
import type { CallRequest } from './call.ts'
import type { IdempotencyClaim } from './idempotency.ts'
import type { Principal } from './principal.ts'

/** What becomes known of one call while it runs; its audit line is made from it. */
export class CallRecord {
  readonly operation: Operation
  readonly request: CallRequest
  principal: Principal | undefined
  project: string | undefined
  /** What was changed, as its handler named it. */
  target: string | undefined
  /** The tool or function the caller named: what a call was about that changed nothing. */
  named: string | undefined
  claim: IdempotencyClaim | undefined
  /** True once the handler may run: until then a refusal is one of rights, not of the work. */
  admitted = false
  /** True once an audit line says that the call worked. */
  written = false

  constructor(operation: Operation, request: CallRequest) {
    this.operation = operation
    this.request = request
  }

  get changes(): boolean {
    return this.operation.effect !== 'read'
  }
}
