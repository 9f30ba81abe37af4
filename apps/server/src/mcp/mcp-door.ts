import { createMcpHandler, isLegacyRequest, type McpHttpHandler } from '@modelcontextprotocol/server'
import { boundedStream } from '../http/bounded-stream.ts'
import { Changes } from './changes.ts'
import { jsonRpcError } from './json-rpc.ts'
import type { JsonSchemaObject, McpChange, McpScope } from './registry.ts'
import { RegistryServer } from './registry-server.ts'
import { authInfoOf } from './scope-info.ts'
import { Sessions, type SessionsOptions } from './sessions.ts'

/** One request on its way to a server of its own. */
interface Exchange {
  readonly scope: McpScope
  readonly calledSchema: JsonSchemaObject | undefined
}

/** MCP over HTTP: revision 2026-07-28 without state, revision 2025-11-25 with sessions, at one address. */
export class McpDoor {
  readonly #options: SessionsOptions
  readonly #sessions: Sessions
  /** One for each topic, because a change is told to all its subscribers. Topics are projects, so they are few. */
  readonly #handlers = new Map<string, McpHttpHandler>()
  readonly #exchanges = new WeakMap<Request, Exchange>()
  readonly #changes: Changes
  readonly #stopListening: () => void

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#sessions = new Sessions(options)
    this.#changes = new Changes(options.limits.changeDelayMs, change => this.#tell(change))
    this.#stopListening = options.registry.onChange(change => this.#changes.add(change))
  }

  get sessions(): Sessions {
    return this.#sessions
  }

  /**
   * Answers one request whose sender is known.
   *
   * @param body the parsed body; undefined when the request has none.
   * @throws PlatformError before anything of MCP was said
   */
  async answer(request: Request, scope: McpScope, body: unknown): Promise<Response> {
    if (request.method === 'POST' && body === undefined) return jsonRpcError(400, -32700, 'Parse error: no body')
    const topic = await this.#options.registry.topic(scope)
    if (await isLegacyRequest(request, body)) return this.#sessions.answer(request, scope, body)
    return this.#answerModern(topic, request, scope, body)
  }

  async close(): Promise<void> {
    this.#stopListening()
    this.#changes.close()
    await Promise.all([...this.#handlers.values()].map(handler => handler.close()))
    this.#handlers.clear()
    await this.#sessions.close()
  }

  async #answerModern(topic: string, request: Request, scope: McpScope, body: unknown): Promise<Response> {
    this.#exchanges.set(request, { scope, calledSchema: await this.#calledSchema(scope, body) })
    const response = await this.#handlerOf(topic).fetch(request, { parsedBody: body, authInfo: authInfoOf(scope) })
    return methodOf(body) === 'subscriptions/listen' ? this.#hold(request, scope, response) : response
  }

  /** Counts a subscription against its caller and bounds what waits for its reader. */
  #hold(request: Request, scope: McpScope, response: Response): Response {
    if (response.body === null || response.headers.get('content-type') !== 'text/event-stream') return response
    let release: () => void = () => undefined
    const { body, end } = boundedStream(response.body, {
      limits: this.#options.limits,
      onEnd: () => release(),
    })
    try {
      release = this.#options.streams.hold(scope, end)
    } catch (error) {
      end()
      throw error
    }
    request.signal.addEventListener('abort', end, { once: true })
    return new Response(body, { status: response.status, headers: response.headers })
  }

  #handlerOf(topic: string): McpHttpHandler {
    const known = this.#handlers.get(topic)
    if (known) return known
    const { registry, log, limits, inFlight, observe } = this.#options
    const handler = createMcpHandler(
      ({ requestInfo }) => {
        const exchange = requestInfo && this.#exchanges.get(requestInfo)
        if (!exchange) throw new Error('an MCP request without a scope')
        return new RegistryServer({ registry, log, observe, ...limits, beginWork: () => inFlight.begin(), ...exchange })
      },
      {
        legacy: 'reject',
        keepAliveMs: limits.heartbeatMs,
        maxRequestBodySize: limits.bodyBytesMax,
        onerror: error => log.debug({ error: error.message }, 'MCP request'),
      },
    )
    this.#handlers.set(topic, handler)
    return handler
  }

  async #calledSchema(scope: McpScope, body: unknown): Promise<JsonSchemaObject | undefined> {
    if (methodOf(body) !== 'tools/call') return undefined
    const name = (body as { params?: { name?: unknown } }).params?.name
    return typeof name === 'string' ? this.#options.registry.tools.inputSchema(scope, name) : undefined
  }

  #tell(change: McpChange): void {
    const notify = this.#handlers.get(change.topic)?.notify
    if (change.what === 'tools') notify?.toolsChanged()
    else if (change.what === 'prompts') notify?.promptsChanged()
    else notify?.resourcesChanged()
    this.#sessions.tell(change)
  }
}

function methodOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null ? (body as { method?: unknown }).method : undefined
}
