import type { Database } from '@super-data/metadata'
import type { Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { findUserByName } from '../identity/users.ts'
import type { LibraryTables } from '../state/library.ts'
import type { PlatformTables } from '../state/platform.ts'
import { governed } from '../state/shared-tables.ts'
import { listAudit, proveAudit, toAuditEntry } from './audit-trail.ts'

export function auditHandlers(files: {
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
}): Pick<Handlers, 'audit.list' | 'audit.verify'> {
  const library = files.library.read
  const both = [governed(library), governed(files.platform.read)]
  return {
    'audit.list': async input => {
      const before = parseCursor(input.cursor)
      // Names are stored as they are written in the user, and asked for without case.
      const user = input.user && ((await findUserByName(library, input.user))?.name ?? input.user)
      const filter = { user, operation: input.operation, before, limit: input.limit + 1 }
      return toPage(await listAudit(both, filter), input.limit, toAuditEntry, row => row.id)
    },
    'audit.verify': async (_input, { signal }) => {
      const proofs = [
        { file: 'library' as const, ...(await proveAudit(governed(library), signal)) },
        { file: 'platform' as const, ...(await proveAudit(governed(files.platform.read), signal)) },
      ]
      return { intact: proofs.every(({ brokenAt }) => brokenAt === null), files: proofs }
    },
  }
}
