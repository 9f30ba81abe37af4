import { Cancelled, PlatformError } from '@super-data/base/errors'
import type { Call } from '../call.ts'
import { toSessionState } from './answers.ts'
import { ownerOf } from './postgres-parts.ts'
import type { GrantedSource } from './sources.ts'

/**
 * Work in a transaction session. An error says where the session stands now. A caller that went away does not come
 * back for its session: what it did there is undone at once.
 */
export async function inSession<T>(
  source: GrantedSource['source'],
  session: string,
  call: Call,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (failure) {
    if (failure instanceof Cancelled) await source.sessions.rollback(session, ownerOf(call)).catch(() => undefined)
    else if (failure instanceof PlatformError) tellState(failure, source, session, call)
    throw failure
  }
}

function tellState(failure: PlatformError, source: GrantedSource['source'], session: string, call: Call): void {
  try {
    const state = toSessionState(source.sessions.state(session, ownerOf(call)))
    Object.assign(failure, { details: { ...failure.details, session: state } })
  } catch {
    // It has ended, or is somebody else's: the error says so itself.
  }
}
