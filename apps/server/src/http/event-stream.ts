import type { Event } from '@super-data/contract'
import type { DoorContext, HttpDoor } from './door.ts'

const encoder = new TextEncoder()

/**
 * Events as server-sent events, from just after `Last-Event-ID` on. A reader that falls behind by the queue's length
 * is disconnected: it comes back with the id of the last event it has, and nothing is lost.
 *
 * @throws Unauthenticated · StreamsTooMany
 */
export async function eventStream(c: DoorContext, door: HttpDoor): Promise<Response> {
  const { credentials } = c.var.facts
  const principal = await door.platform.authenticate(credentials)
  const after = c.req.header('last-event-id')
  const stop = new AbortController()
  const end = (): void => stop.abort()
  const release = door.streams.hold({ principal, credentials }, end)
  c.req.raw.signal.addEventListener('abort', end, { once: true })
  const follow = door.platform.events.follow(principal, {
    signal: stop.signal,
    ...(after === undefined ? {} : { after }),
  })
  const body = toStream(follow, { door, stop, release })
  return new Response(body, {
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  })
}

interface StreamParts {
  readonly door: HttpDoor
  readonly stop: AbortController
  readonly release: () => void
}

function toStream(events: AsyncIterable<Event>, { door, stop, release }: StreamParts): ReadableStream<Uint8Array> {
  const { heartbeatMs, streamQueueMax } = door.limits
  let heartbeat: NodeJS.Timeout | undefined
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string): void => {
        if (stop.signal.aborted) return
        if ((controller.desiredSize ?? 0) <= -streamQueueMax) stop.abort()
        else controller.enqueue(encoder.encode(text))
      }
      send('retry: 2000\n\n')
      heartbeat = setInterval(() => send(': alive\n\n'), heartbeatMs)
      void pump(events, send)
        .catch(error => door.log.error({ err: error }, 'an event stream failed'))
        .finally(() => {
          clearInterval(heartbeat)
          release()
          closeQuietly(controller)
        })
    },
    cancel() {
      stop.abort()
    },
  })
}

async function pump(events: AsyncIterable<Event>, send: (text: string) => void): Promise<void> {
  for await (const event of events) send(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
}

function closeQuietly(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close()
  } catch {
    // The reader had already left.
  }
}
