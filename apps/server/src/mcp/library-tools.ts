import type { Tool } from '@modelcontextprotocol/server'
import { issueText } from '@super-data/base/issue-text'
import type { OperationName } from '@super-data/contract'
import { z } from 'zod'
import { NameNotDefined, ToolInputInvalid } from './errors.ts'

export type Output = Readonly<Record<string, unknown>>

/** Calls an operation for whoever called the tool. */
export type AskOperation = (operation: OperationName, input: Output) => Promise<Output>

/** One step of managing the library as a tool of its own, listed in the group `library`. */
export interface LibraryTool {
  readonly listed: Tool
  /** Not offered where nothing may be proposed. */
  readonly proposes: boolean
  call(input: Output, ask: AskOperation): Promise<Output>
}

const toolId = z.string().describe('Name or id of the tool; `name@hash` binds a vote to the version you read.')
const functionId = z.string().describe('name, or name/arity.')
const jsonObject = z.record(z.string(), z.unknown())

const parameterList = z
  .union([z.array(z.looseObject({ name: z.string() })), jsonObject])
  .describe('JSON Schema, or a list of {name, type, required?, default?, description?}.')

/** The tools of the group `library`, by name, in the order agents read them. */
export const libraryTools: ReadonlyMap<string, LibraryTool> = new Map(
  [
    libraryTool({
      name: 'search_tools',
      description: 'Find tools of the team by words in name or description.',
      input: z.object({ query: z.string().max(200).default(''), limit: z.int().min(1).max(1000).default(50) }),
      reads: true,
      call: ({ query, limit }, ask) => ask('tools.list', { search: query, limit }),
    }),
    libraryTool({
      name: 'explain_tool',
      description: 'Show the whole program a tool runs, with the function versions it pins.',
      input: z.object({ tool_id: toolId, version: z.int().positive().optional() }),
      reads: true,
      call: ({ tool_id, version }, ask) =>
        ask('tools.explain', { tool: splitId(tool_id).tool, ...present({ version }) }),
    }),
    libraryTool({
      name: 'propose_new_tool',
      description:
        'Save a query as a tool and put it before the team. Parameters stand in it as $name, or the same in braces.',
      input: z.object({
        tool_name: z.string(),
        tool_description: z.string(),
        query_template: z.string(),
        required_functions: z.array(z.string()).default([]),
        parameters: parameterList.optional(),
        justification: z.string().default(''),
        engine: z.enum(['jq', 'sql']).default('jq'),
        dataset: z.string().optional().describe('jq: the dataset that is `.`. Default: the only one there is.'),
        datasets: z.array(z.string()).optional().describe('jq: several; the caller picks one by `dataset`.'),
        mode: z.enum(['document', 'records']).optional(),
        tests: z.array(jsonObject).optional().describe('{name?, params, input? | dataset?, expected}'),
        allow_similar: z.boolean().optional(),
      }),
      proposes: true,
      call: async (input, ask) => ask('tools.propose', toProposal(input, await datasetsOf(input, ask))),
    }),
    libraryTool({
      name: 'list_proposals',
      description: 'List what waits for votes: `yourVote` says whether you may vote, have, or had a part in it.',
      input: z.object({ limit: z.int().min(1).max(1000).default(100), cursor: z.string().optional() }),
      reads: true,
      call: (input, ask) => ask('proposals.list', present(input)),
    }),
    libraryTool({
      name: 'vote_on_tool',
      description: 'Approve or reject a pending tool. Read it first; a reject needs a comment.',
      input: z.object({ tool_id: toolId, vote: z.enum(['approve', 'reject']), comment: z.string().default('') }),
      call: async ({ tool_id, vote, comment }, ask) =>
        ask('tools.vote', { ...(await readVersion(tool_id, ask)), vote, comment }),
    }),
    libraryTool({
      name: 'approve_tool',
      description: 'Approve a pending tool as an admin of the project, with confirm: true.',
      input: z.object({ tool_id: toolId, comment: z.string().default(''), confirm: z.boolean().default(false) }),
      call: async ({ tool_id, comment, confirm }, ask) =>
        ask('tools.approve', { ...(await readVersion(tool_id, ask)), comment, confirm }),
    }),
    libraryTool({
      name: 'dry_run_tool',
      description: 'Try a tool that is not approved: its test cases, and a call with params or on an input.',
      input: z.object({ tool_id: toolId, params: jsonObject.optional(), input: z.unknown().optional() }),
      reads: true,
      call: ({ tool_id, params, input }, ask) =>
        ask('tools.dryRun', { tool: splitId(tool_id).tool, ...present({ params, input }) }),
    }),
    libraryTool({
      name: 'roll_back_tool',
      description: 'Draft a new version of a tool with the content of an earlier one. Submit it for review.',
      input: z.object({ tool_id: toolId, version: z.int().positive() }),
      call: ({ tool_id, version }, ask) => ask('tools.rollback', { tool: splitId(tool_id).tool, version }),
    }),
    libraryTool({
      name: 'list_functions',
      description: 'List the shared jq functions.',
      input: z.object({ limit: z.int().min(1).max(1000).default(100), cursor: z.string().optional() }),
      reads: true,
      call: (input, ask) => ask('functions.list', present(input)),
    }),
    libraryTool({
      name: 'create_function',
      description:
        'Draft a shared jq function, or a new version of one: `def name(args): body;`. Submit it for review.',
      input: z.object({
        definition: z.string(),
        name: z.string().regex(/^\w+$/).optional().describe('As in the definition.'),
        description: z.string().default(''),
        expected_version: z.int().optional(),
        submit: z.boolean().default(false).describe('Put it before the team at once.'),
      }),
      call: createFunction,
    }),
    libraryTool({
      name: 'get_function_history',
      description: 'Show the versions of a function with their votes, newest first.',
      input: z.object({ function: functionId, limit: z.int().min(1).max(1000).default(50) }),
      reads: true,
      call: (input, ask) => ask('functions.history', input),
    }),
    libraryTool({
      name: 'roll_back_function',
      description: 'Draft a new version of a function with the content of an earlier one. Submit it for review.',
      input: z.object({ function: functionId, version: z.int().positive() }),
      call: (input, ask) => ask('functions.rollback', input),
    }),
    libraryTool({
      name: 'introspect_dataset',
      description: 'Show the structure of a dataset, its versions, and which tools still fit it.',
      input: z.object({ dataset: z.string() }),
      reads: true,
      call: introspectDataset,
    }),
    libraryTool({
      name: 'get_tool_stats',
      description: 'Show how tools are used: calls, times, errors, and what nobody calls.',
      input: z.object({ period: z.union([z.string(), z.int()]).default('week'), tool_name: z.string().optional() }),
      reads: true,
      call: ({ period, tool_name }, ask) => ask('tools.stats', present({ period: String(period), tool: tool_name })),
    }),
    libraryTool({
      name: 'get_team_activity',
      description: 'Show who did what in the library in the last days.',
      input: z.object({ days: z.int().min(1).max(365).default(7) }),
      reads: true,
      call: ({ days }, ask) => ask('activity.list', { days }),
    }),
    libraryTool({
      name: 'get_inbox',
      description: 'Show proposals that wait for your vote, and what became of yours.',
      input: z.object({ unseen: z.boolean().default(false), limit: z.int().min(1).max(1000).default(50) }),
      reads: true,
      call: (input, ask) => ask('inbox.list', input),
    }),
  ].map(tool => [tool.listed.name, tool] as const),
)

