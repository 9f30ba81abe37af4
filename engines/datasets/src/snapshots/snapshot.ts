import { rename, rm, stat, writeFile } from 'node:fs/promises'
import type { Facts } from '../content/facts.ts'
import { readJsonFacts } from '../content/json-facts.ts'
import type { ConversionSource, DatasetFormat, ToNdjson } from '../dataset.ts'

/** A file for those who read only JSON. */
export interface JsonFile {
  readonly file: string
  readonly format: 'json' | 'ndjson'
  readonly gzip: boolean
  readonly sizeBytes: number
}

/** Where a snapshot's files lie. */
export interface SnapshotFiles {
  /** The copy itself. */
  readonly data: string
  readonly facts: string
  /** A table's rows as JSON lines. */
  readonly rows: string
  /** Where files grow before they get their names. */
  readonly incoming: string
}

export interface SnapshotIdentity {
  /** Names the files: the content's hash and how the content is read. */
  readonly id: string
  readonly version: string
  readonly format: DatasetFormat
  readonly gzip: boolean
  readonly sizeBytes: number
}

/** A copy of a file as it once was. It stays until nobody holds it. */
export class Snapshot {
  readonly identity: SnapshotIdentity
  readonly files: SnapshotFiles
  #facts: Facts
  #holders = 0
  #rows: Promise<JsonFile> | undefined
  readonly #onUnused: (snapshot: Snapshot) => void

  constructor(identity: SnapshotIdentity, files: SnapshotFiles, facts: Facts, onUnused: (snapshot: Snapshot) => void) {
    this.identity = identity
    this.files = files
    this.#facts = facts
    this.#onUnused = onUnused
  }

  get facts(): Facts {
    return this.#facts
  }

  hold(): void {
    this.#holders++
  }

  /** The last one to let go removes the files. */
  letGo(): void {
    if (--this.#holders === 0) this.#onUnused(this)
  }

  get isHeld(): boolean {
    return this.#holders > 0
  }

  /** The data as JSON; tables are converted once. */
  async json(context: { name: string; toNdjson: ToNdjson; bytesMax: number; signal: AbortSignal }): Promise<JsonFile> {
    const { format, separator } = this.#facts
    const { gzip, sizeBytes } = this.identity
    if (format === 'json' || format === 'ndjson') return { file: this.files.data, format, gzip, sizeBytes }
    const { version } = this.identity
    this.#rows ??= this.#convert(
      {
        ...{ name: context.name, file: this.files.data, format, gzip, version, sizeBytes },
        ...(separator === undefined ? {} : { separator }),
      },
      context,
    )
    this.#rows.catch(() => {
      // The next one tries again.
      this.#rows = undefined
    })
    return this.#rows
  }

  async #convert(
    source: ConversionSource,
    context: { toNdjson: ToNdjson; bytesMax: number; signal: AbortSignal },
  ): Promise<JsonFile> {
    const present = await this.#present()
    if (present) return present
    const target = `${this.files.incoming}.rows`
    try {
      const { rows } = await context.toNdjson(source, target, context.signal)
      await this.#learnRows(target, rows, context)
      await rename(target, this.files.rows)
    } finally {
      await rm(target, { force: true })
    }
    return { file: this.files.rows, format: 'ndjson', gzip: false, sizeBytes: (await stat(this.files.rows)).size }
  }

  /** The rows of an earlier run of the server. */
  async #present(): Promise<JsonFile | undefined> {
    if (this.#facts.structure === null) return undefined
    const found = await stat(this.files.rows).catch(() => undefined)
    return found && { file: this.files.rows, format: 'ndjson', gzip: false, sizeBytes: found.size }
  }

  async #learnRows(file: string, rows: number, context: { bytesMax: number; signal: AbortSignal }): Promise<void> {
    const structure =
      rows === 0
        ? { fields: [], sample: [] }
        : (await readJsonFacts({ file, format: 'ndjson', gzip: false }, context)).structure
    this.#facts = { ...this.#facts, records: rows, structure }
    await writeFile(this.files.facts, JSON.stringify(this.#facts))
  }
}
