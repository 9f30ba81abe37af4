import type { Handlers } from '../call.ts'
import { functionHandlers } from './function-handlers.ts'
import type { LibraryParts } from './library-parts.ts'
import { reviewHandlers } from './review-handlers.ts'
import { toolHandlers } from './tool-handlers.ts'

/** What is known of tools from their use stands with learning. */
type LibraryHandlers = Omit<
  Pick<Handlers, Extract<keyof Handlers, `functions.${string}` | `tools.${string}`>>,
  'tools.stats'
>

export function libraryHandlers(parts: LibraryParts): LibraryHandlers {
  return { ...functionHandlers(parts), ...toolHandlers(parts), ...reviewHandlers(parts) }
}
