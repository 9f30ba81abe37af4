import { lstat, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import { toProblem } from '@super-data/base/errors'
import { issueText } from '@super-data/base/issue-text'
import type { Log } from '@super-data/base/log'
import type { JsonValue, ToolDefinition } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import type { LibraryTables, LibraryTransaction } from '../state/library.ts'
import { SeedInvalid } from './errors.ts'
import type { Functions } from './functions.ts'
import type { Reader } from './reader.ts'
import type { Reviews } from './reviews.ts'
import type { ToolChecker } from './tool-checker.ts'
import type { Tools } from './tools.ts'

/** Parameters as seed files list them, by entry or by name; every other key is JSON Schema's, such as `minimum`. */
const seedParameter = z.looseObject({
  name: z.string(),
  type: z.enum(['string', 'integer', 'number', 'boolean', 'array', 'object']).default('string'),
  required: z.boolean().optional(),
  default: z.unknown().optional(),
})
const seedParameters = z.union([
  z.array(seedParameter),
  z
    .record(z.string(), seedParameter.omit({ name: true }))
    .transform(byName => Object.entries(byName).map(([name, parameter]) => ({ name, ...parameter }))),
])

const functionsFile = z.object({
  functions: z.array(
    z.object({
      name: z.string(),
      description: z.string().default(''),
      definition: z.string(),
      parameters: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).optional(),
      depends_on: z.array(z.string()).default([]),
    }),
  ),
})

const toolsFile = z.object({
  tools: z.array(
    z.object({
      name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
      description: z.string().min(1),
      engine: z.enum(['jq', 'sql']).default('jq'),
      query: z.string(),
      mode: z.enum(['document', 'records']).default('document'),
      required_functions: z.array(z.string()).default([]),
      parameters: seedParameters.default([]),
      datasets: z.array(z.string()).default([]),
    }),
  ),
})

type SeedFunction = z.output<typeof functionsFile>['functions'][number]
type SeedTool = z.output<typeof toolsFile>['tools'][number]

interface SeedParts {
  readonly library: Database<LibraryTables>
  readonly functions: Functions
  readonly tools: Tools
  readonly reviews: Reviews
  readonly checker: ToolChecker
  readonly clock: Clock
  readonly log: Log
}

const marker = 'seeds'

interface SeedTarget {
  readonly project: { readonly id: string; readonly name: string }
  /** Whom what is imported counts as written by. */
  readonly userId: string
}

/**
 * Imports `functions.yaml` and `tools.yaml` (or `.yml`) from a dataset folder or its `json` folder into an empty
 * library: afterwards the database is the truth. All of it in one transaction, or nothing.
 *
 * @returns how many of each; undefined when there are none, or the library was in use before.
 * @throws SeedInvalid naming every mistake.
 */
export async function importSeeds(
  parts: SeedParts,
  seeds: SeedTarget & { readonly folder: string },
): Promise<{ functions: number; tools: number } | undefined> {
  if (await isUsed(parts.library.read)) return undefined
  const functions = await readSeeds(seeds.folder, 'functions', functionsFile)
  const tools = await readSeeds(seeds.folder, 'tools', toolsFile)
  if (!functions && !tools) return undefined
  const imported = await parts.library.write(async transaction => {
    // Another process on the same home may have been faster.
    if (await isUsed(transaction)) return false
    await importFunctions(parts, transaction, seeds, functions)
    await importTools(parts, transaction, seeds, tools)
    await transaction.insertInto('markers').values({ name: marker, at: parts.clock.now() }).execute()
    return true
  })
  if (!imported) return undefined
  const counts = { functions: functions?.content.functions.length ?? 0, tools: tools?.content.tools.length ?? 0 }
  parts.log.info(counts, 'imported the seed files')
  return counts
}

/** Seeds were imported before, or somebody has begun without them. */
async function isUsed(reader: Reader): Promise<boolean> {
  const [done, aFunction, aTool] = await Promise.all([
    reader.selectFrom('markers').select('name').where('name', '=', marker).executeTakeFirst(),
    reader.selectFrom('functions').select('id').limit(1).executeTakeFirst(),
    reader.selectFrom('tools').select('id').limit(1).executeTakeFirst(),
  ])
  return [done, aFunction, aTool].some(found => found !== undefined)
}

interface SeedFile<Content> {
  readonly file: string
  readonly content: Content
}

async function readSeeds<Schema extends z.ZodType>(
  folder: string,
  name: string,
  schema: Schema,
): Promise<SeedFile<z.output<Schema>> | undefined> {
  const candidates = [folder, join(folder, 'json')].flatMap(place => [
    join(place, `${name}.yaml`),
    join(place, `${name}.yml`),
  ])
  for (const file of candidates) {
    const text = await readSeedText(file)
    if (text !== undefined) return { file: basename(file), content: parseSeeds(basename(file), text, schema) }
  }
  return undefined
}

const seedBytesMax = 4_000_000

