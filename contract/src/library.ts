import { z } from 'zod'
import { answer, json } from './answer.ts'
import { datasetName, functionName, id, instant, page, paging, projectName, toolName } from './names.ts'
import { operation } from './operation.ts'
import { explanation, params, question, resultLimits } from './queries.ts'

/** `conflict`: approved elsewhere at the same time as another version, which answers. */
export const toolState = z.enum(['draft', 'pending', 'approved', 'rejected', 'expired', 'conflict', 'disabled'])
export type ToolState = z.output<typeof toolState>

export const libraryFunction = z.object({
  id,
  name: functionName,
  arity: z.int().nonnegative(),
  version: z.int().positive(),
  approvedVersion: z.int().nullable().describe('What new questions and tools use.'),
  state: toolState,
  hash: z.string(),
  description: z.string(),
  definition: z.string(),
  uses: z.array(z.object({ name: functionName, arity: z.int(), version: z.int() })).describe('Pinned.'),
  active: z.boolean(),
  createdBy: z.string(),
  createdAt: instant,
})
export type LibraryFunction = z.output<typeof libraryFunction>

const definition = z.string().min(1).max(50_000).describe('Exactly one jq definition: `def name(args): body;`.')

export const listFunctions = operation({
  name: 'functions.list',
  summary: 'List the shared jq functions.',
  route: { method: 'GET', path: '/projects/{project}/functions' },
  mcp: { tool: 'library', action: 'list_functions' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, ...paging }),
  output: page(libraryFunction),
})

