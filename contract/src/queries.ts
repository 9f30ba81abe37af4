import { z } from 'zod'
import { answer, column, json } from './answer.ts'
import { id, instant, page, paging, projectName, toolName } from './names.ts'
import { operation } from './operation.ts'

export const engineName = z.enum(['jq', 'sql', 'postgres'])
export type EngineName = z.output<typeof engineName>

export const params = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/), json).default({})

/** A dataset, or a PostgreSQL source. */
export const questionSource = z
  .string()
  .regex(
    /^[a-z_][a-z0-9_-]{0,99}$/,
    'the name of a dataset (`datasets list`) or PostgreSQL source (`postgres sources`)',
  )

/** The question itself: the same fields wherever one is asked, explained or saved. */
export const question = {
  engine: engineName.describe('jq for JSON shapes, sql (DuckDB) for tables, postgres for a database.'),
  source: questionSource.optional().describe('jq: the dataset that is `.`. sql: none. postgres: its source.'),
  text: z.string().min(1).max(100_000).describe('The query. Parameters are $name.'),
  mode: z
    .enum(['document', 'records'])
    .default('document')
    .describe('jq: run once on the whole dataset, or once a record (any size).'),
}

/** How much of a result comes back at once. */
export const resultLimits = {
  maxRows: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe('Most rows to return.')
    .meta({ brief: '' }),
  maxBytes: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(4_000_000)
    .default(256_000)
    .describe('Most bytes to return.')
    .meta({ brief: '' }),
}

export const askQuery = operation({
  name: 'queries.ask',
  summary: 'Ask a question of the data.',
  route: { method: 'POST', path: '/projects/{project}/queries' },
  mcp: { tool: 'queries', action: 'ask' },
  positional: ['text'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, ...question, params, ...resultLimits }),
  output: answer,
})

export const explanation = z.object({
  engine: engineName,
  program: z.string().describe('What runs: functions included, parameters bound by name.'),
  parameters: z.array(z.string()),
  functions: z.array(z.object({ name: z.string(), version: z.int(), hash: z.string() })),
  sources: z.array(z.object({ name: z.string(), version: z.string() })),
  effect: z.enum(['read', 'write']),
  pure: z.boolean().describe('The same data and parameters always give the same answer.'),
  hints: z.array(z.string()),
})
export type Explanation = z.output<typeof explanation>

export const explainQuery = operation({
  name: 'queries.explain',
  summary: 'Check a question without asking it: what it reads, needs and would run.',
  route: { method: 'POST', path: '/projects/{project}/queries/explain' },
  mcp: { tool: 'queries', action: 'explain' },
  positional: ['text'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, ...question }),
  output: explanation,
})

export const readResult = operation({
  name: 'queries.read',
  summary: 'Read on in a long answer.',
  route: { method: 'GET', path: '/projects/{project}/results/{handle}' },
  mcp: { tool: 'queries', action: 'read' },
  positional: ['handle'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({
    project: projectName,
    handle: id,
    cursor: z
      .string()
      .max(100)
      .optional()
      .describe('From the previous read; without it, the first item the answer left out.'),
    ...resultLimits,
  }),
  output: z.object({
    columns: z.array(column).optional().describe('Set when the items are rows.'),
    items: z.array(json).describe('Rows as arrays, or values.'),
    text: z.string().optional().describe('Part of the JSON text of one item too large for a page.'),
    count: z.int().nonnegative(),
    cursor: z.string().nullable(),
    complete: z.boolean().describe('False when the result was longer than this installation keeps.'),
  }),
})

export const run = z.object({
  id,
  at: instant,
  user: z.string(),
  engine: engineName,
  source: questionSource.nullable(),
  text: z.string(),
  mode: z.enum(['document', 'records']),
  tool: toolName.nullable().describe('The tool that was called, when it was one.'),
  outcome: z.enum(['ok', 'failed', 'cancelled']),
  code: z.string().nullable(),
  elapsedMs: z.number(),
  count: z.int().nullable(),
  bytes: z.int().nullable(),
  cached: z.boolean().describe('Answered from the result cache.'),
})
export type Run = z.output<typeof run>

export const listRuns = operation({
  name: 'queries.runs',
  summary: 'List what was asked, newest first.',
  route: { method: 'GET', path: '/projects/{project}/runs' },
  mcp: { tool: 'queries', action: 'runs' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, ...paging, tool: toolName.optional().describe('Runs of one tool.') }),
  output: page(run),
})

export const getRun = operation({
  name: 'queries.run',
  summary: 'Show one run.',
  route: { method: 'GET', path: '/projects/{project}/runs/{run}' },
  positional: ['run'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, run: id }),
  output: run,
})
