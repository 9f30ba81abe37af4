import { z } from 'zod'
import { answer, json } from './answer.ts'
import { datasetName, functionName, id, instant, page, paging, projectName, toolName } from './names.ts'
import { operation } from './operation.ts'
import { explanation, params, question, resultLimits } from './queries.ts'
import {
  comment,
  expectedVersion,
  justification,
  reviewDifference,
  reviewed,
  testCases,
  testResult,
  toolState,
  versionSummary,
  vote,
  votedHash,
} from './review.ts'

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
  tests: testCases.optional(),
})
export type ToolDefinition = z.output<typeof toolDefinition>

/** `learned`: from a question that was asked, or proposed by an agent. */
const origin = z.enum(['yaml', 'learned', 'manual'])

export const tool = z.object({
  id,
  name: toolName,
  state: toolState,
  version: z.int().positive(),
  hash: z.string().describe('Over the definition and every function version it pins.'),
  definition: toolDefinition,
  functions: z.array(z.object({ name: functionName, arity: z.int(), version: z.int() })),
  outputSchema: z
    .record(z.string(), json)
    .nullable()
    .describe('What its test cases answer, as a JSON Schema: seen, not promised. Null without test cases.'),
  origin,
  approvedVersion: z.int().nullable().describe('The version that answers.'),
  createdBy: z.string(),
  createdAt: instant,
  ...reviewed,
})
export type Tool = z.output<typeof tool>

export const toolSummary = z.object({
  name: toolName,
  state: toolState,
  version: z.int(),
  approvedVersion: z.int().nullable().describe('The version that answers.'),
  description: z.string(),
  engine: question.engine,
  parameters: parameterSchema,
  origin,
})

const named = { project: projectName, tool: toolName }
const path = '/projects/{project}/tools/{tool}'
const write = { access: { target: 'project', need: 'write' }, effect: 'write', positional: ['tool'] } as const
const read = { access: { target: 'project', need: 'read' }, effect: 'read', positional: ['tool'] } as const

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
    state: toolState.optional().describe('Of the newest version; approved: of what answers.'),
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
  input: z.object({ ...named, version: z.coerce.number().int().positive().optional() }),
  output: tool,
})

/** Several datasets for one tool. */
const sources = z
  .array(datasetName)
  .max(100)
  .optional()
  .describe('Several datasets, instead of source: the caller picks one by the parameter `dataset`.')
  .meta({ brief: '' })

const allowSimilar = z.boolean().optional().describe('Although an approved tool asks nearly the same.')

/** What a tool is made from. */
const parts = {
  ...named,
  description: z.string().min(1).max(1000),
  fromRun: id.optional().describe('A run id from an answer; its question and parameters become the tool.'),
  engine: question.engine.optional(),
  source: question.source,
  sources,
  text: question.text.optional(),
  mode: question.mode.optional(),
  parameters: parameterSchema.optional().describe('JSON Schema of the parameters; made from the run when absent.'),
  tests: testCases.optional(),
}

export const createTool = operation({
  name: 'tools.create',
  summary: 'Save a question as a draft tool: from a run, or from its parts.',
  route: { method: 'POST', path: '/projects/{project}/tools' },
  mcp: { tool: 'library', action: 'create' },
  positional: ['tool'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object(parts),
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
    expectedVersion,
    description: z.string().min(1).max(1000).optional(),
    source: question.source,
    sources,
    text: question.text.optional(),
    mode: z.enum(['document', 'records']).optional(),
    parameters: parameterSchema.optional(),
    tests: testCases.optional(),
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
    justification,
    expectedVersion: expectedVersion.optional(),
    allowSimilar,
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
    vote,
    hash: votedHash,
    comment: comment.describe('Needed with a reject.'),
  }),
  output: tool,
})

export const proposeTool = operation({
  name: 'tools.propose',
  summary: 'Save a question as a tool and put it before the team, in one step.',
  route: { method: 'POST', path: '/projects/{project}/proposals' },
  positional: ['tool'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object({
    ...parts,
    justification,
    expectedVersion: expectedVersion
      .optional()
      .describe('Of the tool this is a new version of; absent for a new tool.'),
    allowSimilar,
    requiredFunctions: z
      .array(z.string().max(70))
      .max(100)
      .optional()
      .describe('Functions it must use: name, or name/arity.'),
  }),
  output: tool,
})

export const proposal = z.object({
  kind: z.enum(['function', 'tool']),
  name: z.string().describe('Of a function: name/arity.'),
  version: z.int().positive(),
  hash: z.string(),
  description: z.string(),
  createdBy: z.string(),
  expiresAt: instant,
  approvals: z.int().nonnegative(),
  rejects: z.int().nonnegative(),
  votesNeeded: z.int().nonnegative(),
  yourVote: z
    .enum(['wanted', 'cast', 'unconfirmed', 'own', 'none'])
    .describe(
      'wanted: you may vote; cast: you have, and may change it; unconfirmed: yours waits for its code; own: you had a part in it, others vote; none: you do not vote here.',
    ),
})
export type Proposal = z.output<typeof proposal>

export const listProposals = operation({
  name: 'proposals.list',
  summary: 'List tools and functions that wait for votes, and whether yours is wanted.',
  route: { method: 'GET', path: '/projects/{project}/proposals' },
  mcp: { tool: 'library', action: 'proposals' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, ...paging }),
  output: page(proposal),
})

