import type { IncomingMessage, Server as NodeServer } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Event } from '@super-data/contract'
import type { Credentials } from '@super-data/platform'
import { type WebSocket, WebSocketServer } from 'ws'
import { bearerToken, readCredentials, refuseRepeatedHeaders } from './credentials.ts'
import type { HttpDoor } from './door.ts'
import { RouteMissing, ServerStopping } from './errors.ts'
import { problemResponse } from './problem.ts'
import { resourceMetadataUrl } from './protected-resource.ts'

/** What a client that cannot set headers, such as a web page, offers beside `bearer.KEY`. */
const protocol = 'super-data.events'
const paths: ReadonlySet<string> = new Set(['/events', '/api/v1/events'])

/** Going away, as RFC 6455 counts it: the client comes back with the id of the last event it has. */
const goingAway = 1001

/**
 * Events over WebSocket, each as one JSON text, from just after `?after=` on. The same rules as for every request: who
 * asks, from which page, how many streams; a reader that stops reading is disconnected.
 */
export class EventSockets {
  readonly #door: HttpDoor
  readonly #server: WebSocketServer

  constructor(door: HttpDoor) {
    this.#door = door
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: 1_024,
      perMessageDeflate: false,
      handleProtocols: offered => (offered.has(protocol) ? protocol : false),
    })
  }

  /** Answers every upgrade that the listener is asked for. */
  answer(listener: NodeServer): void {
    listener.on('upgrade', (incoming, socket, head) => void this.#answer(incoming, socket, head))
  }

  async #answer(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const requestId = this.#door.ids.next('req')
    try {
      const credentials = this.#admit(incoming)
      const principal = await this.#door.platform.authenticate(credentials)
      if (socket.destroyed) return
      const stop = new AbortController()
      let opened: WebSocket | undefined
      const release = this.#door.streams.hold({ principal, credentials }, () => {
        stop.abort()
        if (opened) leave(opened)
      })
      socket.once('close', () => {
        stop.abort()
        release()
      })
      this.#server.handleUpgrade(incoming, socket, head, webSocket => {
        opened = webSocket
        const after = addressOf(incoming).searchParams.get('after') ?? undefined
        const events = this.#door.platform.events.follow(principal, {
          signal: stop.signal,
          ...(after === undefined ? {} : { after }),
        })
        void this.#send(webSocket, events)
      })
    } catch (error) {
      await this.#refuse(incoming, socket, error, requestId)
    }
  }

  /** @throws HostRefused · OriginRefused · HeaderRepeated · AuthorizationMalformed · ServerStopping · RouteMissing */
  #admit(incoming: IncomingMessage): Credentials {
    this.#door.guard.check(incoming)
    refuseRepeatedHeaders(incoming)
    if (this.#door.draining()) throw new ServerStopping()
    if (!paths.has(addressOf(incoming).pathname)) throw new RouteMissing()
    return { ...credentialsOffered(incoming), ...readCredentials(incoming) }
  }

  async #send(webSocket: WebSocket, events: AsyncIterable<Event>): Promise<void> {
    let answered = true
    webSocket.on('pong', () => {
      answered = true
    })
    webSocket.on('error', () => webSocket.terminate())
    const heartbeat = setInterval(() => {
      if (!answered) webSocket.terminate()
      answered = false
      webSocket.ping()
    }, this.#door.limits.heartbeatMs)
    try {
      for await (const event of events) await sent(webSocket, JSON.stringify(event), this.#door.limits.streamStallMs)
      leave(webSocket)
    } catch (error) {
      this.#door.log.info({ error: String(error) }, 'an event socket ended')
      webSocket.terminate()
    } finally {
      clearInterval(heartbeat)
    }
  }

  async #refuse(incoming: IncomingMessage, socket: Duplex, error: unknown, requestId: string): Promise<void> {
    const origin = this.#door.publicUrl?.origin ?? `http://${incoming.headers.host ?? 'localhost'}`
    const response = problemResponse(error, { requestId, resourceMetadataUrl: resourceMetadataUrl(origin, '/events') })
    if (response.status === 500) this.#door.log.error({ err: error, requestId }, 'an upgrade failed')
    const body = await response.text()
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const length = `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n`
    socket.end(`HTTP/1.1 ${response.status} Refused\r\n${headers}${length}\r\n${body}`)
  }
}

/** Says goodbye, and does not wait long for the answer. */
function leave(webSocket: WebSocket): void {
  webSocket.close(goingAway)
  setTimeout(() => webSocket.terminate(), goodbyeMs).unref()
}

const goodbyeMs = 500

function addressOf(incoming: IncomingMessage): URL {
  return new URL(incoming.url ?? '/', 'http://localhost')
}

/** Web pages cannot set headers on a socket: they offer the key as a protocol name, which no log keeps. */
function credentialsOffered(incoming: IncomingMessage): Credentials {
  const offered = incoming.headers['sec-websocket-protocol']?.split(',').map(name => name.trim()) ?? []
  const key = offered.find(name => name.startsWith('bearer.'))?.slice('bearer.'.length)
  const bearer = key === undefined ? undefined : bearerToken(`Bearer ${key}`)
  return bearer === undefined ? {} : { bearer }
}

/** Resolves when the text has left this process. @throws when it does not in time: nobody reads. */
function sent(webSocket: WebSocket, text: string, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => reject(new Error('the reader stopped reading')), withinMs)
    webSocket.send(text, error => {
      clearTimeout(tooLate)
      if (error) reject(error)
      else resolve()
    })
  })
}
