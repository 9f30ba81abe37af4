import type { Event } from '@super-data/contract'
import { boundedStream } from './bounded-stream.ts'
import type { DoorContext, HttpDoor } from './door.ts'

const encoder = new TextEncoder()
const alive = encoder.encode(': alive\n\n')

/**
 * Events as server-sent events, from just after `Last-Event-ID` on. A reader that stops reading is disconnected: it
 * comes back with the id of the last event it has, and nothing is lost.
 *
 * @throws Unauthenticated · StreamsTooMany · ServerStopping
 */
export async function eventStream(c: DoorContext, door: HttpDoor): Promise<Response> {
  const { credentials } = c.var.facts
  const principal = await door.platform.authenticate(credentials)
  const after = c.req.header('last-event-id')
  const stop = new AbortController()
  const release = door.streams.hold({ principal, credentials }, () => stream.end())
  const events = door.platform.events.follow(principal, {
    signal: stop.signal,
    ...(after === undefined ? {} : { after }),
  })
  const stream = boundedStream(ReadableStream.from(messages(events, door)), {
    limits: door.limits,
    onEnd: () => {
      clearInterval(heartbeat)
      stop.abort()
      release()
    },
  })
  const heartbeat = setInterval(() => stream.offer(alive), door.limits.heartbeatMs)
  c.req.raw.signal.addEventListener('abort', stream.end, { once: true })
  return new Response(stream.body, {
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  })
}

async function* messages(events: AsyncIterable<Event>, door: HttpDoor): AsyncGenerator<Uint8Array> {
  yield encoder.encode('retry: 2000\n\n')
  try {
    for await (const event of events)
      yield encoder.encode(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  } catch (error) {
    door.log.error({ err: error }, 'an event stream failed')
    throw error
  }
}
