import { z } from 'zod'
import { instant, projectName, toolName } from './names.ts'
import { operation } from './operation.ts'

/** How far back: a word, or a number of days. */
export const period = z.coerce
  .string()
  .regex(/^(day|week|month|all|[1-9]\d{0,3})$/, 'day, week, month, all or a number of days')

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
    period: period.default('week').describe('day, week, month, all, or days.'),
    tool: toolName.optional(),
  }),
  output: z.object({
    from: instant.describe('What is older has been left out or forgotten.'),
    to: instant,
    overall: usage.describe('Tools and other questions together.'),
    tools: z.array(usage.extend({ tool: toolName, lastAt: instant })).describe('Most called first.'),
    unused: z
      .array(z.object({ tool: toolName, lastAt: instant.nullable() }))
      .describe('Approved tools that nobody called in the period.'),
  }),
})