export const getFunction = operation({
  name: 'functions.get',
  summary: 'Show a function, as it is or as it was.',
  route: { method: 'GET', path: '/projects/{project}/functions/{function}' },
  positional: ['function'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({
    project: projectName,
    function: z.string().min(1).max(70).describe('name, or name/arity.'),
    version: z.coerce.number().int().positive().optional(),
  }),
  output: libraryFunction,
})

export const createFunction = operation({
  name: 'functions.create',
  summary: 'Add a shared jq function, or a new version of it.',
  route: { method: 'POST', path: '/projects/{project}/functions' },
  mcp: { tool: 'library', action: 'create_function' },
  positional: ['definition'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object({
    project: projectName,
    definition,
    description: z.string().max(500).default(''),
    expectedVersion: z
      .int()
      .nonnegative()
      .optional()
      .describe('The version this one follows, 0 for a new function: refused when somebody was faster.'),
  }),
  output: libraryFunction,
})

export const disableFunction = operation({
  name: 'functions.disable',
  summary: 'Hide a function from new tools; tools that pinned it keep working.',
  route: { method: 'DELETE', path: '/projects/{project}/functions/{function}' },
  positional: ['function'],
  access: { target: 'project', need: 'write' },
  effect: 'destructive',
  input: z.object({ project: projectName, function: z.string().min(1).max(70) }),
  output: libraryFunction,
})

/** JSON Schema 2020-12 of an object; checked when the tool is saved. */
export const parameterSchema = z.record(z.string(), json)

/** What a tool is: this, canonically written, is what its hash covers. */
export const toolDefinition = z.object({
  description: z.string().min(1).max(1000),
  ...question,
  sources: z
    .array(datasetName)
    .max(100)
    .default([])
    .describe('Several datasets: the caller picks one by the parameter `dataset`.'),
  parameters: parameterSchema.default({ type: 'object', properties: {}, additionalProperties: false }),
})
export type ToolDefinition = z.output<typeof toolDefinition>

export const tool = z.object({
  id,
  name: toolName,
  state: toolState,
  version: z.int().positive(),
  hash: z.string().describe('Over the definition and every function version it pins.'),
  definition: toolDefinition,
  functions: z.array(z.object({ name: functionName, arity: z.int(), version: z.int() })),
  origin: z.enum(['yaml', 'learned', 'manual']),
  review: z
    .enum(['none', 'votes', 'import'])
    .nullable()
    .describe('How it was approved; `none` by a project’s only member.'),
  createdBy: z.string(),
  createdAt: instant,
  approvedAt: instant.nullable(),
  approvedBy: z.array(z.string()),
  votes: z.array(z.object({ user: z.string(), vote: z.enum(['approve', 'reject']), comment: z.string(), at: instant })),
  votesNeeded: z.int().nonnegative(),
})
export type Tool = z.output<typeof tool>

export const toolSummary = z.object({
  name: toolName,
  state: toolState,
  version: z.int(),
  description: z.string(),
  engine: question.engine,
  parameters: parameterSchema,
})

export const listTools = operation({
  name: 'tools.list',
  summary: 'List the team’s tools, or search them.',
  route: { method: 'GET', path: '/projects/{project}/tools' },
  mcp: { tool: 'library', action: 'list' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({
    project: projectName,
    ...paging,
    state: toolState.optional(),
    search: z.string().max(200).optional().describe('Words in name or description.'),
  }),
  output: page(toolSummary),
})

export const getTool = operation({
  name: 'tools.get',
  summary: 'Show a tool with its definition, versions pinned and votes.',
  route: { method: 'GET', path: '/projects/{project}/tools/{tool}' },
  mcp: { tool: 'library', action: 'get' },
  positional: ['tool'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, tool: toolName }),
  output: tool,
})

export const createTool = operation({
  name: 'tools.create',
  summary: 'Save a question as a draft tool: from a run, or from its parts.',
  route: { method: 'POST', path: '/projects/{project}/tools' },
  mcp: { tool: 'library', action: 'create' },
  positional: ['tool'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object({
    project: projectName,
    tool: toolName,
    description: z.string().min(1).max(1000),
    fromRun: id.optional().describe('A run id from an answer; its question and parameters become the tool.'),
    engine: question.engine.optional(),
    source: question.source,
    sources: z.array(datasetName).max(100).optional(),
    text: question.text.optional(),
    mode: question.mode.optional(),
    parameters: parameterSchema.optional().describe('JSON Schema of the parameters; made from the run when absent.'),
  }),
  output: tool,
})

export const updateTool = operation({
  name: 'tools.update',
  summary: 'Save a new version of a tool as a draft; the approved one keeps answering.',
  route: { method: 'PATCH', path: '/projects/{project}/tools/{tool}' },
  mcp: { tool: 'library', action: 'update' },
  positional: ['tool'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object({
    project: projectName,
    tool: toolName,
    expectedVersion: z.int().positive().describe('The version you read; refused when somebody was faster.'),
    description: z.string().min(1).max(1000).optional(),
    source: question.source,
    sources: z.array(datasetName).max(100).optional(),
    text: question.text.optional(),
    mode: z.enum(['document', 'records']).optional(),
    parameters: parameterSchema.optional(),
  }),
  output: tool,
})

export const submitTool = operation({
  name: 'tools.submit',
  summary: 'Put a draft before the team; a project’s only member publishes it at once.',
  route: { method: 'POST', path: '/projects/{project}/tools/{tool}/submit' },
  mcp: { tool: 'library', action: 'submit' },
  positional: ['tool'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object({
    project: projectName,
    tool: toolName,
    justification: z.string().max(2000).default(''),
    expectedVersion: z.int().positive().optional().describe('The version you read; refused when there is a newer one.'),
  }),
  output: tool,
})

export const voteOnTool = operation({
  name: 'tools.vote',
  summary: 'Vote on a pending tool; the vote counts for exactly the version read.',
  route: { method: 'POST', path: '/projects/{project}/tools/{tool}/votes' },
  mcp: { tool: 'library', action: 'vote' },
  positional: ['tool', 'vote'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object({
    project: projectName,
    tool: toolName,
    vote: z.enum(['approve', 'reject']),
    hash: z.string().min(12).max(64).describe('The hash that `get` showed, or its first 12 characters.'),
    comment: z.string().max(2000).default(''),
  }),
  output: tool,
})

export const disableTool = operation({
  name: 'tools.disable',
  summary: 'Take a tool out of use; its history stays.',
  route: { method: 'DELETE', path: '/projects/{project}/tools/{tool}' },
  positional: ['tool'],
  access: { target: 'project', need: 'admin' },
  effect: 'destructive',
  input: z.object({ project: projectName, tool: toolName }),
  output: tool,
})

export const explainTool = operation({
  name: 'tools.explain',
  summary: 'Show the whole program a tool runs, with the versions it pins.',
  route: { method: 'GET', path: '/projects/{project}/tools/{tool}/explain' },
  mcp: { tool: 'library', action: 'explain' },
  positional: ['tool'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, tool: toolName }),
  output: explanation,
})

export const runTool = operation({
  name: 'tools.run',
  summary: 'Call a tool: an approved one, or a draft of your own.',
  route: { method: 'POST', path: '/projects/{project}/tools/{tool}/run' },
  mcp: { tool: 'library', action: 'run' },
  positional: ['tool'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({
    project: projectName,
    tool: toolName,
    params,
    version: z.int().positive().optional().describe('A version that is not approved, to try it; editors only.'),
    ...resultLimits,
  }),
  output: answer,
})
