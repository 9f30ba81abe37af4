import type { Server as NodeServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Clock } from '@super-data/base/clock'
import type { Ids } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { PlatformDoor } from '@super-data/platform'
import { httpApp } from './http/app.ts'
import type { HttpDoor } from './http/door.ts'
import { EventSockets } from './http/event-sockets.ts'
import { HostGuard } from './http/host-guard.ts'
import { InFlight } from './http/in-flight.ts'
import { LargeBody } from './http/large-body.ts'
import { type Gauges, Metrics } from './http/metrics.ts'
import { Streams } from './http/streams.ts'
import { defaultLimits, type ServerLimits } from './limits.ts'
import { McpDoor } from './mcp/mcp-door.ts'
import { PlatformRegistry } from './mcp/platform-registry.ts'
import type { McpRegistry } from './mcp/registry.ts'
import type { ObserveRequest } from './mcp/registry-server.ts'
import { version } from './version.ts'

export interface ServerOptions {
  /** Borrowed: the caller closes it after the server. */
  readonly platform: PlatformDoor
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** The address that clients use, when it is not the one bound. */
  readonly publicUrl?: string
  /** Issuers of the tokens accepted here, for OAuth clients to find. */
  readonly authorizationServers?: readonly string[]
  readonly log: Log
  readonly clock: Clock
  readonly ids: Ids
  readonly limits?: Partial<ServerLimits>
  /** Figures that `/metrics` shows besides its own, by name. */
  readonly gauges?: Gauges
  /** Mounts another registry at the MCP addresses; for tests of the MCP layer itself. */
  readonly mcpRegistry?: McpRegistry
}

/** The doors of one platform: HTTP, MCP over HTTP, events. */
export class Server implements AsyncDisposable {
  /** Where the server answers, without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly #parts: ServerParts
  #closing: Promise<void> | undefined

  private constructor(parts: ServerParts, url: URL) {
    this.#parts = parts
    this.url = url.origin
    this.port = Number(url.port || 80)
  }

  /** Listening when it resolves. @throws the listener's error, e.g. when the port is taken. */
  static async open(options: ServerOptions): Promise<Server> {
    const stop = { draining: false }
    const { door, mcp } = openDoors(options, stop)
    const listener = openListener(httpApp(door, mcp).fetch)
    new EventSockets(door).answer(listener)
    const parts = { listener, door, mcp, stop }
    try {
      return new Server(parts, await listen(listener, options))
    } catch (error) {
      await closeDoors(parts)
      throw error
    }
  }

  /** Takes no new work, lets the work in progress end (at most `drainTimeoutMs`), then ends the streams. */
  close(): Promise<void> {
    this.#closing ??= this.#drain()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #drain(): Promise<void> {
    const { listener, door, stop } = this.#parts
    stop.draining = true
    const stopped = new Promise<void>(resolve => listener.close(() => resolve()))
    if (!(await door.inFlight.idle(door.limits.drainTimeoutMs)))
      door.log.warn({ left: door.inFlight.count }, 'stopping with work in progress')
    await closeDoors(this.#parts)
    // Answers already made still have to leave the machine; whoever does not take them is cut off.
    const hangUp = setInterval(() => listener.closeIdleConnections(), hangUpMs)
    const cutOff = setTimeout(() => listener.closeAllConnections(), lastBytesMs)
    await stopped
    clearInterval(hangUp)
    clearTimeout(cutOff)
  }
}

const hangUpMs = 10
const lastBytesMs = 500

interface ServerParts {
  readonly listener: NodeServer
  readonly door: HttpDoor
  readonly mcp: McpDoor
  readonly stop: { draining: boolean }
}

async function closeDoors({ door, mcp }: ServerParts): Promise<void> {
  door.streams.close()
  await mcp.close()
  door.metrics.close()
}

function openDoors(options: ServerOptions, stop: { draining: boolean }): { door: HttpDoor; mcp: McpDoor } {
  const { platform, host, log, clock, ids } = options
  const limits = { ...defaultLimits, ...options.limits }
  const publicUrl = options.publicUrl === undefined ? undefined : new URL(options.publicUrl)
  const inFlight = new InFlight()
  const streams = new Streams({ authenticate: credentials => platform.authenticate(credentials), clock, log, limits })
  const registry = options.mcpRegistry ?? new PlatformRegistry({ platform, ids, log, version, ...limits })
  const observe: ObserveRequest = (method, tool) => metrics.observeMcp(method, tool)
  const mcp = new McpDoor({ registry, streams, clock, log, limits, inFlight, observe })
  const metrics = new Metrics(platform, {
    super_data_open_streams: { help: 'Streams open now.', read: () => streams.count },
    super_data_mcp_sessions: { help: 'MCP sessions open now.', read: () => mcp.sessions.count },
    super_data_requests_in_progress: { help: 'Requests in progress.', read: () => inFlight.count },
    ...options.gauges,
  })
  const door: HttpDoor = {
    ...{ platform, publicUrl, log, clock, ids, limits, streams, metrics, inFlight },
    authorizationServers: options.authorizationServers ?? [],
    guard: new HostGuard({ host, publicUrl }),
    largeBody: new LargeBody(),
    draining: () => stop.draining,
  }
  return { door, mcp }
}

function openListener(fetch: Parameters<typeof createAdaptorServer>[0]['fetch']): NodeServer {
  const listener = createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    serverOptions: { headersTimeout: 15_000, requestTimeout: 60_000, keepAliveTimeout: 10_000, maxHeaderSize: 16_384 },
  })
  return listener as NodeServer
}

/** @returns where it listens */
async function listen(listener: NodeServer, { host, port }: ServerOptions): Promise<URL> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  listener.once('error', reject)
  listener.listen(port, host, () => resolve())
  await promise
  listener.off('error', reject)
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const bound = listener.address() as AddressInfo
  return new URL(`http://${name.includes(':') ? `[${name}]` : name}:${bound.port}`)
}
