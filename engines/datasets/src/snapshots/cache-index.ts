import { readFile, rename, writeFile } from 'node:fs/promises'
import type { SnapshotIdentity } from './snapshot.ts'

/** What is remembered of a dataset from one start of the server to the next. */
export interface Remembered {
  readonly file: string
  /** The file's state when it was read. */
  readonly mark: string
  /** Since when it has a problem. */
  readonly since: number | null
  readonly updatedAt: number
  readonly schemaVersion: number
  readonly snapshot: SnapshotIdentity
}

type Content = Readonly<Record<string, Remembered>>

/** Remembers which file was copied when, so that a restart reads only what has changed. */
export class CacheIndex {
  readonly #file: string
  #saving: Promise<void> = Promise.resolve()

  constructor(file: string) {
    this.#file = file
  }

  /** A damaged index is no loss: everything is read again. */
  async load(): Promise<Content> {
    try {
      const { version, datasets } = JSON.parse(await readFile(this.#file, 'utf8')) as {
        version: number
        datasets: Content
      }
      return version === 2 ? datasets : {}
    } catch {
      return {}
    }
  }

  /** One after the other: the last one called is what remains. */
  save(datasets: Content): Promise<void> {
    const saving = this.#saving.then(() => this.#write(datasets))
    this.#saving = saving.catch(() => undefined)
    return saving
  }

  async #write(datasets: Content): Promise<void> {
    const temporary = `${this.#file}.new`
    await writeFile(temporary, JSON.stringify({ version: 2, datasets }))
    await rename(temporary, this.#file)
  }
}
