import { z } from 'zod'

/** The shapes of names, written once. */
export const projectName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'starts with a letter, then lower-case letters, digits, _ or -')
  .describe('Project name.')

export const toolName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'starts with a letter, then lower-case letters, digits or _ (64 at most)')
  .describe('Tool name.')

export const functionName = z
  .string()
  .regex(/^[a-z_][A-Za-z0-9_]{0,63}$/, 'a jq identifier of 64 characters at most')
  .describe('Function name.')

export const datasetName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,99}$/, 'a dataset name as `datasets list` shows it')
  .describe('Dataset name.')

export const userName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@:-]{0,99}$/, 'letters, digits and . _ @ : - (100 at most)')
  .describe('User name.')

export const id = z.string().min(1).max(100)

/** Milliseconds since 1970, UTC. */
export const instant = z.int().nonnegative()

/** Fields of every list: at most `limit` items from `cursor` on. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Most items to return.'),
  cursor: z.string().max(500).optional().describe('Where the previous page ended.'),
}

/** A page of items; `cursor` is null on the last one. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), cursor: z.string().nullable() })
}
