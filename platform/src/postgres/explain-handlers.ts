import { must } from '@super-data/base/errors'
import type { Input } from '@super-data/contract'
import { type Explained, type ExplainRequest, explain, explainIn } from '@super-data/postgres/looking'
import type { Call, Handlers } from '../call.ts'
import { toReport } from './answers.ts'
import { inSession } from './in-session.ts'
import { logged, ownerOf, type PostgresParts, timeOf } from './postgres-parts.ts'
import type { GrantedSource } from './sources.ts'

export function explainHandlers(parts: PostgresParts): Pick<Handlers, 'postgres.explain'> {
  const { postgres, identity } = parts
  return {
    'postgres.explain': async (input, call) => {
      const { source, name } = postgres.get(input.project, input.source, 'read')
      const { sql, params, analyze, options, hypotheticalIndexes, session } = input
      const writes = (await source.check(sql, 'write').catch(() => undefined))?.kind === 'write'
      if (writes && analyze) {
        await identity.requireProject(must(call.principal, 'a principal'), 'write', input.project)
        postgres.get(input.project, input.source, 'write')
      }
      const request = {
        ...{ text: sql, params, hypotheticalIndexes },
        as: writes ? ('write' as const) : ('read' as const),
        options: optionsOf(analyze, options),
      }
      return logged(parts, { call, source: name, action: 'explain', sql }, async () => {
        const explained = await (session === undefined
          ? explain(source, request, { signal: call.signal, ...timeOf(input) })
          : explainInSession(source, session, request, call))
        return { rows: 0, answer: toReport(explained) }
      }).then(({ answer }) => answer)
    },
  }
}

const savepoint = 'super_data_explain'

/** Sees what the session has changed. What is run for its figures is undone alone. */
function explainInSession(
  source: GrantedSource['source'],
  session: string,
  request: ExplainRequest,
  call: Call,
): Promise<Explained> {
  return inSession(source, session, call, async () => {
    const held = { id: session, owner: ownerOf(call), signal: call.signal }
    const { text } = await source.sessions.check(held, request.text, request.as ?? 'read')
    return source.sessions.look(session, ownerOf(call), call.signal, async catalog => {
      await catalog.rows(`SAVEPOINT ${savepoint}`)
      try {
        return await explainIn(catalog, { ...request, text })
      } finally {
        await catalog.rows(`ROLLBACK TO SAVEPOINT ${savepoint}`).catch(() => undefined)
        await catalog.rows(`RELEASE SAVEPOINT ${savepoint}`).catch(() => undefined)
      }
    })
  })
}

function optionsOf(analyze: boolean, options: Input<'postgres.explain'>['options']) {
  const has = (name: (typeof options)[number]) => options.includes(name)
  return {
    analyze,
    ...(has('buffers') ? { buffers: true } : {}),
    ...(has('settings') ? { settings: true } : {}),
    ...(has('wal') ? { wal: true } : {}),
    ...(has('generic_plan') ? { genericPlan: true } : {}),
    ...(has('memory') ? { memory: true } : {}),
    ...(has('serialize') ? { serialize: 'text' as const } : {}),
  }
}
