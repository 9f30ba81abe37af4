import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@super-data/base/clock'
import { type RunResult, SqlPool, type SqlPoolSettings, type TableFile } from '../src/index.ts'

type Limits = { timeMs?: number; rows?: number; bytes?: number }

/** A pool over a folder of its own, with short ways to write files and ask questions. */
export class Workbench implements AsyncDisposable {
  readonly folder: string
  readonly pool: SqlPool
  readonly tables: TableFile[] = []

  private constructor(folder: string, pool: SqlPool) {
    this.folder = folder
    this.pool = pool
  }

  static async open(settings: Partial<SqlPoolSettings> = {}): Promise<Workbench> {
    const folder = await mkdtemp(join(tmpdir(), 'sql-'))
    const dataFolder = join(folder, 'data')
    const cacheFolder = join(folder, 'cache')
    await Promise.all([mkdir(dataFolder), mkdir(cacheFolder)])
    const options = { workers: 1, memoryLimitMb: 128, clock: systemClock, ...settings, dataFolder, cacheFolder }
    return new Workbench(folder, await SqlPool.open(options))
  }

  async write(
    name: string,
    format: TableFile['format'],
    content: string | Uint8Array,
    facts: Pick<TableFile, 'gzip' | 'shape'> = {},
  ): Promise<TableFile> {
    const file = join(this.folder, 'data', `${name}.${format}`)
    await writeFile(file, content)
    const table = { name, file, format, version: '1', sizeBytes: (await stat(file)).size, ...facts }
    this.tables.push(table)
    return table
  }

  /** The rows of an answer as one JSON text each. */
  async ask(
    text: string,
    parameters: Record<string, unknown> = {},
    limits: Limits = {},
    signal?: AbortSignal,
  ): Promise<RunResult & { lines: string[] }> {
    const lines: string[] = []
    const request = { text, parameters, tables: this.tables, limits: { timeMs: 20_000, bytes: 10_000_000, ...limits } }
    const result = await this.pool.run(request, { signal, onRows: more => void lines.push(...more) })
    return { ...result, lines }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}
