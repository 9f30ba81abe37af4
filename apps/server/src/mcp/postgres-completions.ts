import type { CompleteRequestParams, CompleteResult } from '@modelcontextprotocol/server'
import { PlatformError } from '@super-data/base/errors'
import type { PostgresView } from './postgres-view.ts'
import type { McpCompletions, McpScope } from './registry.ts'

const valuesMax = 100
/** Somebody is typing: what takes longer comes too late. */
const waitMs = 3_000

/** Names of sources, schemas and tables, for the arguments of prompts and of resource templates. */
export class PostgresCompletions implements McpCompletions {
  readonly #view: PostgresView

  constructor(view: PostgresView) {
    this.#view = view
  }

  /** Never fails for what the database or the caller's rights say: then there is nothing to propose. */
  async complete(scope: McpScope, { argument, context }: CompleteRequestParams): Promise<CompleteResult> {
    try {
      const found = await this.#names(scope, argument.name, argument.value, context?.arguments ?? {})
      const values = [...new Set(found)].filter(name => startsWith(name, argument.value))
      return {
        completion: { values: values.slice(0, valuesMax), total: values.length, hasMore: values.length > valuesMax },
      }
    } catch (error) {
      if (error instanceof PlatformError) return { completion: { values: [] } }
      throw error
    }
  }

  async #names(
    scope: McpScope,
    argument: string,
    value: string,
    given: Readonly<Record<string, string>>,
  ): Promise<readonly string[]> {
    const sources = await this.#view.sources(scope)
    if (argument === 'source') return sources
    const source = given['source'] ?? sources[0]
    if (source === undefined || (sources.length > 1 && given['source'] === undefined)) return []
    if (argument === 'schema') return this.#listed(scope, { source, kind: 'schema' })
    if (argument !== 'table') return []
    const schema = given['schema'] ? { schema: given['schema'] } : {}
    return value === '' ? this.#listed(scope, { source, kind: 'table', ...schema }) : this.#found(scope, source, value)
  }

  async #listed(scope: McpScope, input: Readonly<Record<string, unknown>>): Promise<string[]> {
    const signal = AbortSignal.timeout(waitMs)
    const { items } = await this.#view.look(scope, 'postgres.list', { ...input, limit: 500 }, signal)
    return namesIn(items)
  }

  async #found(scope: McpScope, source: string, words: string): Promise<string[]> {
    const signal = AbortSignal.timeout(waitMs)
    const input = { source, words: words.slice(0, 200), limit: 200 }
    const { items } = await this.#view.look(scope, 'postgres.search', input, signal)
    return namesIn(items.filter(({ kind }) => kind === 'table' || kind === 'view' || kind === 'materialized_view'))
  }
}

function namesIn(items: readonly Readonly<Record<string, unknown>>[]): string[] {
  return items.flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
}

function startsWith(name: string, beginning: string): boolean {
  return name.toLowerCase().startsWith(beginning.toLowerCase())
}
