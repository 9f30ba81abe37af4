import { z } from 'zod'

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/** Any JSON value. Checked where it is parsed, not again here. */
export const json: z.ZodType<JsonValue> = z.unknown() as unknown as z.ZodType<JsonValue>

export const column = z.object({
  name: z.string(),
  type: z.string().describe("The engine's own name of the type."),
})
export type Column = z.output<typeof column>

/** Why an answer is shorter than the result, and how to read on. Proven: at least one more item exists. */
export const truncation = z.object({
  by: z.enum(['rows', 'bytes']),
  handle: z.string().describe('Give it to queries.read.'),
})

/** What every question gets back, on every door. */
export const answer = z.object({
  columns: z.array(column).optional().describe('Set when the answer is a table.'),
  rows: z.array(z.array(json)).optional(),
  value: json.optional().describe('The output; an array of outputs when the program had none or several.'),
  count: z.int().nonnegative().describe('Items in this answer: rows, elements of the one array, or outputs.'),
  outputs: z.int().nonnegative().optional().describe('jq: how many outputs the program had.'),
  truncated: z.union([z.literal(false), truncation]),
  source: z
    .array(z.object({ name: z.string(), version: z.string() }))
    .describe('Datasets read, by version; `live` for a database.'),
  cached: z.literal(true).optional().describe('The same question was answered before, of the same data.'),
  draft: z.literal(true).optional().describe('The tool is not approved: only its editors may call it.'),
  warnings: z
    .array(z.string())
    .optional()
    .describe('What looks like a mistake in the question; of a tool, what its data has no more.'),
  elapsedMs: z.number().nonnegative(),
  runId: z.string(),
})
export type Answer = z.output<typeof answer>