function libraryTool<Schema extends z.ZodObject>(tool: {
  readonly name: string
  readonly description: string
  readonly input: Schema
  readonly reads?: true
  readonly proposes?: true
  readonly call: (input: z.output<Schema>, ask: AskOperation) => Promise<Output>
}): LibraryTool {
  const { $schema: _, ...inputSchema } = z.toJSONSchema(tool.input, { io: 'input', unrepresentable: 'any' })
  const annotations = { readOnlyHint: tool.reads === true, openWorldHint: false }
  const { name, description } = tool
  return {
    listed: { name, description, inputSchema: inputSchema as Tool['inputSchema'], annotations },
    proposes: tool.proposes === true,
    call: async (input, ask) => {
      const parsed = tool.input.strict().safeParse(input, { error: issueText })
      if (!parsed.success) throw new ToolInputInvalid(name, Object.keys(tool.input.shape), parsed.error.issues)
      return tool.call(parsed.data as z.output<Schema>, ask)
    },
  }
}

function splitId(id: string): { readonly tool: string; readonly hash: string | undefined } {
  const [tool = '', hash] = id.split('@')
  return { tool, hash }
}

/** The version a vote is for: the one named, else the newest as it is now. */
async function readVersion(id: string, ask: AskOperation): Promise<{ tool: string; hash: string }> {
  const { tool, hash } = splitId(id)
  const read = await ask('tools.get', { tool })
  return { tool: String(read['name']), hash: hash ?? String(read['hash']) }
}

