import {
  checkHealth,
  readActivity,
  readConnections,
  readLocks,
  readSizes,
  topQueries,
} from '@super-data/postgres/looking'
import type { Handlers } from '../call.ts'
import { toReport, toReports } from './answers.ts'
import type { PostgresParts } from './postgres-parts.ts'

type Own =
  | 'postgres.health'
  | 'postgres.activity'
  | 'postgres.connections'
  | 'postgres.locks'
  | 'postgres.size'
  | 'postgres.top'

export function monitorHandlers({ postgres }: PostgresParts): Pick<Handlers, Own> {
  return {
    'postgres.health': async (input, call) => {
      const { source } = postgres.get(input.project, input.source, 'read')
      const [health, logins] = await Promise.all([
        source.inspect(call.signal, catalog => checkHealth(catalog)),
        source.findings(),
      ])
      return toReport({ ...health, logins })
    },
    'postgres.activity': async (input, call) => {
      const { source } = postgres.get(input.project, input.source, 'read')
      const wanted = { whose: 'all', idle: input.idle, limit: Math.min(input.limit, 500) } as const
      return { items: toReports(await source.inspect(call.signal, catalog => readActivity(catalog, wanted))) }
    },
    'postgres.connections': async (input, call) => {
      const { source } = postgres.get(input.project, input.source, 'read')
      return toReport(await source.inspect(call.signal, readConnections))
    },
    'postgres.locks': async (input, call) => {
      const { source } = postgres.get(input.project, input.source, 'read')
      return toReport(await source.inspect(call.signal, catalog => readLocks(catalog)))
    },
    'postgres.size': async (input, call) => {
      const { source } = postgres.get(input.project, input.source, 'read')
      return toReport(await source.inspect(call.signal, catalog => readSizes(catalog, { limit: input.limit })))
    },
    'postgres.top': async (input, call) => {
      const { source } = postgres.get(input.project, input.source, 'read')
      const { by, limit } = input
      return toReport(await source.inspect(call.signal, catalog => topQueries(catalog, { by, limit })))
    },
  }
}
