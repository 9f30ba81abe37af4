import { within } from '../within.ts'

export interface StreamBounds {
  /** Messages that may wait for the reader. */
  readonly streamQueueMax: number
  /** How long a full queue may stay full. */
  readonly streamStallMs: number
}

export interface BoundedStream {
  readonly body: ReadableStream<Uint8Array>
  /** Adds a message that may as well be left out: it is when the queue is full. */
  offer(message: Uint8Array): void
  /** Ends the stream from this side. */
  end(): void
}

/**
 * Passes a stream on through a bounded queue: a reader that does not read holds the source up for a moment, and is
 * then disconnected.
 *
 * @param options.onEnd called once: the source ended, the reader left or was disconnected, or `end` was called.
 */
export function boundedStream(
  source: ReadableStream<Uint8Array>,
  options: { readonly limits: StreamBounds; readonly onEnd: () => void },
): BoundedStream {
  const { streamQueueMax, streamStallMs } = options.limits
  const reader = source.getReader()
  let controller: ReadableStreamDefaultController<Uint8Array>
  let room = Promise.withResolvers<void>()
  let ended = false

  const hasRoom = (): boolean => ended || (controller.desiredSize ?? 0) > 0
  const end = (): void => {
    if (ended) return
    ended = true
    room.resolve()
    reader.cancel().catch(() => undefined)
    closeQuietly(controller)
    options.onEnd()
  }
  const pump = async (): Promise<void> => {
    for (let item = await reader.read(); !item.done && !ended; item = await reader.read()) {
      controller.enqueue(item.value)
      while (!hasRoom()) await within(streamStallMs, room.promise)
    }
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(opened) {
        controller = opened
        // Whatever went wrong with the source was said by whoever made it; here the stream just ends.
        void pump()
          .catch(() => undefined)
          .then(end)
      },
      pull() {
        room.resolve()
        room = Promise.withResolvers()
      },
      cancel: end,
    },
    new CountQueuingStrategy({ highWaterMark: streamQueueMax }),
  )
  const offer = (message: Uint8Array): void => {
    if (!ended && hasRoom()) controller.enqueue(message)
  }
  return { body, offer, end }
}

function closeQuietly(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close()
  } catch {
    // The reader had already left.
  }
}
