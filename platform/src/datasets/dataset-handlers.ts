import { PlatformError } from '@super-data/base/errors'
import type { Column, Dataset as DatasetOutput, ToolCompatibility } from '@super-data/contract'
import { type Dataset, type DatasetLease, structureChanges } from '@super-data/datasets'
import type { Database } from '@super-data/metadata'
import type { SqlPool } from '@super-data/tables'
import type { Call, Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { getProject } from '../identity/projects.ts'
import type { ToolCatalogue } from '../library/tool-catalogue.ts'
import type { Questions } from '../queries/questions.ts'
import { tableFile } from '../queries/sql-engine.ts'
import type { LibraryTables } from '../state/library.ts'
import type { SchemaVersion } from './dataset-schemas.ts'
import type { ProjectDatasets } from './project-datasets.ts'
import { toolCompatibility } from './tool-compatibility.ts'

export interface DatasetParts {
  readonly library: Database<LibraryTables>
  readonly datasets: ProjectDatasets
  readonly catalogue: ToolCatalogue
  readonly questions: Questions
  readonly sql: SqlPool
}

type DatasetHandlers = Pick<Handlers, Extract<keyof Handlers, `datasets.${string}`>>

export function datasetHandlers(parts: DatasetParts): DatasetHandlers {
  return { ...lookingHandlers(parts), ...structureHandlers(parts) }
}

function lookingHandlers({
  datasets: projects,
  sql,
}: DatasetParts): Pick<Handlers, 'datasets.list' | 'datasets.describe' | 'datasets.refresh'> {
  return {
    'datasets.list': async input => {
      const datasets = await projects.of(input.project)
      const after = parseCursor(input.cursor) ?? ''
      const matching = datasets
        .list()
        .filter(dataset => dataset.name > after && dataset.name.includes(input.match ?? ''))
      const listed = toPage(matching, input.limit, toOutput, dataset => dataset.name)
      return input.cursor === undefined ? { ...listed, problems: [...datasets.problems] } : listed
    },
    'datasets.describe': async (input, { signal }) => {
      const datasets = await projects.of(input.project)
      using lease = datasets.lease(input.dataset)
      const { fields } = await datasets.describe(input.dataset)
      const sample = input.sample === 0 ? [] : await datasets.sample(input.dataset, input.sample)
      const columns = await columnsOf(sql, lease, signal)
      return {
        ...toOutput(datasets.get(input.dataset)),
        ...{ fields: [...fields], sample: [...sample] },
        ...(columns ? { columns } : {}),
      }
    },
    'datasets.refresh': async (input, call) => {
      const datasets = await projects.of(input.project)
      const changed = await datasets.refresh(call.signal)
      return { datasets: datasets.list().length, changed: [...changed] }
    },
  }
}

/** Larger data takes SQL too long to look at for a mere description. */
const describedBytesMax = 256 * 2 ** 20

/** @returns undefined for what SQL cannot see as a table. */
async function columnsOf(sql: SqlPool, lease: DatasetLease, signal: AbortSignal): Promise<Column[] | undefined> {
  if (lease.sizeBytes > describedBytesMax) return undefined
  const table = tableFile(lease)
  try {
    const { columns } = await sql.parse(`FROM "${table.name}"`, { tables: [table], signal })
    return columns && [...columns]
  } catch (failure) {
    if (signal.aborted || !(failure instanceof PlatformError)) throw failure
    return undefined
  }
}

const changesMax = 200

/** Structures a tool is compared with. */
const structuresMax = 50

function structureHandlers(parts: DatasetParts): Pick<Handlers, 'datasets.schemas' | 'datasets.introspect'> {
  const { datasets: projects } = parts
  return {
    'datasets.schemas': async ({ project, dataset, limit, cursor }) => {
      const datasets = await projects.of(project)
      datasets.get(dataset)
      const before = parseCursor(cursor)
      const history = projects.schemasOf(project)
      // One more for the page's end, one more for what the last one is compared with.
      const versions = await history.history(dataset, { limit: limit + 2, before: before ? Number(before) : undefined })
      const pairs = versions.map((version, place) => ({ version, previous: versions[place + 1] }))
      return toPage(pairs.slice(0, limit + 1), limit, toSchema, ({ version }) => String(version.version))
    },
    'datasets.introspect': async (input, call) => {
      const datasets = await projects.of(input.project)
      // A table whose structure nobody has looked at yet is read now.
      await datasets.describe(input.dataset)
      const { version: dataVersion, schemaVersion } = datasets.get(input.dataset)
      const tools = await toolsOf(parts, input, call)
      const isCompatible = tools.every(tool => tool.isCompatible)
      return { dataset: input.dataset, dataVersion, schemaVersion, isCompatible, tools }
    },
  }
}

function toSchema({ version, previous }: { version: SchemaVersion; previous: SchemaVersion | undefined }) {
  const changes = previous ? structureChanges(previous.fields, version.fields) : []
  return {
    version: version.version,
    at: version.at,
    fields: version.fields.length,
    breaking: changes.some(change => change.breaking),
    changes: changes.slice(0, changesMax),
  }
}

async function toolsOf(
  { library, catalogue, questions, datasets }: DatasetParts,
  { project: name, dataset }: { project: string; dataset: string },
  { signal }: Call,
): Promise<ToolCompatibility[]> {
  const project = await getProject(library.read, name)
  const structures = await datasets.schemasOf(name).history(dataset, { limit: structuresMax })
  const found: ToolCompatibility[] = []
  for (const { name: toolName } of (await catalogue.of(project)).tools) {
    const tool = await catalogue.find(project, toolName)
    if (!tool) continue
    const checked = await toolCompatibility(questions, {
      project: name,
      dataset,
      name: toolName,
      tool,
      structures,
      signal,
    })
    if (checked) found.push(checked)
  }
  return found
}

function toOutput(dataset: Dataset): DatasetOutput {
  const { name, format, sizeBytes, records, version, schemaVersion, updatedAt, problem } = dataset
  return { name, format, sizeBytes, records, version, schemaVersion, updatedAt, problem }
}
