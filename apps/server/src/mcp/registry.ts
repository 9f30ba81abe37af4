import type {
  CallToolResult,
  ClientCapabilities,
  CompleteRequestParams,
  CompleteResult,
  GetPromptResult,
  Implementation,
  InputRequiredResult,
  ListPromptsResult,
  ListResourcesResult,
  ListResourceTemplatesResult,
  ListToolsResult,
  ReadResourceResult,
  ServerContext,
} from '@modelcontextprotocol/server'
import type { Credentials, Principal } from '@super-data/platform'

/** Who asks, and at which address. */
export interface McpScope {
  readonly credentials: Credentials
  readonly principal: Principal
  /** Named by the address; absent at `/mcp`, where the principal's own project counts. */
  readonly project: string | undefined
  /** Narrows what is listed; absent means everything. */
  readonly group: string | undefined
  /** The MCP session, where the protocol has them. */
  readonly channel?: string
  /** What the client said it can do. */
  readonly client?: ClientCapabilities | undefined
  /** Of the HTTP request that carries the message. */
  readonly requestId?: string
}

export type JsonSchemaObject = Readonly<Record<string, unknown>>

/**
 * What MCP offers, apart from how it travels: the same registry answers over HTTP and stdio, in both protocol eras.
 * A part that is absent is not announced.
 */
export interface McpRegistry {
  readonly info: Implementation
  readonly instructions?: string
  readonly tools: McpTools
  readonly resources?: McpResources
  readonly prompts?: McpPrompts
  readonly completions?: McpCompletions
  /** Log messages to the client; deprecated by the protocol, so off unless asked for. */
  readonly logging?: boolean
  /** Checks state that a client hands back in a multi-round call; throws to refuse it. */
  readonly verifyState?: (state: string, context: ServerContext) => unknown
  /**
   * Finds out whether the address exists for this caller.
   *
   * @returns the topic: callers with the same topic see the same lists change together.
   * @throws PlatformError when it does not
   */
  topic(scope: McpScope): Promise<string>
  /** A session ended: nothing is held open for it any more. */
  closeChannel?(channel: string): Promise<void>
  /** Told after the lists of a topic changed. Returns how to stop. */
  onChange(listener: (change: McpChange) => void): () => void
}

export interface McpChange {
  readonly topic: string
  readonly what: 'tools' | 'prompts' | 'resources'
}

export interface McpTools {
  list(scope: McpScope, cursor: string | undefined): Promise<ListToolsResult>
  /** @throws PlatformError or ProtocolError: the first becomes a result the model can act on. */
  call(
    scope: McpScope,
    name: string,
    input: Readonly<Record<string, unknown>>,
    context: ServerContext,
  ): Promise<CallToolResult | InputRequiredResult>
  /** Undefined when there is no such tool. */
  inputSchema(scope: McpScope, name: string): Promise<JsonSchemaObject | undefined>
}

export interface McpResources {
  list(scope: McpScope, cursor: string | undefined): Promise<ListResourcesResult>
  listTemplates(scope: McpScope, cursor: string | undefined): Promise<ListResourceTemplatesResult>
  read(scope: McpScope, uri: string, context: ServerContext): Promise<ReadResourceResult | InputRequiredResult>
}

export interface McpPrompts {
  list(scope: McpScope, cursor: string | undefined): Promise<ListPromptsResult>
  get(
    scope: McpScope,
    name: string,
    input: Readonly<Record<string, string>>,
    context: ServerContext,
  ): Promise<GetPromptResult | InputRequiredResult>
}

export interface McpCompletions {
  complete(scope: McpScope, params: CompleteRequestParams): Promise<CompleteResult>
}
