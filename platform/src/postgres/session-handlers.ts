import { must } from '@super-data/base/errors'
import type { PostgresSessionState } from '@super-data/contract'
import type { Call, Handlers } from '../call.ts'
import { toSessionState } from './answers.ts'
import { ownerOf, type PostgresParts } from './postgres-parts.ts'

type Own =
  | 'postgres.begin'
  | 'postgres.commit'
  | 'postgres.rollback'
  | 'postgres.savepoint'
  | 'postgres.release'
  | 'postgres.sessions'

export function sessionHandlers({ postgres, identity }: PostgresParts): Pick<Handlers, Own> {
  const sessionsOf = (input: { project: string; source?: string | undefined }) =>
    postgres.get(input.project, input.source, 'read').source.sessions

  return {
    'postgres.begin': async (input, call) => {
      const { mode, isolation } = input
      const { source } = postgres.get(input.project, input.source, mode)
      if (mode !== 'read') await identity.requireProject(must(call.principal, 'a principal'), mode, input.project)
      return toSessionState(await source.sessions.begin(ownerOf(call), { mode, isolation, signal: call.signal }))
    },
    'postgres.commit': async (input, call) => {
      const sessions = sessionsOf(input)
      const before = sessions.state(input.session, ownerOf(call))
      const { statements } = await sessions.commit(input.session, ownerOf(call))
      return closed(toSessionState(before), statements)
    },
    'postgres.rollback': async (input, call) => {
      const sessions = sessionsOf(input)
      const before = sessions.state(input.session, ownerOf(call))
      if (input.to !== undefined) {
        return toSessionState(await sessions.rollbackTo(input.session, ownerOf(call), input.to))
      }
      const { statements } = await sessions.rollback(input.session, ownerOf(call))
      return closed(toSessionState(before), statements)
    },
    'postgres.savepoint': async (input, call) =>
      toSessionState(await sessionsOf(input).savepoint(input.session, ownerOf(call), input.name)),
    'postgres.release': async (input, call) =>
      toSessionState(await sessionsOf(input).releaseSavepoint(input.session, ownerOf(call), input.name)),
    'postgres.sessions': async (input, call: Call) => ({
      items: sessionsOf(input).list(ownerOf(call)).map(toSessionState),
    }),
  }
}

function closed(before: PostgresSessionState, statements: number): PostgresSessionState {
  const { warning: _, ...state } = before
  return { ...state, state: 'closed', statements, savepoints: [], expiresAt: null }
}
