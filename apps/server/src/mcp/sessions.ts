import { randomUUID } from 'node:crypto'
import { isInitializeRequest, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import type { Clock } from '@super-data/base/clock'
import type { Log } from '@super-data/base/log'
import { boundedStream } from '../http/bounded-stream.ts'
import { SessionsFull } from '../http/errors.ts'
import type { InFlight } from '../http/in-flight.ts'
import { ownerOf, type Streams } from '../http/streams.ts'
import type { ServerLimits } from '../limits.ts'
import { within } from '../within.ts'
import { jsonRpcError, requestIds } from './json-rpc.ts'
import type { McpChange, McpRegistry, McpScope } from './registry.ts'
import { type ObserveRequest, RegistryServer } from './registry-server.ts'
import { authInfoOf } from './scope-info.ts'

export interface SessionsOptions {
  readonly registry: McpRegistry
  readonly streams: Streams
  readonly clock: Clock
  readonly log: Log
  readonly limits: ServerLimits
  readonly inFlight: InFlight
  readonly observe?: ObserveRequest | undefined
}

interface Session {
  readonly id: string
  /** Who may use it, and at which address. */
  readonly owner: string
  readonly topic: string
  readonly server: RegistryServer
  readonly transport: WebStandardStreamableHTTPServerTransport
  usedAt: number
  /** Requests and streams in progress; a session with any is not idle. */
  active: number
}

/**
 * Sessions of protocol revision 2025-11-25: bounded in number and in age, each bound to the caller and the address
 * that made it. To anybody else a session does not exist.
 */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #sessions = new Map<string, Session>()
  readonly #sweeping: NodeJS.Timeout

  constructor(options: SessionsOptions) {
    this.#options = options
    const everyMs = Math.min(30_000, options.limits.sessionIdleMs)
    this.#sweeping = setInterval(() => void this.sweep(), everyMs).unref()
  }

  get count(): number {
    return this.#sessions.size
  }

  /** Answers one request of the older revision. @throws SessionsFull · StreamsTooMany */
  async answer(request: Request, scope: McpScope, body: unknown): Promise<Response> {
    const id = request.headers.get('mcp-session-id')
    if (id !== null) {
      const session = this.#sessions.get(id)
      if (session?.owner !== ownerKey(scope)) return jsonRpcError(404, -32001, 'Session not found')
      return this.#serve(session, request, scope, body)
    }
    if (request.method === 'POST' && isInitializeRequest(body)) return this.#begin(request, scope, body)
    return jsonRpcError(400, -32000, 'Mcp-Session-Id header is required')
  }

  /** Tells every session of a topic. One that does not take it in time is closed. */
  tell(change: McpChange): void {
    for (const session of this.#sessions.values())
      if (session.topic === change.topic) void this.#tellOne(session, change.what)
  }

  /** Closes the sessions nobody used for the idle time. */
  async sweep(): Promise<void> {
    const oldest = this.#options.clock.elapsed() - this.#options.limits.sessionIdleMs
    const idle = [...this.#sessions.values()].filter(session => session.active === 0 && session.usedAt <= oldest)
    await Promise.all(idle.map(session => this.#end(session)))
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeping)
    await Promise.all([...this.#sessions.values()].map(session => this.#end(session)))
  }

  async #begin(request: Request, scope: McpScope, body: unknown): Promise<Response> {
    const { registry, clock, log, limits, inFlight, observe } = this.#options
    const topic = await registry.topic(scope)
    const owner = ownerKey(scope)
    await this.#makeRoom(owner)
    const server = new RegistryServer({ registry, scope, log, observe, ...limits, beginWork: () => inFlight.begin() })
    let session: Session | undefined
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      keepAliveMs: this.#options.limits.heartbeatMs,
      onsessioninitialized: id => {
        session = { id, owner, topic, server, transport, usedAt: clock.elapsed(), active: 0 }
        this.#sessions.set(id, session)
        server.server.onclose = () => this.#forget(id)
      },
    })
    await server.connect(transport)
    const response = await transport.handleRequest(request, { parsedBody: body, authInfo: authInfoOf(scope) })
    if (session) return this.#watch(session, request, scope, response)
    await server.close()
    return response
  }

  async #serve(session: Session, request: Request, scope: McpScope, body: unknown): Promise<Response> {
    session.usedAt = this.#options.clock.elapsed()
    const response = await session.transport.handleRequest(request, {
      ...(body === undefined ? {} : { parsedBody: body }),
      authInfo: authInfoOf({ ...scope, channel: session.id }),
    })
    const ids = requestIds(body)
    const leave = (): void => {
      for (const requestId of ids)
        session.transport.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } })
    }
    // Nothing is kept for a caller who left in the middle of a call, so its work stops.
    if (request.signal.aborted) leave()
    else if (ids.length > 0) request.signal.addEventListener('abort', leave, { once: true })
    return this.#watch(session, request, scope, response)
  }

  /** Keeps a session from being idle while an answer streams, and bounds what waits for its reader. */
  #watch(session: Session, request: Request, scope: McpScope, response: Response): Response {
    const { streams, clock, limits } = this.#options
    if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream'))
      return response
    let release: () => void = () => undefined
    const { body, end } = boundedStream(response.body, {
      limits,
      onEnd: () => {
        release()
        session.active--
        session.usedAt = clock.elapsed()
      },
    })
    session.active++
    try {
      if (request.method === 'GET') release = streams.hold(scope, end)
    } catch (error) {
      end()
      throw error
    }
    request.signal.addEventListener('abort', end, { once: true })
    return new Response(body, { status: response.status, headers: response.headers })
  }

  /** Closes the longest idle sessions until one more fits. @throws SessionsFull when none is idle */
  async #makeRoom(owner: string): Promise<void> {
    const { sessionsMax, sessionsPerPrincipalMax } = this.#options.limits
    const all = [...this.#sessions.values()]
    const own = all.filter(session => session.owner === owner)
    const candidates = own.length >= sessionsPerPrincipalMax ? own : all
    if (candidates === all && all.length < sessionsMax) return
    const idle = candidates.filter(session => session.active === 0).sort((a, b) => a.usedAt - b.usedAt)[0]
    if (!idle) throw new SessionsFull(candidates === own ? sessionsPerPrincipalMax : sessionsMax)
    await this.#end(idle)
  }

  async #tellOne(session: Session, what: McpChange['what']): Promise<void> {
    const { log, limits } = this.#options
    try {
      await within(limits.notifyTimeoutMs, tell(session.server, what))
    } catch (error) {
      log.debug({ error: String(error) }, 'an MCP session could not be told of a change')
      await this.#end(session)
    }
  }

  /** What was held open for it ends with it. */
  #forget(id: string): void {
    this.#sessions.delete(id)
    const { registry, log } = this.#options
    registry
      .closeChannel?.(id)
      .catch((error: unknown) => log.warn({ err: error }, 'what a session held could not be ended'))
  }

  async #end(session: Session): Promise<void> {
    this.#sessions.delete(session.id)
    await session.server.close().catch(error => this.#options.log.debug({ error: String(error) }, 'closing a session'))
  }
}

/** Sends the notification that a list changed. */
export function tell(server: RegistryServer, what: McpChange['what']): Promise<void> {
  if (what === 'tools') return server.server.sendToolListChanged()
  if (what === 'prompts') return server.server.sendPromptListChanged()
  return server.server.sendResourceListChanged()
}

function ownerKey(scope: McpScope): string {
  return JSON.stringify([ownerOf(scope.principal), scope.project ?? null, scope.group ?? null])
}
