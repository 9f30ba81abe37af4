import type { Handlers } from '../call.ts'
import { functionHandlers } from './function-handlers.ts'
import type { LibraryParts } from './library-parts.ts'
import { reviewHandlers } from './review-handlers.ts'
import { toolHandlers } from './tool-handlers.ts'

type LibraryHandlers = Pick<Handlers, Extract<keyof Handlers, `functions.${string}` | `tools.${string}`>>

export function libraryHandlers(parts: LibraryParts): LibraryHandlers {
  return { ...functionHandlers(parts), ...toolHandlers(parts), ...reviewHandlers(parts) }
}
