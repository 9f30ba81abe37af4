import type { Catalog, CatalogSource, Notice } from '../catalog.ts'
import { PostgresDefinitionInvalid } from '../schema/errors.ts'
import { resolveName } from '../schema/resolve-name.ts'
import { quoteIdentifier, quoteQualified } from '../sql/identifier.ts'
import { type Progress, readProgress } from './progress.ts'

export interface TableToMaintain {
  readonly schema?: string
  readonly name: string
}

/** Upkeep that changes no data. Without a table, VACUUM and ANALYZE take the whole database. */
export type MaintenanceTask =
  | {
      readonly do: 'vacuum'
      readonly table?: TableToMaintain
      /** Writes the table anew; nobody can read it meanwhile. Needs a table. */
      readonly full?: boolean
      readonly analyze?: boolean
      readonly freeze?: boolean
      readonly verbose?: boolean
      readonly skipLocked?: boolean
      readonly indexCleanup?: 'auto' | 'on' | 'off'
      /** Workers for indexes, 0 to 32. */
      readonly parallel?: number
    }
  | {
      readonly do: 'analyze'
      readonly table?: TableToMaintain
      readonly columns?: readonly string[]
      readonly verbose?: boolean
      readonly skipLocked?: boolean
    }
  | {
      readonly do: 'reindex'
      readonly target: 'table' | 'index' | 'schema'
      readonly name: string
      readonly schema?: string
      /** Without blocking writes. Default true. */
      readonly concurrently?: boolean
      readonly verbose?: boolean
    }

export interface MaintenanceStatement {
  readonly text: string
  readonly blocks: 'nothing' | 'writes' | 'reads and writes'
  readonly warnings: readonly string[]
}

/**
 * The statement of a task, its names looked up first. It refuses to run in a transaction.
 *
 * @throws PostgresObjectMissing · PostgresNameAmbiguous · PostgresNameInvalid · PostgresDefinitionInvalid
 */
export async function maintenanceText(catalog: Catalog, task: MaintenanceTask): Promise<MaintenanceStatement> {
  if (task.do === 'reindex') return reindexText(catalog, task)
  const table = task.table && quoteQualified(await tableNamed(catalog, task.table))
  return task.do === 'vacuum' ? vacuumText(task, table) : analyzeText(task, table)
}

async function tableNamed(catalog: Catalog, table: TableToMaintain): Promise<{ schema: string; name: string }> {
  const found = await resolveName(catalog, table)
  if (found.kind === 'table' || found.kind === 'materialized_view') return found
  throw new PostgresDefinitionInvalid(`${JSON.stringify(found.name)} is a ${found.kind.replace('_', ' ')}, not a table`)
}

type Vacuum = Extract<MaintenanceTask, { do: 'vacuum' }>
type Analyze = Extract<MaintenanceTask, { do: 'analyze' }>
type Reindex = Extract<MaintenanceTask, { do: 'reindex' }>

function vacuumText(task: Vacuum, table: string | undefined): MaintenanceStatement {
  if (task.full && table === undefined) {
    throw new PostgresDefinitionInvalid('VACUUM FULL of a whole database is not run from here', {
      hint: 'Name a table.',
    })
  }
  if (task.full && task.parallel) throw new PostgresDefinitionInvalid('VACUUM FULL cannot run in parallel')
  const options = [
    ...flags(task, ['full', 'freeze', 'verbose', 'analyze']),
    ...(task.skipLocked ? ['SKIP_LOCKED'] : []),
    ...(task.indexCleanup === undefined ? [] : [`INDEX_CLEANUP ${cleanup(task.indexCleanup)}`]),
    ...(task.parallel === undefined ? [] : [`PARALLEL ${workers(task.parallel)}`]),
  ]
  const fullWarning = 'VACUUM FULL needs room for a second copy of the table, and nobody can read it meanwhile'
  return {
    text: statement('VACUUM', options, table),
    blocks: task.full ? 'reads and writes' : 'nothing',
    warnings: task.full ? [fullWarning] : [],
  }
}

