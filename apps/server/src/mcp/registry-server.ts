import {
  type CacheHint,
  McpServer,
  ProtocolError,
  type Server,
  type ServerCapabilities,
} from '@modelcontextprotocol/server'
import type { Log } from '@super-data/base/log'
import { guarded } from './guarded.ts'
import type { JsonSchemaObject, McpRegistry, McpScope } from './registry.ts'

/** How long a client may keep a list without being told of changes. The lists differ by caller. */
const listHint: CacheHint = { ttlMs: 10_000, cacheScope: 'private' }

/**
 * Hears that a request began; what it returns hears how it ended: with the code of an error, `tool_error` when the tool
 * itself said no, or neither.
 */
export type ObserveRequest = (method: string, tool?: string) => (error?: string) => void

export interface RegistryServerOptions {
  readonly registry: McpRegistry
  /** The caller of every request that carries no scope of its own. */
  readonly scope: McpScope
  readonly log: Log
  /** Longest the person at the client may take to answer. */
  readonly answerTimeoutMs: number
  readonly observe?: ObserveRequest | undefined
  /** Says that a call began; returns how to say that it ended. */
  readonly beginWork?: (() => () => void) | undefined
  /** The arguments of the tool about to be called: some may have to match headers. */
  readonly calledSchema?: JsonSchemaObject | undefined
}

/** One connection's MCP server over a registry. Cheap: everything listed is prepared by the registry. */
export class RegistryServer extends McpServer {
  readonly #calledSchema: JsonSchemaObject | undefined

  constructor(options: RegistryServerOptions) {
    const { registry } = options
    super(registry.info, {
      capabilities: capabilitiesOf(registry),
      ...(registry.instructions === undefined ? {} : { instructions: registry.instructions }),
      ...(registry.verifyState === undefined ? {} : { requestState: { verify: registry.verifyState } }),
      inputRequired: { roundTimeoutMs: options.answerTimeoutMs },
      cacheHints: {
        'tools/list': listHint,
        'prompts/list': listHint,
        'resources/list': listHint,
        'resources/templates/list': listHint,
        'resources/read': { ttlMs: 0, cacheScope: 'private' },
        'server/discover': listHint,
      },
    })
    this.#calledSchema = options.calledSchema
    const answering = answeringFor(options)
    answerTools(this.server, options, answering)
    answerResources(this.server, options, answering)
    answerPrompts(this.server, options, answering)
  }

  /** What the HTTP layer compares `Mcp-Param-*` headers with. */
  override toolInputSchemaJson(_name: string): Record<string, unknown> | undefined {
    return this.#calledSchema
  }
}

function capabilitiesOf(registry: McpRegistry): ServerCapabilities {
  return {
    tools: { listChanged: true },
    ...(registry.resources ? { resources: { listChanged: true, subscribe: true } } : {}),
    ...(registry.prompts ? { prompts: { listChanged: true } } : {}),
    ...(registry.completions ? { completions: {} } : {}),
    ...(registry.logging ? { logging: {} } : {}),
  }
}

/** A session outlives its requests, and a later request may bring a fresher credential of the same caller. */
function scopeOf(
  context: { readonly http?: { readonly authInfo?: { extra?: Record<string, unknown> } } },
  own: McpScope,
) {
  return (context.http?.authInfo?.extra?.['scope'] as McpScope | undefined) ?? own
}

/** Runs the handler of a method: what leaves it is meant for the outside, and whoever watches hears of it. */
type Answering = <T>(method: string, work: () => Promise<T>, tool?: string) => Promise<T>

function answeringFor({ log, observe }: RegistryServerOptions): Answering {
  return async (method, work, tool) => {
    const ended = observe?.(method, tool)
    try {
      const answer = await guarded(log, work)
      ended?.((answer as { isError?: boolean }).isError === true ? 'tool_error' : undefined)
      return answer
    } catch (error) {
      ended?.(error instanceof ProtocolError ? String(error.code) : 'error')
      throw error
    }
  }
}

function answerTools(
  server: Server,
  { registry: { tools }, scope, beginWork }: RegistryServerOptions,
  answering: Answering,
): void {
  server.setRequestHandler('tools/list', ({ params }, context) =>
    answering('tools/list', () => tools.list(scopeOf(context, scope), params?.cursor)),
  )
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const end = beginWork?.()
    try {
      const input = params.arguments ?? {}
      const asking = { ...scopeOf(context, scope), client: server.getClientCapabilities() }
      return await answering('tools/call', () => tools.call(asking, params.name, input, context), params.name)
    } finally {
      end?.()
    }
  })
}

function answerResources(
  server: Server,
  { registry: { resources }, scope }: RegistryServerOptions,
  answering: Answering,
): void {
  if (!resources) return
  server.setRequestHandler('resources/list', ({ params }, context) =>
    answering('resources/list', () => resources.list(scopeOf(context, scope), params?.cursor)),
  )
  server.setRequestHandler('resources/templates/list', ({ params }, context) =>
    answering('resources/templates/list', () => resources.listTemplates(scopeOf(context, scope), params?.cursor)),
  )
  server.setRequestHandler('resources/read', ({ params }, context) =>
    answering('resources/read', () => resources.read(scopeOf(context, scope), params.uri, context)),
  )
  server.setRequestHandler('resources/subscribe', () => ({}))
  server.setRequestHandler('resources/unsubscribe', () => ({}))
}

function answerPrompts(server: Server, { registry, scope }: RegistryServerOptions, answering: Answering): void {
  const { prompts, completions } = registry
  if (prompts) {
    server.setRequestHandler('prompts/list', ({ params }, context) =>
      answering('prompts/list', () => prompts.list(scopeOf(context, scope), params?.cursor)),
    )
    server.setRequestHandler('prompts/get', ({ params }, context) =>
      answering('prompts/get', () =>
        prompts.get(scopeOf(context, scope), params.name, params.arguments ?? {}, context),
      ),
    )
  }
  if (completions)
    server.setRequestHandler('completion/complete', ({ params }, context) =>
      answering('completion/complete', () => completions.complete(scopeOf(context, scope), params)),
    )
}
