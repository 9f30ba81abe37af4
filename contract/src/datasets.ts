import { z } from 'zod'
import { column, json } from './answer.ts'
import { datasetName, instant, page, paging, projectName, toolName } from './names.ts'
import { operation } from './operation.ts'

export const datasetFormat = z.enum(['json', 'ndjson', 'csv', 'parquet'])

export const dataset = z.object({
  name: datasetName,
  format: datasetFormat,
  sizeBytes: z.int().nonnegative(),
  records: z.int().nonnegative().nullable().describe('Elements or rows; null for a single JSON value.'),
  version: z.string().describe('Changes exactly when the content changes.'),
  schemaVersion: z.int().positive().describe('Changes only when the structure changes.'),
  updatedAt: instant,
  from: z.string().describe('The file in the dataset folder, or the object it is read from: `s3://bucket/key`.'),
  problem: z.string().nullable().describe('Why the newest file is not used; the last good version answers meanwhile.'),
  since: instant.nullable().describe('Since when there is a problem.'),
})
export type Dataset = z.output<typeof dataset>

export const fileProblem = z.object({
  file: z.string().describe('Relative to the dataset folder; of an object its address.'),
  name: z.string().nullable().describe('The dataset it is, or would be.'),
  problem: z.string(),
})
export type FileProblem = z.output<typeof fileProblem>

export const listDatasets = operation({
  name: 'datasets.list',
  summary: 'List the data that can be asked.',
  route: { method: 'GET', path: '/projects/{project}/datasets' },
  mcp: { tool: 'datasets', action: 'list' },
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({
    project: projectName,
    ...paging,
    match: z.string().max(100).optional().describe('Part of the name.'),
  }),
  output: page(dataset).extend({
    problems: z.array(fileProblem).optional().describe('Files that cannot be used, and why; only on the first page.'),
  }),
})

export const field = z.object({
  path: z.string().describe('As jq writes it, e.g. `.[].address.city`.'),
  types: z.array(z.enum(['null', 'boolean', 'number', 'string', 'array', 'object'])),
  optional: z.boolean(),
  values: z.array(json).optional().describe('All values, when there are few.'),
  min: json.optional(),
  max: json.optional(),
})
export type Field = z.output<typeof field>

export const describeDataset = operation({
  name: 'datasets.describe',
  summary: 'Show the structure of a dataset, with a few records and the columns SQL sees.',
  route: { method: 'GET', path: '/projects/{project}/datasets/{dataset}' },
  mcp: { tool: 'datasets', action: 'describe' },
  positional: ['dataset'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({
    project: projectName,
    dataset: datasetName,
    sample: z.coerce.number().int().min(0).max(20).default(3).describe('How many records to show.'),
  }),
  output: dataset.extend({
    fields: z.array(field),
    sample: z.array(json),
    columns: z
      .array(column)
      .optional()
      .describe('What SQL sees. Absent for what is no table, and for very large data until it was asked in SQL.'),
  }),
})

export const structureChange = z.object({
  path: z.string(),
  change: z.enum(['added', 'removed', 'types', 'optional', 'required']),
  before: z.string().optional().describe('Types, as `null|string`.'),
  after: z.string().optional(),
  breaking: z.boolean().describe('Who reads the older structure may go wrong.'),
})

export const listDatasetSchemas = operation({
  name: 'datasets.schemas',
  summary: 'List the structures a dataset has had, newest first, with what changed.',
  route: { method: 'GET', path: '/projects/{project}/datasets/{dataset}/schemas' },
  positional: ['dataset'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, dataset: datasetName, ...paging }),
  output: page(
    z.object({
      version: z.int().positive(),
      at: instant.describe('When it was first seen.'),
      fields: z.int().nonnegative().describe('How many there are.'),
      breaking: z.boolean(),
      changes: z.array(structureChange).describe('Since the version before; at most 200.'),
    }),
  ),
})

export const toolCompatibility = z.object({
  tool: toolName,
  isCompatible: z.boolean(),
  isCertain: z.boolean().describe('False: the tool also reads what shows only while it runs.'),
  reads: z.array(z.string()).describe('Paths its jq program reads; empty for SQL.'),
  problems: z.array(z.object({ path: z.string().optional(), problem: z.string() })),
  worksWith: z.array(z.int()).describe('Versions of the structure it fits; for SQL the current one only.'),
})
export type ToolCompatibility = z.output<typeof toolCompatibility>

export const introspectDataset = operation({
  name: 'datasets.introspect',
  summary: 'Check whether the tools that read a dataset fit its structure now, and why not.',
  route: { method: 'GET', path: '/projects/{project}/datasets/{dataset}/introspect' },
  mcp: { tool: 'datasets', action: 'introspect' },
  positional: ['dataset'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, dataset: datasetName }),
  output: z.object({
    dataset: datasetName,
    dataVersion: z.string(),
    schemaVersion: z.int().positive(),
    isCompatible: z.boolean().describe('Every approved tool that reads it fits.'),
    tools: z.array(toolCompatibility),
  }),
})

export const refreshDatasets = operation({
  name: 'datasets.refresh',
  summary: 'Look at the dataset folder, and at the objects it names in buckets, now instead of in their time.',
  route: { method: 'POST', path: '/projects/{project}/datasets/refresh' },
  access: { target: 'project', need: 'read' },
  effect: 'write',
  input: z.object({ project: projectName }),
  output: z.object({ datasets: z.int(), changed: z.array(datasetName) }),
})

export const datasetMigration = z.object({
  from: z.int().positive().describe('Version of the structure it takes.'),
  to: z.int().positive().describe('Version of the structure it makes.'),
  program: z.string(),
  createdBy: z.string(),
  createdAt: instant,
})
export type DatasetMigration = z.output<typeof datasetMigration>

export const listDatasetMigrations = operation({
  name: 'datasets.migrations',
  summary: 'List how data of one structure becomes data of another.',
  route: { method: 'GET', path: '/projects/{project}/datasets/{dataset}/migrations' },
  positional: ['dataset'],
  access: { target: 'project', need: 'read' },
  effect: 'read',
  input: z.object({ project: projectName, dataset: datasetName }),
  output: z.object({ items: z.array(datasetMigration), cursor: z.null() }),
})

export const migrateDataset = operation({
  name: 'datasets.migrate',
  summary:
    'Say how records of the structure now become records of an earlier one, so that tools written for that one are suggested anew.',
  route: { method: 'POST', path: '/projects/{project}/datasets/{dataset}/migrations' },
  positional: ['dataset', 'program'],
  access: { target: 'project', need: 'write' },
  effect: 'write',
  input: z.object({
    project: projectName,
    dataset: datasetName,
    program: z.string().min(1).max(20_000).describe('jq, from one record (or the one value) to one.'),
    to: z.coerce
      .number()
      .int()
      .positive()
      .describe('Version of the structure it makes; `datasets schemas` lists them.'),
  }),
  output: datasetMigration.extend({ sample: z.array(json).describe('What it makes of the first records.') }),
})