export const approveTool = operation({
  name: 'tools.approve',
  summary: 'Approve a pending tool as an admin of the project.',
  route: { method: 'POST', path: `${path}/approve` },
  ...write,
  access: { target: 'project', need: 'admin' },
  input: z.object({
    ...named,
    hash: votedHash,
    comment,
    confirm: z
      .literal(true, { error: 'read the version first, then say confirm: true' })
      .describe('That you have read this version and approve it.'),
  }),
  output: tool,
})

export const withdrawTool = operation({
  name: 'tools.withdraw',
  summary: 'Take a pending tool back; it is a draft again.',
  route: { method: 'POST', path: `${path}/withdraw` },
  mcp: { tool: 'library', action: 'withdraw' },
  ...write,
  input: z.object(named),
  output: tool,
})

export const restoreTool = operation({
  name: 'tools.restore',
  summary: 'Bring a disabled tool back as it was.',
  route: { method: 'POST', path: `${path}/restore` },
  ...write,
  access: { target: 'project', need: 'admin' },
  input: z.object({ ...named, comment }),
  output: tool,
})

export const toolHistory = operation({
  name: 'tools.history',
  summary: 'List the versions of a tool with their reviews, newest first.',
  route: { method: 'GET', path: `${path}/history` },
  mcp: { tool: 'library', action: 'history' },
  ...read,
  input: z.object({ ...named, ...paging }),
  output: page(versionSummary),
})

export const diffTool = operation({
  name: 'tools.diff',
  summary: 'Show what differs between two versions of a tool, functions included.',
  route: { method: 'GET', path: `${path}/diff` },
  mcp: { tool: 'library', action: 'diff' },
  ...read,
  input: z.object({
    ...named,
    from: z.coerce.number().int().positive().optional().describe('Default: the one that answers.'),
    to: z.coerce.number().int().positive().optional().describe('Default: the newest.'),
  }),
  output: reviewDifference,
})

export const rollBackTool = operation({
  name: 'tools.rollback',
  summary: 'Draft a new version of a tool with the content of an earlier one.',
  route: { method: 'POST', path: `${path}/rollback` },
  ...write,
  positional: ['tool', 'version'],
  input: z.object({
    ...named,
    version: z.coerce.number().int().positive(),
    expectedVersion: expectedVersion.optional(),
  }),
  output: tool,
})

export const upgradeTool = operation({
  name: 'tools.upgrade',
  summary: 'Draft a new version of a tool with the functions as they are now.',
  route: { method: 'POST', path: `${path}/upgrade` },
  ...write,
  input: z.object({ ...named, expectedVersion }),
  output: tool,
})

export const dryRunTool = operation({
  name: 'tools.dryRun',
  summary: 'Try a version that is not approved: its test cases, and a call on a sample.',
  route: { method: 'POST', path: `${path}/dry-run` },
  mcp: { tool: 'library', action: 'dry_run' },
  ...write,
  effect: 'read',
  input: z.object({
    ...named,
    version: z.int().positive().optional().describe('Default: the newest.'),
    params: params.removeDefault().optional(),
    input: json.optional().describe('jq: what is `.`, instead of the dataset.'),
  }),
  output: z.object({
    version: z.int(),
    hash: z.string(),
    tests: z.array(testResult),
    answer: answer.optional().describe('When params or input were given.'),
  }),
})

export const confirmVote = operation({
  name: 'votes.confirm',
  summary: 'Confirm a vote of yours with its code, so that it counts.',
  route: { method: 'POST', path: '/votes/confirm' },
  positional: ['code'],
  access: { target: 'self' },
  effect: 'write',
  input: z.object({ code: z.string().min(4).max(20) }),
  output: z.object({ vote, subject: z.string(), project: z.string(), state: toolState }),
})

export const listUnconfirmedVotes = operation({
  name: 'votes.unconfirmed',
  summary: 'List votes of yours that do not count yet, with the codes that confirm them.',
  route: { method: 'GET', path: '/votes/unconfirmed' },
  access: { target: 'self' },
  effect: 'read',
  input: z.object({}),
  output: z.object({
    items: z.array(
      z.object({
        code: z.string(),
        project: z.string(),
        subject: z.string(),
        kind: z.enum(['function', 'tool']),
        vote,
        comment: z.string(),
        hash: z.string(),
        at: instant,
      }),
    ),
  }),
})

export const listActivity = operation({
  name: 'activity.list',
  summary: 'Show who did what in the library in the last days.',
  route: { method: 'GET', path: '/projects/{project}/activity' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, days: z.coerce.number().int().min(1).max(365).default(7) }),
  output: z.object({
    from: instant,
    people: z.array(
      z.object({
        user: z.string(),
        created: z.int().describe('Versions saved.'),
        submitted: z.int(),
        votes: z.int(),
        lastAt: instant,
      }),
    ),
    items: z
      .array(
        z.object({
          at: instant,
          user: z.string(),
          did: z.enum(['created', 'submitted', 'withdrawn', 'approve', 'reject', 'disabled', 'restored']),
          kind: z.enum(['function', 'tool']),
          subject: z.string(),
          version: z.int().nullable(),
          comment: z.string(),
        }),
      )
      .describe('Newest first, 500 at most.'),
  }),
})

export const disableTool = operation({
  name: 'tools.disable',
  summary: 'Take a tool out of use; its history stays.',
  route: { method: 'DELETE', path: '/projects/{project}/tools/{tool}' },
  positional: ['tool'],
  access: { target: 'project', need: 'admin' },
  effect: 'destructive',
  input: z.object({ ...named, comment }),
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
  input: z.object({
    ...named,
    version: z.coerce.number().int().positive().optional().describe('Default: the one that answers, or the newest.'),
  }),
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
