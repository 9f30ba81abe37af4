import { readFile, writeFile } from 'node:fs/promises'
import type { Log } from '@super-data/base/log'

/**
 * The stamp of the latest acknowledged change, in a file beside the library: when the library's log gets lost, the
 * library itself is as sound as it was weeks ago, and only the mark tells that something is missing.
 */
export class LibraryMark {
  readonly #file: string
  readonly #log: Log
  #written: string | undefined

  constructor(library: string, log: Log) {
    this.#file = markOf(library)
    this.#log = log
  }

  /** After a commit. Never throws: the change is made. */
  async follow(lastStamp: () => Promise<string>): Promise<void> {
    try {
      const stamp = await lastStamp()
      if (stamp === '' || stamp === this.#written) return
      await writeFile(this.#file, stamp, { mode: 0o600 })
      this.#written = stamp
    } catch (failure) {
      this.#log.warn({ err: failure }, 'the mark of the library could not be written')
    }
  }
}

/** Lies beside the library, and is set aside with it. */
export const markOf = (library: string) => `${library}-mark`

/** @returns undefined when there is none, or it was cut short. */
export async function readMark(library: string): Promise<string | undefined> {
  const text = await readFile(markOf(library), 'utf8').catch(() => '')
  return /^[0-9a-z]{9}-[0-9a-z]{4}-[0-9a-z]+$/.test(text) ? text : undefined
}
