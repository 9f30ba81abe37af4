import { z } from 'zod'
import { instant } from './names.ts'

/** What the outbox says happened. At least once, in order, each with an id to resume from. */
export const event = z.object({
  id: z.string(),
  at: instant,
  type: z.enum([
    'tool.created',
    'tool.updated',
    'tool.submitted',
    'tool.voted',
    'tool.approved',
    'tool.rejected',
    'tool.expired',
    'tool.withdrawn',
    'tool.conflict',
    'tool.disabled',
    'tool.restored',
    'function.created',
    'function.updated',
    'function.submitted',
    'function.voted',
    'function.approved',
    'function.rejected',
    'function.expired',
    'function.withdrawn',
    'function.conflict',
    'function.disabled',
    'function.restored',
    'dataset.changed',
  ]),
  project: z.string(),
  /** The name of what it happened to. */
  subject: z.string(),
  by: z.string().nullable(),
  /** Of votes and decisions: the same on every installation that shares the library, so that they can be told apart from others. */
  key: z.string().nullable(),
})
export type Event = z.output<typeof event>

/** After these a project may offer other tools than before; after others it offers the same. */
export const offerChanging: readonly Event['type'][] = [
  ...(['tool.approved', 'tool.rejected', 'tool.expired', 'tool.withdrawn', 'tool.conflict'] as const),
  ...(['tool.disabled', 'tool.restored'] as const),
]
