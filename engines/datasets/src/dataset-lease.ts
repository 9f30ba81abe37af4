import { must } from '@super-data/base/errors'
import type { Dataset, DatasetFormat } from './dataset.ts'
import type { JsonFile, Snapshot } from './snapshots/snapshot.ts'
import { unlessAborted } from './unless-aborted.ts'

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
  /** Of CSV: what separates fields, null in a file of one column. Absent while unknown. */
  readonly separator: string | null | undefined
  readonly #json: () => Promise<JsonFile>
  #snapshot: Snapshot | undefined

  constructor(dataset: Dataset, snapshot: Snapshot, json: () => Promise<JsonFile>) {
    this.dataset = dataset
    this.file = snapshot.files.data
    this.format = snapshot.facts.format
    this.gzip = snapshot.identity.gzip
    this.sizeBytes = snapshot.identity.sizeBytes
    this.separator = snapshot.facts.separator
    this.#json = json
    this.#snapshot = snapshot
    snapshot.hold()
  }

  /**
   * The data as a JSON file. A table is converted the first time somebody asks; who gives up waiting does not stop the
   * conversion, as others may wait for it too.
   *
   * @throws Cancelled, and what the conversion throws.
   */
  async json(signal?: AbortSignal): Promise<JsonFile> {
    return unlessAborted(this.#json, signal)
  }

  /** A lease of the same version that is released on its own. */
  hold(): DatasetLease {
    return new DatasetLease(this.dataset, must(this.#snapshot, 'a lease that was not released'), this.#json)
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
