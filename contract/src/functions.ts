import { z } from 'zod'
import { functionName, id, instant, page, paging, projectName, toolName } from './names.ts'
import { operation } from './operation.ts'
import {
  comment,
  expectedVersion,
  justification,
  reviewDifference,
  reviewed,
  toolState,
  versionSummary,
  vote,
  votedHash,
} from './review.ts'

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

const reviewedFunction = libraryFunction.extend(reviewed)
export type ReviewedFunction = z.output<typeof reviewedFunction>

const definition = z.string().min(1).max(50_000).describe('Exactly one jq definition: `def name(args): body;`.')
const reference = z.string().min(1).max(70).describe('name, or name/arity.')
const named = { project: projectName, function: reference }
const path = '/projects/{project}/functions/{function}'
const write = { access: { target: 'project', need: 'write' }, effect: 'write', positional: ['function'] } as const
const read = { access: { target: 'project', need: 'read' }, effect: 'read', positional: ['function'] } as const

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
  summary: 'Show a function, as it is or as it was, with its votes.',
  route: { method: 'GET', path },
  mcp: { tool: 'library', action: 'get_function' },
  ...read,
  input: z.object({ ...named, version: z.coerce.number().int().positive().optional() }),
  output: reviewedFunction,
})

export const createFunction = operation({
  name: 'functions.create',
  summary: 'Draft a shared jq function, or a new version of it.',
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
  output: reviewedFunction,
})

export const submitFunction = operation({
  name: 'functions.submit',
  summary: 'Put the draft of a function before the team; a project’s only member approves it at once.',
  route: { method: 'POST', path: `${path}/submit` },
  mcp: { tool: 'library', action: 'submit_function' },
  ...write,
  input: z.object({
    ...named,
    justification,
    expectedVersion: expectedVersion.optional(),
  }),
  output: reviewedFunction,
})

export const voteOnFunction = operation({
  name: 'functions.vote',
  summary: 'Vote on a pending function; the vote counts for exactly the version read.',
  route: { method: 'POST', path: `${path}/votes` },
  mcp: { tool: 'library', action: 'vote_function' },
  ...write,
  positional: ['function', 'vote'],
  input: z.object({ ...named, vote, hash: votedHash, comment }),
  output: reviewedFunction,
})

export const withdrawFunction = operation({
  name: 'functions.withdraw',
  summary: 'Take a pending function back; it is a draft again.',
  route: { method: 'POST', path: `${path}/withdraw` },
  mcp: { tool: 'library', action: 'withdraw_function' },
  ...write,
  input: z.object(named),
  output: reviewedFunction,
})

export const disableFunction = operation({
  name: 'functions.disable',
  summary: 'Hide a function from new questions and tools; refused while something uses it.',
  route: { method: 'DELETE', path },
  ...write,
  effect: 'destructive',
  input: z.object({
    ...named,
    comment,
    force: z
      .stringbool()
      .or(z.boolean())
      .default(false)
      .describe('Admins: although it is used. What pinned it keeps working.'),
  }),
  output: reviewedFunction,
})

export const restoreFunction = operation({
  name: 'functions.restore',
  summary: 'Bring a disabled function back as it was.',
  route: { method: 'POST', path: `${path}/restore` },
  ...write,
  input: z.object({ ...named, comment }),
  output: reviewedFunction,
})

export const functionHistory = operation({
  name: 'functions.history',
  summary: 'List the versions of a function with their reviews, newest first.',
  route: { method: 'GET', path: `${path}/history` },
  ...read,
  input: z.object({ ...named, ...paging }),
  output: page(versionSummary),
})

export const diffFunction = operation({
  name: 'functions.diff',
  summary: 'Show what differs between two versions of a function.',
  route: { method: 'GET', path: `${path}/diff` },
  mcp: { tool: 'library', action: 'diff_function' },
  ...read,
  input: z.object({
    ...named,
    from: z.coerce.number().int().positive().optional().describe('Default: the one in use.'),
    to: z.coerce.number().int().positive().optional().describe('Default: the newest.'),
  }),
  output: reviewDifference,
})

export const rollBackFunction = operation({
  name: 'functions.rollback',
  summary: 'Draft a new version of a function with the content of an earlier one.',
  route: { method: 'POST', path: `${path}/rollback` },
  ...write,
  positional: ['function', 'version'],
  input: z.object({
    ...named,
    version: z.coerce.number().int().positive(),
    expectedVersion: expectedVersion.optional(),
  }),
  output: reviewedFunction,
})

export const functionImpact = operation({
  name: 'functions.impact',
  summary: 'Show which tools and functions use a function, in which version, and what a newer one changes for them.',
  route: { method: 'GET', path: `${path}/impact` },
  ...read,
  input: z.object({
    ...named,
    version: z.coerce.number().int().positive().optional().describe('The version to move to; default: the newest.'),
  }),
  output: z.object({
    function: functionName,
    arity: z.int(),
    version: z.int().describe('The version compared with.'),
    users: z.array(
      z.object({
        kind: z.enum(['function', 'tool']),
        name: z.union([toolName, z.string()]),
        version: z.int(),
        state: toolState,
        answers: z.boolean(),
        pinned: z.int().describe('The version of the function it was saved with.'),
        current: z.boolean(),
        text: z.string().describe('What would change in the function for it.'),
      }),
    ),
  }),
})
