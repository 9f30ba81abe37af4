import { type CacheHint, McpServer, type Server, type ServerCapabilities } from '@modelcontextprotocol/server'
import type { Log } from '@super-data/base/log'
import { guarded } from './guarded.ts'
import type { JsonSchemaObject, McpRegistry, McpScope } from './registry.ts'

/** How long a client may keep a list without being told of changes. The lists differ by caller. */
const listHint: CacheHint = { ttlMs: 10_000, cacheScope: 'private' }

export interface RegistryServerOptions {
  readonly registry: McpRegistry
  /** The caller of every request that carries no scope of its own. */
  readonly scope: McpScope
  readonly log: Log
  /** Longest the person at the client may take to answer. */
  readonly answerTimeoutMs: number
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
    answerTools(this.server, options)
    answerResources(this.server, options)
    answerPrompts(this.server, options)
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

function answerTools(server: Server, { registry: { tools }, scope, log, beginWork }: RegistryServerOptions): void {
  server.setRequestHandler('tools/list', ({ params }, context) =>
    guarded(log, () => tools.list(scopeOf(context, scope), params?.cursor)),
  )
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const end = beginWork?.()
    try {
      const input = params.arguments ?? {}
      const asking = { ...scopeOf(context, scope), client: server.getClientCapabilities() }
      return await guarded(log, () => tools.call(asking, params.name, input, context))
    } finally {
      end?.()
    }
  })
}

function answerResources(server: Server, { registry: { resources }, scope, log }: RegistryServerOptions): void {
  if (!resources) return
  server.setRequestHandler('resources/list', ({ params }, context) =>
    guarded(log, () => resources.list(scopeOf(context, scope), params?.cursor)),
  )
  server.setRequestHandler('resources/templates/list', ({ params }, context) =>
    guarded(log, () => resources.listTemplates(scopeOf(context, scope), params?.cursor)),
  )
  server.setRequestHandler('resources/read', ({ params }, context) =>
    guarded(log, () => resources.read(scopeOf(context, scope), params.uri, context)),
  )
  server.setRequestHandler('resources/subscribe', () => ({}))
  server.setRequestHandler('resources/unsubscribe', () => ({}))
}

function answerPrompts(server: Server, { registry, scope, log }: RegistryServerOptions): void {
  const { prompts, completions } = registry
  if (prompts) {
    server.setRequestHandler('prompts/list', ({ params }, context) =>
      guarded(log, () => prompts.list(scopeOf(context, scope), params?.cursor)),
    )
    server.setRequestHandler('prompts/get', ({ params }, context) =>
      guarded(log, () => prompts.get(scopeOf(context, scope), params.name, params.arguments ?? {}, context)),
    )
  }
  if (completions)
    server.setRequestHandler('completion/complete', ({ params }, context) =>
      guarded(log, () => completions.complete(scopeOf(context, scope), params)),
    )
}
