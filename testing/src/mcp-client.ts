import { registerHooks } from 'node:module'
import type { Client, ElicitResult, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

export type Era = 'modern' | 'legacy'

export interface McpConnection extends AsyncDisposable {
  readonly client: Client
  readonly transport: StreamableHTTPClientTransport
}

export const revisions: Readonly<Record<Era, string>> = { modern: '2026-07-28', legacy: '2025-11-25' }

export interface McpClientOptions {
  readonly era: Era
  readonly key?: string
  readonly onToolsChanged?: () => void
  /** The person at the client, who is shown a message and answers; without it the client asks nobody. */
  readonly person?: (message: string) => ElicitResult | Promise<ElicitResult>
}

/** The official client, speaking one protocol revision. */
export async function connectMcp(url: string, options: McpClientOptions): Promise<McpConnection> {
  const sdk = await importClient()
  const { onToolsChanged, person } = options
  const client = new sdk.Client(
    { name: 'test', version: '1' },
    {
      versionNegotiation: { mode: options.era === 'modern' ? { pin: revisions.modern } : 'legacy' },
      ...(person ? { capabilities: { elicitation: { form: {} } } } : {}),
      ...(onToolsChanged
        ? { listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => onToolsChanged() } } }
        : {}),
    },
  )
  if (person) client.setRequestHandler('elicitation/create', ({ params }) => person(params.message))
  const headers = options.key === undefined ? {} : { Authorization: `Bearer ${options.key}` }
  const transport = new sdk.StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
  await client.connect(transport)
  return {
    client,
    transport,
    async [Symbol.asyncDispose]() {
      await client.close()
    },
  }
}

/**
 * One package below the client publishes its TypeScript under the same condition as our workspaces, and Node runs no
 * TypeScript in node_modules: it is resolved without that condition.
 */
function importClient(): Promise<typeof import('@modelcontextprotocol/client')> {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith('eventsource')
        ? next(specifier, { ...context, conditions: context.conditions.filter(name => name !== 'source') })
        : next(specifier, context),
  })
  return import('@modelcontextprotocol/client')
}
