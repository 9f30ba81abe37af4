import {
  type ListResourcesResult,
  type ListResourceTemplatesResult,
  type ReadResourceResult,
  type Resource,
  ResourceNotFoundError,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { PlatformError } from '@super-data/base/errors'
import { boundedJson } from './bounded-json.ts'
import type { PostgresLook, PostgresView } from './postgres-view.ts'
import type { McpResources, McpScope } from './registry.ts'

/** Of one resource. What is longer is told in part, and says so. */
const bytesMax = 200_000
const mimeType = 'application/json'

const fixed = [
  { path: 'schema/tables', title: 'Tables', description: 'Tables and views, their columns where they are few.' },
  { path: 'monitor/health', title: 'Health', description: 'What is wrong with the database, worst first.' },
  { path: 'monitor/activity', title: 'Activity', description: 'What runs now.' },
] as const
const table = { path: 'schema/{schema}/{table}', title: 'Table', description: 'Columns, keys both ways, indexes.' }

/** What an address stands for. */
interface Place {
  readonly source: string | undefined
  readonly operation: PostgresLook
  readonly input: Readonly<Record<string, unknown>>
}

/** Schema and state of PostgreSQL sources, as things to read. Without a source there are none. */
export class PostgresResources implements McpResources {
  readonly #view: PostgresView

  constructor(view: PostgresView) {
    this.#view = view
  }

  async list(scope: McpScope): Promise<ListResourcesResult> {
    const sources = await this.#view.sources(scope)
    return {
      resources: prefixesOf(sources).flatMap(([prefix, source]) => fixed.map(each => toListed(each, prefix, source))),
    }
  }

  async listTemplates(scope: McpScope): Promise<ListResourceTemplatesResult> {
    const sources = await this.#view.sources(scope)
    const prefixes = [...(sources.length === 1 ? [''] : []), ...(sources.length > 0 ? ['{source}/'] : [])]
    const templates = prefixes.flatMap(prefix =>
      (prefix === '' ? [table] : [table, ...fixed]).map(each => ({ ...each, prefix })),
    )
    return {
      resourceTemplates: templates.map(({ path, title, description, prefix }) => ({
        uriTemplate: `postgres://${prefix}${path}`,
        name: `postgres ${prefix === '' ? '' : 'source '}${title.toLowerCase()}`,
        title,
        description,
        mimeType,
      })),
    }
  }

  async read(scope: McpScope, uri: string, context: ServerContext): Promise<ReadResourceResult> {
    const place = placeOf(uri)
    if (place === undefined || (await this.#view.sources(scope)).length === 0) throw new ResourceNotFoundError(uri)
    const { operation, source, input } = place
    const asked = { ...input, ...(source === undefined ? {} : { source }) }
    try {
      const facts = await this.#view.look(scope, operation, asked, context.mcpReq.signal)
      return { contents: [{ uri, mimeType, text: boundedJson(facts, bytesMax) }] }
    } catch (error) {
      if (error instanceof PlatformError && error.kind === 'missing') throw new ResourceNotFoundError(uri)
      throw error
    }
  }
}

/** One source is meant where none is named. */
function prefixesOf(sources: readonly string[]): (readonly [prefix: string, source: string])[] {
  return sources.length === 1 ? [['', sources[0]!]] : sources.map(source => [`${source}/`, source])
}

function toListed({ path, title, description }: (typeof fixed)[number], prefix: string, source: string): Resource {
  return {
    uri: `postgres://${prefix}${path}`,
    name: `${source} ${title.toLowerCase()}`,
    title: `${title} of ${source}`,
    description,
    mimeType,
  }
}

function placeOf(uri: string): Place | undefined {
  if (!uri.startsWith('postgres://') || uri.length > 1_000) return undefined
  const steps = stepsOf(uri.slice('postgres://'.length))
  if (steps === undefined) return undefined
  const own = lookOf(steps)
  if (own !== undefined) return { ...own, source: undefined }
  const [source, ...rest] = steps
  const look = lookOf(rest)
  return look === undefined || source === undefined ? undefined : { ...look, source }
}

/** Names may hold any character, encoded. */
function stepsOf(path: string): string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function lookOf([area, first, second, ...more]: readonly string[]): Omit<Place, 'source'> | undefined {
  if (more.length > 0 || !first) return undefined
  if (area === 'monitor' && second === undefined) {
    if (first === 'health') return { operation: 'postgres.health', input: {} }
    return first === 'activity' ? { operation: 'postgres.activity', input: {} } : undefined
  }
  if (area !== 'schema') return undefined
  if (second === undefined) return first === 'tables' ? { operation: 'postgres.describe', input: {} } : undefined
  return second === '' ? undefined : { operation: 'postgres.describe', input: { schema: first, name: second } }
}
