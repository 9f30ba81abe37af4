import type { Handlers } from '../call.ts'
import { adminHandlers } from './admin-handlers.ts'
import { explainHandlers } from './explain-handlers.ts'
import { monitorHandlers } from './monitor-handlers.ts'
import type { PostgresParts } from './postgres-parts.ts'
import { rowHandlers } from './row-handlers.ts'
import { schemaHandlers } from './schema-handlers.ts'
import { sessionHandlers } from './session-handlers.ts'

type PostgresHandlers = Pick<Handlers, Extract<keyof Handlers, `postgres.${string}`>>

export function postgresHandlers(parts: PostgresParts): PostgresHandlers {
  return {
    ...rowHandlers(parts),
    ...explainHandlers(parts),
    ...sessionHandlers(parts),
    ...schemaHandlers(parts),
    ...adminHandlers(parts),
    ...monitorHandlers(parts),
  }
}
