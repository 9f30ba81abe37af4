import { randomBytes } from 'node:crypto'
import {
  createRequestStateCodec,
  type ListToolsResult,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server'
import type { McpChange, McpRegistry, McpScope } from '@super-data/server'
import { contentTools } from './content-tools.ts'
import { inputTools } from './input-tools.ts'
import { fixturePrompts } from './prompts.ts'
import { fixtureResources } from './resources.ts'

/** One tool of the suite. */
export interface FixtureTool {
  readonly description: string
  readonly inputSchema?: Tool['inputSchema']
  run(input: Readonly<Record<string, unknown>>, context: ServerContext): Promise<FixtureResult> | FixtureResult
}
export type FixtureResult = Awaited<ReturnType<McpRegistry['tools']['call']>>

/** Signs the state that multi-round calls hand to the client and get back. */
export type StateCodec = ReturnType<typeof createRequestStateCodec<{ readonly step: string }>>

/** What the official conformance suite asks a server to offer, by the names it uses. */
export class ConformanceRegistry implements McpRegistry {
  readonly info = { name: 'conformance', version: '1.0.0' }
  readonly logging = true
  readonly prompts = fixturePrompts
  readonly resources = fixtureResources
  readonly verifyState
  readonly tools: McpRegistry['tools']
  readonly completions = { complete: async () => ({ completion: { values: ['paris', 'park'], hasMore: false } }) }
  readonly #listeners = new Set<(change: McpChange) => void>()

  constructor() {
    const state: StateCodec = createRequestStateCodec({ key: randomBytes(32) })
    this.verifyState = (text: string) => state.verify(text, undefined as unknown as ServerContext)
    const fixtures: Readonly<Record<string, FixtureTool>> = {
      ...contentTools,
      ...inputTools(state),
      test_trigger_tool_change: this.#trigger('tools'),
      test_trigger_prompt_change: this.#trigger('prompts'),
    }
    this.tools = {
      list: async () => listOf(fixtures),
      inputSchema: async (_scope: McpScope, name: string) => fixtures[name]?.inputSchema,
      call: async (_scope, name, input, context) => {
        const fixture = fixtures[name]
        if (!fixture) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`)
        return fixture.run(input, context)
      },
    }
  }

  async topic(): Promise<string> {
    return 'conformance'
  }

  onChange(listener: (change: McpChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #trigger(what: McpChange['what']): FixtureTool {
    return {
      description: `Says that the list of ${what} changed.`,
      run: () => {
        for (const listener of this.#listeners) listener({ topic: 'conformance', what })
        return { content: [{ type: 'text', text: 'changed' }] }
      },
    }
  }
}

function listOf(fixtures: Readonly<Record<string, FixtureTool>>): ListToolsResult {
  const tools = Object.entries(fixtures).map(([name, { description, inputSchema }]) => ({
    name,
    description,
    inputSchema: inputSchema ?? { type: 'object' as const },
  }))
  return { tools }
}
