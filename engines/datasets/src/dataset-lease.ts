import type { Dataset, DatasetFormat } from './dataset.ts'
import type { JsonFile, Snapshot } from './snapshots/snapshot.ts'

/**
 * One version of a dataset, kept for a reader until it lets go: the file does not change and does not vanish, whatever
 * happens to the dataset meanwhile.
 */
export class DatasetLease {
  readonly dataset: Dataset
  /** Absolute path of the copy. Never shown outside. */
  readonly file: string
  readonly format: DatasetFormat
  readonly gzip: boolean
  readonly sizeBytes: number
  readonly #json: () => Promise<JsonFile>
  #snapshot: Snapshot | undefined

  constructor(dataset: Dataset, snapshot: Snapshot, json: () => Promise<JsonFile>) {
    this.dataset = dataset
    this.file = snapshot.files.data
    this.format = snapshot.facts.format
    this.gzip = snapshot.identity.gzip
    this.sizeBytes = snapshot.identity.sizeBytes
    this.#json = json
    this.#snapshot = snapshot
    snapshot.hold()
  }

  /**
   * The data as a JSON file. A table is converted the first time somebody asks.
   *
   * @throws what the conversion throws.
   */
  json(): Promise<JsonFile> {
    return this.#json()
  }

  /** May be called twice. */
  release(): void {
    this.#snapshot?.letGo()
    this.#snapshot = undefined
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
