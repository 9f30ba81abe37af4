import type { Clock } from '@super-data/base/clock'
import { must, PlatformError } from '@super-data/base/errors'
import type { Column, Dataset as DatasetOutput, ToolCompatibility } from '@super-data/contract'
import { type Dataset, type DatasetLease, structureChanges } from '@super-data/datasets'
import type { JqPool } from '@super-data/jq'
import type { Database } from '@super-data/metadata'
import type { SqlPool } from '@super-data/tables'
import type { Call, Handlers } from '../call.ts'
import { parseCursor, toPage } from '../cursor.ts'
import { getProject } from '../identity/projects.ts'
import type { Functions } from '../library/functions.ts'
import type { ToolCatalogue } from '../library/tool-catalogue.ts'
import type { Questions } from '../queries/questions.ts'
import { tableFile } from '../queries/sql-engine.ts'
import type { LibraryTables } from '../state/library.ts'
import { SchemaVersionUnknown, tryMigration } from './dataset-migrations.ts'
import type { SchemaVersion } from './dataset-schemas.ts'
import type { ProjectDatasets } from './project-datasets.ts'
import { toolCompatibility } from './tool-compatibility.ts'

export interface DatasetParts {
  readonly library: Database<LibraryTables>
  readonly datasets: ProjectDatasets
  readonly catalogue: ToolCatalogue
  readonly questions: Questions
  readonly functions: Functions
  readonly jq: JqPool
  readonly sql: SqlPool
  readonly clock: Clock
}

type DatasetHandlers = Pick<Handlers, Extract<keyof Handlers, `datasets.${string}`>>

export function datasetHandlers(parts: DatasetParts): DatasetHandlers {
  return { ...lookingHandlers(parts), ...structureHandlers(parts), ...migrationHandlers(parts) }
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
const describedBytesMax = 64 * 2 ** 20
const describedMs = 5_000

/** @returns undefined for what SQL cannot see as a table. */
async function columnsOf(sql: SqlPool, lease: DatasetLease, signal: AbortSignal): Promise<Column[] | undefined> {
  if (lease.sizeBytes > describedBytesMax) return undefined
  const table = tableFile(lease)
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(describedMs)])
    const { columns } = await sql.parse(`FROM "${table.name}"`, { tables: [table], signal: within })
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

function migrationHandlers(parts: DatasetParts): Pick<Handlers, 'datasets.migrations' | 'datasets.migrate'> {
  const { datasets: projects, clock } = parts
  return {
    'datasets.migrations': async ({ project, dataset }) => {
      const datasets = await projects.of(project)
      datasets.get(dataset)
      return { items: await projects.migrationsOf(project).list(dataset), cursor: null }
    },
    'datasets.migrate': async (input, call) => {
      const { project, dataset, program, to } = input
      const { from, sample } = await tried(parts, input, call)
      const { userName } = must(call.principal, 'a principal')
      const facts = { program, user_name: userName, at: clock.now() }
      const made = { from, to, program, createdBy: userName, createdAt: facts.at, sample: sample.slice(0, 3) }
      return call.changePlatform(async (transaction, recording) => {
        recording.target(dataset)
        await transaction
          .insertInto('dataset_migrations')
          .values({ project, dataset, from_version: from, to_version: to, ...facts })
          .onConflict(conflict =>
            conflict.columns(['project', 'dataset', 'from_version', 'to_version']).doUpdateSet(facts),
          )
          .execute()
        return made
      })
    },
  }
}

/** Tries a migration on the first records of the data as it is now. @throws SchemaVersionUnknown · MigrationUnfit */
async function tried(
  { library, datasets: projects, functions, questions, jq }: DatasetParts,
  { project: name, dataset, program: text, to }: { project: string; dataset: string; program: string; to: number },
  { principal, signal }: Call,
) {
  const { userId: caller } = must(principal, 'a principal')
  const datasets = await projects.of(name)
  const samples = [...(await datasets.sample(dataset, samplesMax))]
  const { schemaVersion: from, shape } = datasets.get(dataset)
  const versions = await projects.schemasOf(name).history(dataset, { limit: structuresMax })
  const target = versions.find(version => version.version === to && to !== from)
  if (!target)
    throw new SchemaVersionUnknown(
      to,
      versions.map(each => each.version).filter(each => each !== from),
    )
  const { id } = await getProject(library.read, name)
  const question = { engine: 'jq', source: undefined, text, mode: 'records' } as const
  const options = { functions: functions.resolver(id, caller), parameters: [], signal }
  const { program } = await questions.parse(name, question, options)
  const tried = { program, samples, isArray: shape === 'array', fields: target.fields, caller, signal }
  return { from, sample: await tryMigration(jq, tried) }
}

const samplesMax = 20

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
  const { name, format, sizeBytes, records, version, schemaVersion, updatedAt, from, problem, since } = dataset
  return { name, format, sizeBytes, records, version, schemaVersion, updatedAt, from, problem, since }
}
