import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { DatasetInvalid, Datasets, type DatasetsOptions, type SchemaStore, type ToNdjson } from '../src/index.ts'

/** A stand-in for a table engine: commas only, all text. Counts what it was asked. */
export class PlainTables {
  conversions = 0
  failure: Error | undefined

  readonly toNdjson: ToNdjson = async (source, target) => {
    this.conversions++
    if (this.failure) throw this.failure
    const [head = '', ...lines] = (await readFile(source.file, 'utf8')).trim().split(/\r?\n/)
    const names = head.split(',')
    const rows = lines.map(line => line.split(','))
    if (rows.some(row => row.length !== names.length)) throw new DatasetInvalid('a line has too many cells')
    const toRecord = (row: string[]) =>
      JSON.stringify(Object.fromEntries(names.map((name, place) => [name, row[place]])))
    await writeFile(target, rows.map(row => `${toRecord(row)}\n`).join(''))
    return { rows: rows.length }
  }
}

/** A dataset folder of its own; files in it look as if they had been there for a minute. */
export class Folder implements AsyncDisposable {
  readonly root: string
  readonly data: string
  readonly cache: string
  readonly tables = new PlainTables()
  readonly #open: Datasets[] = []

  private constructor(root: string) {
    this.root = root
    this.data = join(root, 'data')
    this.cache = join(root, 'cache')
  }

  static async make(): Promise<Folder> {
    const folder = new Folder(await mkdtemp(join(tmpdir(), 'datasets-')))
    await mkdir(folder.data)
    return folder
  }

  async open(options: Partial<DatasetsOptions> & { schemas?: SchemaStore } = {}): Promise<Datasets> {
    const datasets = await Datasets.open({
      folder: this.data,
      cacheFolder: this.cache,
      clock: systemClock,
      random: systemRandom,
      toNdjson: this.tables.toNdjson,
      settings: { pollMs: 0, settleMs: 20 },
      ...options,
    })
    this.#open.push(datasets)
    return datasets
  }

  /** The file is there whole at once. @param age how many seconds ago it was written. */
  async write(file: string, content: string | Uint8Array, age = 60): Promise<void> {
    const path = join(this.data, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.part`, content)
    const then = Date.now() / 1000 - age
    await utimes(`${path}.part`, then, then)
    await rename(`${path}.part`, path)
  }

  remove(file: string): Promise<void> {
    return rm(join(this.data, file))
  }

  /** Files kept as copies, without what is known about them. */
  async copies(): Promise<string[]> {
    return (await readdir(join(this.cache, 'snapshots'))).filter(name => !name.endsWith('.facts'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const datasets of this.#open) await datasets.close()
    await rm(this.root, { recursive: true, force: true })
  }
}
