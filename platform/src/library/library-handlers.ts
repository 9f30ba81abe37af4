import type { Handlers } from '../call.ts'
import { activityHandlers } from './activity-handlers.ts'
import { functionHandlers } from './function-handlers.ts'
import { historyHandlers } from './history-handlers.ts'
import type { LibraryParts } from './library-parts.ts'
import { proposalHandlers } from './proposal-handlers.ts'
import { toolHandlers } from './tool-handlers.ts'
import { voteHandlers } from './vote-handlers.ts'

/** What is known of tools from their use stands with learning. */
type LibraryHandlers = Omit<
  Pick<Handlers, Extract<keyof Handlers, `${'functions' | 'tools' | 'proposals' | 'votes' | 'activity'}.${string}`>>,
  'tools.stats'
>

export function libraryHandlers(parts: LibraryParts): LibraryHandlers {
  return {
    ...functionHandlers(parts),
    ...toolHandlers(parts),
    ...historyHandlers(parts),
    ...proposalHandlers(parts),
    ...voteHandlers(parts),
    ...activityHandlers(parts),
  }
}
