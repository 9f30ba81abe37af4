import { z } from 'zod'
import { tool, toolDefinition } from './library.ts'
import { id, instant, projectName, toolName } from './names.ts'
import { operation } from './operation.ts'

/** How far back: a word, or a number of days or hours: `7`, `7d`, `24h`. */
export const period = z.coerce
  .string()
  .regex(/^(day|week|month|all|[1-9]\d{0,3}[dh]?)$/, 'day, week, month, all, or a time such as 7d or 24h')

/** How often something was asked, how it went and how long it took. */
export const usage = z.object({
  calls: z.int().nonnegative(),
  users: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  cancelled: z.int().nonnegative(),
  cached: z.int().nonnegative().describe('Answered without running.'),
  p50Ms: z.number().nullable().describe('Half of the calls that were not cancelled took at most so long.'),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  rows: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  errors: z.array(z.object({ code: z.string(), count: z.int().positive() })).describe('Most frequent first.'),
})
export type Usage = z.output<typeof usage>

export const toolStats = operation({
  name: 'tools.stats',
  summary: 'Show how tools are used: calls, people, times, errors, and what nobody calls.',
  route: { method: 'GET', path: '/projects/{project}/stats' },
  mcp: { tool: 'library', action: 'stats' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({
    project: projectName,
    period: period.default('week').describe('day, week, month, all, or e.g. 7d, 24h; a bare number is days.'),
    tool: toolName.optional(),
  }),
  output: z.object({
    since: instant.describe('What is older has been left out or forgotten.'),
    at: instant,
    overall: usage.describe('Tools and other questions together.'),
    tools: z.array(usage.extend({ tool: toolName, lastAt: instant })).describe('Most called first.'),
    unused: z
      .array(z.object({ tool: toolName, lastAt: instant.nullable() }))
      .describe('Approved tools that nobody called in the period.'),
  }),
})

export const suggestionKind = z.enum(['make_tool', 'mend_tool', 'use_records', 'take_as_parameter', 'disable_tool'])

export const suggestion = z.object({
  id,
  kind: suggestionKind,
  title: z.string().describe('What was seen, and what to do about it.'),
  tool: toolName.describe('The tool it is about, or a name for the new one.'),
  evidence: z.object({
    asked: z.int().nonnegative(),
    users: z.int().nonnegative(),
    firstAt: instant.nullable(),
    lastAt: instant.nullable(),
    lastRun: id.nullable(),
    p95Ms: z.number().nullable(),
    bytes: z.int().nullable().describe('Of the dataset.'),
  }),
  definition: toolDefinition.optional().describe('What accepting saves, as a draft.'),
  canAccept: z.boolean().describe('False: advice that somebody has to follow by hand.'),
})
export type Suggestion = z.output<typeof suggestion>

export const listSuggestions = operation({
  name: 'learning.suggestions',
  summary: 'List what the questions asked suggest: tools to make, to mend, to put away.',
  route: { method: 'GET', path: '/projects/{project}/suggestions' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({
    project: projectName,
    kind: suggestionKind.optional(),
    limit: z.coerce.number().int().min(1).max(100).default(20).describe('Most items to return.'),
  }),
  output: z.object({ items: z.array(suggestion), cursor: z.null() }),
})

export const acceptSuggestion = operation({
  name: 'learning.accept',
  summary: 'Do what a suggestion says: save its draft, or put its tool away.',
  route: { method: 'POST', path: '/projects/{project}/suggestions/{suggestion}/accept' },
  positional: ['suggestion'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object({
    project: projectName,
    suggestion: id,
    tool: toolName.optional().describe('A better name for a new tool.'),
    description: z.string().min(1).max(1000).optional(),
  }),
  output: tool,
})

export const dismissSuggestion = operation({
  name: 'learning.dismiss',
  summary: 'Put a suggestion away for everybody in the project.',
  route: { method: 'DELETE', path: '/projects/{project}/suggestions/{suggestion}' },
  positional: ['suggestion'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object({ project: projectName, suggestion: id }),
  output: z.object({ dismissed: id }),
})
