import type { Clock } from '@super-data/base/clock'
import { must, toProblem } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import { fingerprint, type SessionOwner } from '@super-data/postgres'
import type { Call } from '../call.ts'
import type { ProjectDatasets } from '../datasets/project-datasets.ts'
import type { Identity } from '../identity/identity.ts'
import type { PostgresSources } from './sources.ts'

/** What the handlers of PostgreSQL work with. */
export interface PostgresParts {
  readonly postgres: PostgresSources
  readonly identity: Identity
  readonly datasets: ProjectDatasets
  readonly clock: Clock
  readonly log: Log
}

/** Whose session it is: the person's, through this connection. */
export function ownerOf(call: Call): SessionOwner {
  const principal = must(call.principal, 'a principal')
  return { owner: principal.userId, channel: call.request.channel ?? 'requests' }
}

export const timeOf = ({ timeoutMs }: { timeoutMs?: number | undefined }) =>
  timeoutMs === undefined ? {} : { timeoutMs }

/** One line for each statement: what kind it was and how it went, never its values. */
export async function logged<T extends { readonly rows?: number }>(
  { clock, log }: PostgresParts,
  statement: { readonly call: Call; readonly source: string; readonly action: string; readonly sql: string },
  work: () => Promise<T>,
): Promise<T> {
  const { call, source, action, sql } = statement
  const started = clock.elapsed()
  const facts = { user: call.principal?.userName, source, action, requestId: call.request.requestId }
  const told = async (end: Record<string, unknown>) => {
    const print = await fingerprint(sql).catch(() => null)
    const ms = Math.round((clock.elapsed() - started) * 10) / 10
    log.info({ statement: { ...facts, fingerprint: print, ms, ...end } }, 'PostgreSQL')
  }
  try {
    const answer = await work()
    await told({ outcome: 'ok', rows: answer.rows ?? null })
    return answer
  } catch (failure) {
    const { code, details } = toProblem(failure)
    await told({ outcome: 'failed', code, sqlstate: details?.['sqlstate'] ?? null })
    throw failure
  }
}
