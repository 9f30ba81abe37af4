import { z } from 'zod'
import { json } from './answer.ts'
import { toolDefinition } from './library.ts'
import { functionName, projectName, toolName } from './names.ts'
import { operation } from './operation.ts'

const pin = z.strictObject({ name: functionName, arity: z.int().nonnegative(), hash: z.string().length(64) })

/** Tools and functions as they travel between teams: canonical, without people or times, each vouched for by its hash. */
export const libraryDocument = z.strictObject({
  format: z.literal('super-data-library'),
  version: z.literal(1),
  functions: z
    .array(
      z.strictObject({
        name: functionName,
        arity: z.int().nonnegative(),
        definition: z.string().max(50_000),
        description: z.string().max(500),
        uses: z.array(pin).max(1_000).describe('Each after what it uses itself.'),
        hash: z.string().length(64),
      }),
    )
    .max(20_000)
    .describe('Everything the tools and functions use is among them.'),
  tools: z
    .array(
      z.strictObject({
        name: toolName,
        definition: toolDefinition.loose(),
        functions: z.array(pin).max(1_000),
        hash: z.string().length(64),
      }),
    )
    .max(20_000),
  hash: z.string().length(64).describe('Over all of it.'),
})
export type LibraryDocument = z.output<typeof libraryDocument>

export const exportLibrary = operation({
  name: 'library.export',
  summary: 'Write a project’s tools and functions down as one document, with everything they use.',
  route: { method: 'GET', path: '/projects/{project}/library' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({
    project: projectName,
    type: z.enum(['approved', 'all']).default('approved').describe('all: newest versions, whatever their state.'),
    tools: z
      .preprocess(given => (typeof given === 'string' ? given.split(',') : given), z.array(toolName).max(1_000))
      .optional()
      .describe('Only these tools.'),
  }),
  output: libraryDocument,
})

export const importChange = z.object({
  kind: z.enum(['function', 'tool']),
  name: z.string(),
  version: z.int().nullable().describe('Which one it is, or becomes, here.'),
  action: z
    .enum(['same', 'create', 'version', 'skip', 'approve', 'refused'])
    .describe('`approve`: the same waits for votes here, and need not any more.'),
  hash: z.string(),
  note: z.string().nullable(),
  problem: z
    .object({ code: z.string(), message: z.string(), hint: z.string().nullable(), details: json.optional() })
    .nullable()
    .describe('Why it was refused. The other entries are brought in without it.'),
  before: z.string().nullable().describe('What is there now, when it would be another.'),
  after: z.string().nullable(),
})
export type ImportChange = z.output<typeof importChange>

export const importLibrary = operation({
  name: 'library.import',
  summary:
    'Bring in tools and functions of another team; they are checked and wait for review like any other proposal.',
  route: { method: 'POST', path: '/projects/{project}/library' },
  positional: ['document'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  bodyBytesMax: 64 * 1024 * 1024,
  input: z.object({
    project: projectName,
    document: libraryDocument,
    onConflict: z
      .enum(['version', 'skip', 'refuse'])
      .default('version')
      .describe('What is here under the same name and differs: add a version, leave it, or refuse everything.'),
    approve: z.boolean().default(false).describe('Approve at once, recorded as an import; project admins only.'),
    allowSimilar: z.boolean().default(false).describe('Although approved tools ask nearly the same.'),
    dryRun: z.boolean().default(false).describe('Say what would happen.'),
  }),
  output: z.object({ dryRun: z.boolean(), changes: z.array(importChange) }),
})
