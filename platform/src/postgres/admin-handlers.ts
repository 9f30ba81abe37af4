import {
  adviseIndexes,
  duplicateIndexes,
  getSetting,
  listSettings,
  type MaintenanceTask,
  maintain,
  PostgresExtensionMissing,
  sessionSetting,
  signalBackend,
  tableStatistics,
  unusedIndexes,
} from '@super-data/postgres/looking'
import type { Call, Handlers } from '../call.ts'
import { toReport, toReports } from './answers.ts'
import { ChangeInvalid, NotConfirmed } from './errors.ts'
import { inSession } from './in-session.ts'
import { logged, ownerOf, type PostgresParts } from './postgres-parts.ts'

type Own =
  | 'postgres.vacuum'
  | 'postgres.analyze'
  | 'postgres.reindex'
  | 'postgres.stats'
  | 'postgres.settings'
  | 'postgres.advise'
  | 'postgres.cancel'

interface Place {
  readonly project: string
  readonly source?: string | undefined
}

export function adminHandlers(parts: PostgresParts): Pick<Handlers, Own> {
  const { postgres, clock } = parts
  const table = ({ schema, table: name }: { schema?: string | undefined; table: string }) => ({
    name,
    ...(schema === undefined ? {} : { schema }),
  })

  return {
    'postgres.vacuum': (input, call) => {
      const { full, analyze } = input
      return keepUp(parts, input, call, { do: 'vacuum', table: table(input), full, analyze })
    },
    'postgres.analyze': (input, call) => keepUp(parts, input, call, { do: 'analyze', table: table(input) }),
    'postgres.reindex': (input, call) => {
      const { schema, concurrently, index } = input
      const name = input.table ?? index
      if (name === undefined) throw new ChangeInvalid('name a table or an index')
      const target = input.table === undefined ? 'index' : 'table'
      const where = schema === undefined ? {} : { schema }
      return keepUp(parts, input, call, { do: 'reindex', target, name, concurrently, ...where })
    },
    'postgres.stats': async (input, call) => {
      const { source } = postgres.get(input.project, input.source, 'read')
      const wanted = input.table === undefined ? {} : { table: table({ schema: input.schema, table: input.table }) }
      return { items: toReports(await source.inspect(call.signal, catalog => tableStatistics(catalog, wanted))) }
    },
    'postgres.settings': async (input, call) => {
      const { source } = postgres.get(input.project, input.source, 'read')
      const { name, category, value, session } = input
      if (value !== undefined) return setInSession(parts, { ...input, name, value, session }, call)
      return source.inspect(call.signal, async catalog => {
        if (name !== undefined) return { items: toReports([await getSetting(catalog, name)]) }
        const page = await listSettings(catalog, { limit: 500, ...(category === undefined ? {} : { category }) })
        return { items: toReports(page.items) }
      })
    },
    'postgres.advise': async (input, call) => {
      const { source } = postgres.get(input.project, input.source, 'read')
      const [unused, duplicate] = await source.inspect(call.signal, async catalog => [
        await unusedIndexes(catalog),
        await duplicateIndexes(catalog),
      ])
      const { sql } = input
      const queries = sql.length === 0 ? {} : { queries: sql.map(text => ({ text })) }
      const missing = await adviseIndexes(source, queries, { signal: call.signal, clock }).catch(missingOrThrow)
      return toReport({ missing, unused, duplicate })
    },
    'postgres.cancel': async (input, call) => {
      const { source, name } = postgres.get(input.project, input.source, 'admin')
      if (!input.confirm) throw new NotConfirmed(`${input.terminate ? 'ending' : 'stopping'} backend ${input.pid}`)
      const signal = input.terminate ? 'terminate' : 'cancel'
      const request = { pid: input.pid, signal, own: source.ownBackends() } as const
      return logged(parts, { call, source: name, action: signal, sql: '' }, async () => {
        const outcome = await source.maintain(call.signal, maintenance => signalBackend(maintenance, request))
        return { rows: 0, answer: toReport(outcome) }
      }).then(({ answer }) => answer)
    },
  }
}

/** What cannot be found out for want of an extension is said, beside what can. */
function missingOrThrow(failure: unknown): { readonly notes: readonly string[] } {
  if (!(failure instanceof PostgresExtensionMissing)) throw failure
  return { notes: [failure.message, failure.hint ?? '', 'Or give the statements to help, as `sql`.'].filter(Boolean) }
}

/** For the rest of one transaction: nobody else's statements change. @throws ChangeInvalid · PostgresSettingRefused */
async function setInSession(
  { postgres }: PostgresParts,
  {
    name,
    value,
    session,
    ...place
  }: Place & { name?: string | undefined; value: string; session?: string | undefined },
  call: Call,
) {
  if (name === undefined || session === undefined) throw new ChangeInvalid('setting takes a name and a session')
  const { source } = postgres.get(place.project, place.source, 'read')
  const { text, params } = sessionSetting(name, value, settingLimits)
  return inSession(source, session, call, () =>
    source.sessions.look(session, ownerOf(call), call.signal, async catalog => {
      await catalog.rows(text, params)
      return { items: toReports([await getSetting(catalog, name)]) }
    }),
  )
}

const settingLimits = { statementTimeoutMsMax: 60_000, lockTimeoutMsMax: 60_000 }

function keepUp(parts: PostgresParts, place: Place, call: Call, task: MaintenanceTask) {
  const { source, name } = parts.postgres.get(place.project, place.source, 'admin')
  return logged(parts, { call, source: name, action: task.do, sql: '' }, async () => {
    const outcome = await maintain(source, task, {
      signal: call.signal,
      onProgress: ({ done, total, phase }) =>
        call.progress({ done: done ?? 0, ...(total ? { total } : {}), message: phase }),
    })
    return { rows: 0, answer: toReport(outcome) }
  }).then(({ answer }) => answer)
}