async function readSeedText(file: string): Promise<string | undefined> {
  const found = await lstat(file).catch(() => undefined)
  if (!found?.isFile()) return undefined
  if (found.size > seedBytesMax) throw new SeedInvalid(basename(file), ['it is too large'])
  return readFile(file, 'utf8')
}

function parseSeeds<Schema extends z.ZodType>(file: string, text: string, schema: Schema): z.output<Schema> {
  let raw: unknown
  try {
    raw = parseYaml(text, { maxAliasCount: 20 })
  } catch (failure) {
    throw new SeedInvalid(file, [failure instanceof Error ? failure.message : 'it is not YAML'])
  }
  const parsed = schema.safeParse(raw, { error: issueText })
  if (parsed.success) return parsed.data
  throw new SeedInvalid(
    file,
    parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`),
  )
}

/** Functions may stand in any order: each is tried once what it uses is there. */
async function importFunctions(
  parts: SeedParts,
  transaction: LibraryTransaction,
  target: SeedTarget,
  file: SeedFile<{ functions: SeedFunction[] }> | undefined,
): Promise<void> {
  let waiting = file?.content.functions ?? []
  while (waiting.length > 0) {
    const failed: { seed: SeedFunction; mistake: string }[] = []
    for (const seed of waiting) {
      const mistake = await mistakeIn(() => importFunction(parts, transaction, target, seed))
      if (mistake !== undefined) failed.push({ seed, mistake: `${seed.name}: ${mistake}` })
    }
    if (failed.length === waiting.length)
      throw new SeedInvalid(
        file?.file ?? '',
        failed.map(each => each.mistake),
      )
    waiting = failed.map(each => each.seed)
  }
}

/** @returns what its entry says otherwise than its definition does. */
async function importFunction(
  { functions, reviews }: SeedParts,
  transaction: LibraryTransaction,
  { project, userId }: SeedTarget,
  seed: SeedFunction,
): Promise<string | undefined> {
  const { definition, description } = seed
  const change = { projectId: project.id, userId, definition, description, expectedVersion: undefined, imported: true }
  const { function: saved } = await functions.save(transaction, change)
  await reviews.approveImport(transaction, saved, { userId, checks: null })
  if (saved.name !== seed.name) return `its definition is of ${saved.name}`
  const listed = seed.parameters && Object.keys(seed.parameters).length
  if (listed !== undefined && listed !== saved.arity) return `its definition takes ${saved.arity} arguments`
  const used = saved.uses.map(use => use.name)
  const unused = seed.depends_on.filter(name => !used.includes(name))
  return unused.length === 0 ? undefined : `does not use ${unused.join(', ')}`
}

async function importTools(
  parts: SeedParts,
  transaction: LibraryTransaction,
  target: SeedTarget,
  file: SeedFile<{ tools: SeedTool[] }> | undefined,
): Promise<void> {
  const mistakes: string[] = []
  for (const seed of file?.content.tools ?? []) {
    const mistake = await mistakeIn(() => importTool(parts, transaction, target, seed))
    if (mistake !== undefined) mistakes.push(`${seed.name}: ${mistake}`)
  }
  if (mistakes.length > 0) throw new SeedInvalid(file?.file ?? '', mistakes)
}

/** @returns what its entry says otherwise than its query does. */
async function importTool(
  { checker, functions, tools, reviews }: SeedParts,
  transaction: LibraryTransaction,
  { project, userId }: SeedTarget,
  seed: SeedTool,
): Promise<string | undefined> {
  const checked = await checker.check(project, toDefinition(seed), {
    functions: functions.resolver(project.id, userId, transaction),
    sourcesMustExist: false,
    signal: new AbortController().signal,
  })
  const change = { ...checked, projectId: project.id, name: seed.name, userId }
  const { tool } = await tools.create(transaction, { ...change, origin: 'yaml' })
  await reviews.approveImport(transaction, tool, { userId, checks: null })
  const used = checked.functions.map(each => each.name)
  const unused = seed.required_functions.filter(name => !used.includes(name))
  return unused.length === 0 ? undefined : `does not use ${unused.join(', ')}`
}

async function mistakeIn(work: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work()
  } catch (failure) {
    return toProblem(failure).message
  }
}

function toDefinition(seed: SeedTool): ToolDefinition {
  const [only, ...others] = seed.engine === 'jq' ? seed.datasets : []
  return {
    description: seed.description,
    engine: seed.engine,
    ...(only !== undefined && others.length === 0 ? { source: only } : {}),
    sources: others.length > 0 ? seed.datasets : [],
    text: seed.query,
    mode: seed.mode,
    parameters: toSchema(seed.parameters),
  }
}

function toSchema(parameters: z.output<typeof seedParameters>): ToolDefinition['parameters'] {
  const properties = Object.fromEntries(
    parameters.map(({ name, required: _, ...rest }) => [name, JSON.parse(JSON.stringify(rest)) as JsonValue]),
  )
  const required = parameters.filter(each => each.required ?? each.default === undefined).map(each => each.name)
  return { type: 'object', properties, required, additionalProperties: false }
}