interface Proposal {
  readonly tool_name: string
  readonly tool_description: string
  readonly query_template: string
  readonly required_functions: readonly string[]
  readonly parameters?: z.output<typeof parameterList> | undefined
  readonly justification: string
  readonly engine: string
  readonly dataset?: string | undefined
  readonly datasets?: readonly string[] | undefined
  readonly mode?: string | undefined
  readonly tests?: readonly Output[] | undefined
  readonly allow_similar?: boolean | undefined
}

/** What a proposal reads. Where it does not say and there is one dataset, it is that. */
async function datasetsOf({ dataset, datasets, engine }: Proposal, ask: AskOperation): Promise<readonly string[]> {
  if (dataset !== undefined) return [dataset]
  if (datasets !== undefined || engine !== 'jq') return datasets ?? []
  const { items } = (await ask('datasets.list', { limit: 2 })) as { items: readonly { name: string }[] }
  return items.length === 1 ? items.map(({ name }) => name) : []
}

function toProposal(input: Proposal, datasets: readonly string[]): Output {
  const { parameters, mode, tests, allow_similar: allowSimilar } = input
  const [source] = datasets
  return {
    ...(datasets.length > 1 ? { sources: datasets } : present({ source })),
    ...{ tool: input.tool_name, description: input.tool_description, text: input.query_template },
    ...{ engine: input.engine, justification: input.justification, requiredFunctions: input.required_functions },
    ...present({ mode, tests, allowSimilar, parameters: parameters && toSchema(parameters) }),
  }
}

/** A list of parameters, or a map of them by name, as a JSON Schema; one that is a schema already stays. */
function toSchema(given: z.output<typeof parameterList>): Output {
  if (!Array.isArray(given) && ('properties' in given || given['type'] === 'object')) return given
  const list = Array.isArray(given)
    ? given
    : Object.entries(given).map(([name, said]) => ({
        name,
        ...(typeof said === 'string' ? { type: said } : (said as Output)),
      }))
  const properties = Object.fromEntries(
    list.map(({ name, required: _, ...schema }: Output) => [String(name), { type: 'string', ...schema }]),
  )
  const isRequired = (each: Output) => (each['required'] ?? each['default'] === undefined) === true
  const required = list.filter(isRequired).map(each => each.name)
  return { type: 'object', properties, required, additionalProperties: false }
}

async function createFunction(
  input: {
    definition: string
    name?: string | undefined
    description: string
    expected_version?: number | undefined
    submit: boolean
  },
  ask: AskOperation,
): Promise<Output> {
  const { definition, name, description, expected_version: expectedVersion, submit } = input
  if (name !== undefined && !new RegExp(`\\bdef\\s+${name}\\s*[(:]`).test(definition)) throw new NameNotDefined(name)
  const made = await ask('functions.create', present({ definition, description, expectedVersion }))
  return submit ? ask('functions.submit', { function: `${made['name']}/${made['arity']}` }) : made
}

/** The answer as everywhere, with the names of its versions as this group writes names. */
async function introspectDataset(input: { dataset: string }, ask: AskOperation): Promise<Output> {
  const found = await ask('datasets.introspect', input)
  const { dataVersion, schemaVersion, isCompatible } = found
  return { ...found, data_version: dataVersion, schema_version: schemaVersion, is_compatible: isCompatible }
}

function present(fields: Output): Output {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
