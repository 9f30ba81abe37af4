import {
  type CallToolResult,
  type InputRequiredResult,
  type ListToolsResult,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server'
import { PlatformError } from '@super-data/base/errors'
import type { Ids } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import { type OperationName, type Output, offerChanging } from '@super-data/contract'
import { type Catalogue, type CatalogueTool, PersonNotAsked, type PlatformDoor } from '@super-data/platform'
import { callWithin } from '../call-within.ts'
import { type BuiltInTool, builtInTools, builtInToolsWithoutLearning, postgresTools } from './built-in-tools.ts'
import { ActionUnknown, ArgumentUnknown, CursorInvalid, ToolGroupMissing } from './errors.ts'
import { type LibraryTool, libraryTools } from './library-tools.ts'
import { PersonQuestions } from './person-questions.ts'
import { bringsForeignText, postgresResult } from './postgres-answer.ts'
import { PostgresCompletions } from './postgres-completions.ts'
import { PostgresPrompts } from './postgres-prompts.ts'
import { PostgresResources } from './postgres-resources.ts'
import type { PostgresView } from './postgres-view.ts'
import { ProgressRelay } from './progress.ts'
import type { JsonSchemaObject, McpChange, McpRegistry, McpScope, McpTools } from './registry.ts'
import { answerResult, problemResult } from './tool-result.ts'

export interface PlatformRegistryOptions {
  readonly platform: PlatformDoor
  readonly ids: Ids
  readonly log: Log
  readonly version: string
  /** Longest one call may take. */
  readonly callTimeoutMs: number
  /** Longest the person at the client may take to answer. */
  readonly answerTimeoutMs: number
}

/** The group that holds the team's own tools and nothing else. */
const teamGroup = 'tools'
/** The group in which each step of managing the library is a tool of its own. */
const libraryGroup = 'library'
/** The group of the tools for PostgreSQL, which are listed elsewhere only where there is a source. */
const postgresGroup = 'postgres'
const groups = [...builtInTools.keys(), teamGroup, postgresGroup]
const pageSize = 1_000

type Input = Readonly<Record<string, unknown>>

/** The operations as a few tools with actions, and the team's approved tools under their own names. */
export class PlatformRegistry implements McpRegistry {
  readonly info
  readonly instructions =
    'Find data with `datasets`, ask it with `queries`, save good questions with `library`. The other tools are questions the team saved and reviewed: prefer them.'
  readonly tools: McpTools
  readonly resources: PostgresResources
  readonly prompts: PostgresPrompts
  readonly completions: PostgresCompletions
  readonly verifyState
  readonly #options: PlatformRegistryOptions
  readonly #questions: PersonQuestions
  readonly #lists = new Map<string, { readonly generation: number; readonly tools: readonly Tool[] }>()

  constructor(options: PlatformRegistryOptions) {
    this.#options = options
    this.#questions = new PersonQuestions(options.answerTimeoutMs)
    this.verifyState = this.#questions.verify
    this.info = { name: 'super-data', title: 'Super Data', version: options.version }
    this.tools = {
      list: (scope, cursor) => this.#list(scope, cursor),
      call: (scope, name, input, context) => this.#call(scope, name, input, context),
      inputSchema: (scope, name) => this.#inputSchema(scope, name),
    }
    const postgres: PostgresView = {
      sources: scope => this.#postgresSources(scope),
      look: (scope, name, input, signal) => this.#look(scope, name, input, signal),
    }
    this.resources = new PostgresResources(postgres)
    this.prompts = new PostgresPrompts(postgres)
    this.completions = new PostgresCompletions(postgres)
  }

  async topic(scope: McpScope): Promise<string> {
    if (scope.group !== undefined && !groups.includes(scope.group)) throw new ToolGroupMissing(groups)
    return (await this.#catalogue(scope)).project
  }

  closeChannel(channel: string): Promise<void> {
    return this.#options.platform.closeChannel(channel)
  }

  onChange(listener: (change: McpChange) => void): () => void {
    return this.#options.platform.events.onEvent(event => {
      if (offerChanging.includes(event.type)) listener({ topic: event.project, what: 'tools' })
    })
  }

  #catalogue(scope: McpScope): Promise<Catalogue> {
    return this.#options.platform.catalogue(scope.principal, scope.project ?? scope.principal.project)
  }

  async #list(scope: McpScope, cursor: string | undefined): Promise<ListToolsResult> {
    const tools = this.#listOf(await this.#catalogue(scope), scope.group)
    const start = cursor === undefined ? 0 : startAfter(tools, cursor)
    const page = tools.slice(start, start + pageSize)
    const more = start + pageSize < tools.length
    return { tools: page, ...(more ? { nextCursor: toCursor(page.at(-1)!.name) } : {}) }
  }

  /** Everything a group lists, made once for each generation of the catalogue. */
  #listOf(catalogue: Catalogue, group: string | undefined): readonly Tool[] {
    const key = `${catalogue.project} ${group ?? ''} ${catalogue.postgres ?? ''}`
    const known = this.#lists.get(key)
    if (known?.generation === catalogue.generation) return known.tools
    const builtIns = [...offeredTo(catalogue, group).values()].map(tool => tool.listed)
    const tools = [...builtIns, ...stepsOf(catalogue, group), ...teamToolsOf(catalogue, group)]
    this.#lists.set(key, { generation: catalogue.generation, tools })
    return tools
  }

  async #inputSchema(scope: McpScope, name: string): Promise<JsonSchemaObject | undefined> {
    const catalogue = await this.#catalogue(scope)
    const builtIn = offeredTo(catalogue, scope.group).get(name) ?? stepOf(catalogue, scope.group, name)
    return builtIn?.listed.inputSchema ?? this.#teamTool(catalogue, name)?.inputSchema
  }

  #teamTool(catalogue: Catalogue, name: string): CatalogueTool | undefined {
    return catalogue.tools.find(tool => tool.name === name)
  }

  async #call(
    scope: McpScope,
    name: string,
    input: Input,
    context: ServerContext,
  ): Promise<CallToolResult | InputRequiredResult> {
    const catalogue = await this.#catalogue(scope)
    const builtIn = offeredTo(catalogue, scope.group).get(name)
    const step = builtIn ? undefined : stepOf(catalogue, scope.group, name)
    if (!builtIn && !step && !this.#offersTeamTool(catalogue, scope.group, name))
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name.slice(0, 100)}`)
    const requestId = scope.requestId ?? this.#options.ids.next('req')
    try {
      const ask = (operation: OperationName, asked: Input) =>
        this.#ask(scope, { operation, input: asked }, context, requestId)
      if (step) return answerResult(await step.call(input, ask))
      const request = builtIn ? toAction(builtIn, input) : toTeamCall(name, input)
      const output = await ask(request.operation, request.input)
      if (bringsForeignText(request.operation)) return postgresResult(output, this.#options.ids.next('data'))
      return answerResult(output)
    } catch (error) {
      if (error instanceof PersonNotAsked) return this.#questions.ask(error.question, context)
      if (!(error instanceof PlatformError))
        this.#options.log.error({ err: error, requestId }, 'an MCP tool call failed')
      return problemResult(error, requestId)
    }
  }

  #offersTeamTool(catalogue: Catalogue, group: string | undefined, name: string): boolean {
    if (!holdsTeamTools(group)) return false
    return !builtInTools.has(name) && this.#teamTool(catalogue, name) !== undefined
  }

  /** Other groups than that of PostgreSQL offer nothing of it. */
  async #postgresSources(scope: McpScope): Promise<readonly string[]> {
    if (scope.group !== undefined && scope.group !== postgresGroup) return []
    return (await this.#catalogue(scope)).postgresSources ?? []
  }

  async #look<Name extends OperationName>(
    scope: McpScope,
    name: Name,
    input: Input,
    signal: AbortSignal,
  ): Promise<Output<Name>> {
    const { platform, callTimeoutMs, ids } = this.#options
    const request = { ...requestOf(scope), requestId: scope.requestId ?? ids.next('req'), signal }
    return (await callWithin(callTimeoutMs, platform, name, input, request)).output
  }

  async #ask(
    scope: McpScope,
    asked: { readonly operation: OperationName; readonly input: Input },
    context: ServerContext,
    requestId: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const progress = ProgressRelay.for(context)
    const person = this.#questions.personOf(scope.client, context)
    try {
      const { platform, callTimeoutMs } = this.#options
      const { output } = await callWithin(callTimeoutMs, platform, asked.operation, asked.input, {
        ...requestOf(scope),
        requestId,
        signal: context.mcpReq.signal,
        ...(person ? { person } : {}),
        ...(progress ? { onProgress: step => progress.add(step) } : {}),
      })
      return output as Readonly<Record<string, unknown>>
    } finally {
      await progress?.drain()
    }
  }
}

function requestOf({ credentials, project, channel }: McpScope) {
  return {
    ...{ credentials, door: 'mcp' as const },
    ...(project === undefined ? {} : { project }),
    ...(channel === undefined ? {} : { channel }),
  }
}

/** A step of managing the library, where it is offered. */
function stepOf(catalogue: Catalogue, group: string | undefined, name: string): LibraryTool | undefined {
  const step = group === libraryGroup ? libraryTools.get(name) : undefined
  return step?.proposes && catalogue.learning === false ? undefined : step
}

function stepsOf(catalogue: Catalogue, group: string | undefined): Tool[] {
  if (group !== libraryGroup) return []
  return [...libraryTools.keys()].flatMap(name => stepOf(catalogue, group, name)?.listed ?? [])
}

/** The built-in tools of a group, as far as the caller may use them. */
function offeredTo({ postgres, learning }: Catalogue, group: string | undefined): ReadonlyMap<string, BuiltInTool> {
  if (group === postgresGroup) return postgresTools[postgres ?? 'read']
  const offered = learning === false ? builtInToolsWithoutLearning : builtInTools
  if (group !== undefined) return new Map([...offered].filter(([name]) => name === group))
  return postgres === undefined ? offered : new Map([...offered, ...postgresTools[postgres]])
}

/** What is proposed in a group is called there once it is approved. */
function holdsTeamTools(group: string | undefined): boolean {
  return group === undefined || group === teamGroup || group === libraryGroup
}

function teamToolsOf(catalogue: Catalogue, group: string | undefined): Tool[] {
  if (!holdsTeamTools(group)) return []
  const named = catalogue.tools.filter(tool => !builtInTools.has(tool.name))
  return named.sort((a, b) => (a.name < b.name ? -1 : 1)).map(toTool)
}

/** What every team tool answers, in the fewest words. */
const answerSchema = {
  type: 'object',
  properties: { value: {}, rows: { type: 'array' }, count: { type: 'integer' }, truncated: {} },
  required: ['count', 'truncated'],
} as const satisfies Tool['outputSchema']

/**
 * Clients refuse an answer that is not as its schema says, so what was seen is one choice beside everything else. Where
 * nothing was seen there is none: a thousand times the same schema tells agents little and costs them much.
 */
function outputSchemaOf({ seenOutput }: CatalogueTool): Tool['outputSchema'] {
  if (!seenOutput) return undefined
  const seen = Object.entries(seenOutput['properties'] ?? {}).map(([name, schema]) => [name, { anyOf: [schema, {}] }])
  return { ...answerSchema, properties: { ...answerSchema.properties, ...Object.fromEntries(seen) } }
}

function toTool(tool: CatalogueTool): Tool {
  const outputSchema = outputSchemaOf(tool)
  return {
    name: tool.name,
    description: tool.description,
    inputSchema: { ...tool.inputSchema, type: 'object' },
    ...(outputSchema === undefined ? {} : { outputSchema }),
    annotations: { readOnlyHint: true, openWorldHint: false },
  }
}

/** @throws ActionUnknown · ArgumentUnknown */
function toAction(tool: BuiltInTool, input: Input): { operation: OperationName; input: Input } {
  const { action, ...fields } = input
  const operation = typeof action === 'string' ? tool.operations.get(action) : undefined
  if (operation === undefined) throw new ActionUnknown(tool.name, action, [...tool.operations.keys()])
  const unknown = Object.keys(fields).find(name => !tool.fields.has(name))
  if (unknown !== undefined) throw new ArgumentUnknown(tool.name, unknown, [...tool.fields])
  return { operation, input: fields }
}

function toTeamCall(name: string, params: Input): { operation: OperationName; input: Input } {
  return { operation: 'tools.run', input: { tool: name, params } }
}

/** A cursor names the last tool of its page, so it stays right when tools come and go. */
function toCursor(name: string): string {
  return Buffer.from(name).toString('base64url')
}

/** @throws CursorInvalid */
function startAfter(tools: readonly Tool[], cursor: string): number {
  const name = Buffer.from(cursor, 'base64url').toString()
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name) || toCursor(name) !== cursor) throw new CursorInvalid()
  const builtInCount = tools.filter(tool => builtInTools.has(tool.name) || libraryTools.has(tool.name)).length
  const next = tools.findIndex((tool, index) => index >= builtInCount && tool.name > name)
  return next === -1 ? tools.length : next
}
