import { join } from 'node:path'
import type { Clock } from '@super-data/base/clock'
import type { Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import { Datasets, type OpenBucket } from '@super-data/datasets'
import type { Database } from '@super-data/metadata'
import type { SqlPool } from '@super-data/tables'
import type { PlatformTables } from '../state/platform.ts'
import { DatasetMigrations } from './dataset-migrations.ts'
import { DatasetSchemas } from './dataset-schemas.ts'

export interface ProjectDatasetsSettings {
  /** The platform's own folder: never data, wherever it lies. */
  readonly home: string
  /** Where the default project's data lies. */
  readonly defaultFolder: string
  /** Below it, `{project}/datasets` for every other project. */
  readonly projectsFolder: string
  /** For snapshots; the SQL engine reads here and nowhere else. */
  readonly cacheFolder: string
  readonly pollMs: number
}

interface Parts {
  readonly settings: ProjectDatasetsSettings
  readonly platform: Database<PlatformTables>
  readonly sql: SqlPool
  readonly openBucket: OpenBucket | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Tells of a new version. A lost one costs nothing: the next read sees the data anyway. */
  readonly onChange: (project: string, dataset: string) => Promise<void>
}

/** The datasets of each project, opened when first asked for. */
export class ProjectDatasets {
  readonly #parts: Parts
  readonly #open = new Map<string, Promise<Datasets>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The project must exist: the caller has authorised it. */
  of(project: string): Promise<Datasets> {
    const present = this.#open.get(project)
    if (present) return present
    const opened = this.#openFor(project)
    this.#open.set(project, opened)
    opened.catch(() => this.#open.delete(project))
    return opened
  }

  /** Every structure the project's datasets have had. */
  schemasOf(project: string): DatasetSchemas {
    return new DatasetSchemas(this.#parts.platform, project, this.#parts.clock)
  }

  migrationsOf(project: string): DatasetMigrations {
    return new DatasetMigrations(this.#parts.platform, project)
  }

  /** Where a project's data lies. Never shown outside. */
  folderOf(project: string): string {
    const { defaultFolder, projectsFolder } = this.#parts.settings
    return project === 'default' ? defaultFolder : join(projectsFolder, project, 'datasets')
  }

  async #openFor(project: string): Promise<Datasets> {
    const { settings, sql, openBucket, clock, random, log, onChange } = this.#parts
    const datasets = await Datasets.open({
      folder: this.folderOf(project),
      cacheFolder: join(settings.cacheFolder, project),
      ignoredFolder: settings.home,
      ...{ openBucket, clock, random, log },
      settings: { pollMs: settings.pollMs },
      schemas: this.schemasOf(project),
      toNdjson: (source, target, signal) => sql.export(source, target, signal),
    })
    datasets.onChange(names => {
      for (const name of names) {
        onChange(project, name).catch(failure =>
          log.warn({ err: failure, project, name }, 'a change of data was not told'),
        )
      }
    })
    return datasets
  }

  async close(): Promise<void> {
    const open = await Promise.allSettled(this.#open.values())
    for (const datasets of open) if (datasets.status === 'fulfilled') await datasets.value.close()
  }
}
