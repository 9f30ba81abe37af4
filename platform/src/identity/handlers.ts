import { auditHandlers } from '../audit/audit-handlers.ts'
import type { Identity } from './identity.ts'
import { keyHandlers } from './key-handlers.ts'
import { projectHandlers } from './project-handlers.ts'
import { userHandlers } from './user-handlers.ts'

/** The handlers of people, keys, projects, members and the audit trail. */
export function identityHandlers(identity: Identity) {
  return {
    ...projectHandlers(identity),
    ...userHandlers(identity),
    ...keyHandlers(identity),
    ...auditHandlers(identity.parts),
  }
}