function analyzeText(task: Analyze, table: string | undefined): MaintenanceStatement {
  const options = [...flags(task, ['verbose']), ...(task.skipLocked ? ['SKIP_LOCKED'] : [])]
  if (task.columns?.length && table === undefined)
    throw new PostgresDefinitionInvalid('columns are of a table: name it')
  const columns = task.columns?.length ? ` (${task.columns.map(quoteIdentifier).join(', ')})` : ''
  return { text: statement('ANALYZE', options, table) + columns, blocks: 'nothing', warnings: [] }
}

async function reindexText(catalog: Catalog, task: Reindex): Promise<MaintenanceStatement> {
  const { concurrently = true } = task
  const found = await resolveName(catalog, { ...task, kind: task.target })
  const name = task.target === 'schema' ? quoteIdentifier(found.name) : quoteQualified(found)
  const options = [...flags(task, ['verbose']), ...(concurrently ? ['CONCURRENTLY'] : [])]
  return {
    text: statement('REINDEX', options, `${task.target.toUpperCase()} ${name}`),
    blocks: concurrently ? 'nothing' : 'reads and writes',
    warnings: concurrently ? ['when it fails it may leave an invalid index whose name ends in _ccnew behind'] : [],
  }
}

function flags<Task extends object>(task: Task, names: readonly (keyof Task & string)[]): string[] {
  return names.filter(name => task[name] === true).map(name => name.toUpperCase())
}

function statement(command: string, options: readonly string[], target: string | undefined): string {
  return [command, options.length > 0 ? `(${options.join(', ')})` : '', target ?? ''].filter(Boolean).join(' ')
}

function cleanup(wish: string): string {
  if (['auto', 'on', 'off'].includes(wish)) return wish.toUpperCase()
  throw new PostgresDefinitionInvalid('indexCleanup is auto, on or off')
}

function workers(count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= 32) return count
  throw new PostgresDefinitionInvalid('parallel is a whole number from 0 to 32')
}

export interface MaintenanceOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  readonly lockTimeoutMs?: number
  readonly onProgress?: (progress: Progress) => void
  /** How often progress is read. Default 1000. */
  readonly everyMs?: number
}

export interface MaintenanceOutcome extends MaintenanceStatement {
  readonly tag: string
  /** What the server said: with `verbose`, its report. At most 200. */
  readonly notices: readonly Notice[]
}

const noticesMax = 200

/** Runs a task on a connection of its own, outside a transaction, and tells how far it is. */
export async function maintain(
  source: CatalogSource,
  task: MaintenanceTask,
  options: MaintenanceOptions = {},
): Promise<MaintenanceOutcome> {
  const { signal, onProgress, everyMs = 1_000, ...times } = options
  const prepared = await source.inspect(signal, catalog => maintenanceText(catalog, task))
  return source.maintain(
    signal,
    async maintenance => {
      const notices: Notice[] = []
      const onNotice = (notice: Notice) => void (notices.length < noticesMax && notices.push(notice))
      const stop = onProgress && watch(source, { pid: maintenance.backendPid, onProgress, everyMs, signal })
      try {
        return { ...prepared, tag: await maintenance.run(prepared.text, { onNotice }), notices }
      } finally {
        await stop?.()
      }
    },
    times,
  )
}

interface Watch {
  readonly pid: number
  readonly onProgress: (progress: Progress) => void
  readonly everyMs: number
  readonly signal: AbortSignal | undefined
}

/** Reads progress now and then until it is stopped. Progress that cannot be read is no reason to stop the task. */
function watch(source: CatalogSource, { pid, onProgress, everyMs, signal }: Watch): () => Promise<void> {
  let reading: Promise<void> | undefined
  const look = async () => {
    const [progress] = await source.inspect(signal, catalog => readProgress(catalog, pid))
    if (progress) onProgress(progress)
  }
  const timer = setInterval(() => {
    reading ??= look()
      .catch(() => {})
      .finally(() => {
        reading = undefined
      })
  }, everyMs)
  return async () => {
    clearInterval(timer)
    await reading
  }
}
