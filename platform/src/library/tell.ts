import type { Recording } from '../call.ts'
import type { EventDraft } from '../events/outbox.ts'

/** Records what a change led to, as done by whoever called. */
export function tell(recording: Recording, events: readonly EventDraft[]): void {
  for (const { type, project, subject, key } of events) recording.event(type, project, subject, key)
}
