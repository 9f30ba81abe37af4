import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Log } from '@super-data/base/log'
import { backUpFile } from '@super-data/metadata'
import { compactTime } from './bucket-keys.ts'
import { type CopyParts, LibraryCopies } from './library-copies.ts'

const lookEveryMs = 3_600_000
/** A server that just started has other things to do. */
const firstLookMs = 60_000
const everyMs = 86_400_000
const keptMax = 7
const ending = '-daily'

/** A copy of the library at hand for each of the last days, whether or not it is shared. */
export class DailyBackup {
  readonly #parts: CopyParts & { readonly log: Log }
  readonly #closing = new AbortController()
  #timers: readonly NodeJS.Timeout[] = []
  #running: Promise<void> = Promise.resolve()

  private constructor(parts: CopyParts & { readonly log: Log }) {
    this.#parts = parts
  }

  /** Looks now and then until it is closed. */
  static start(parts: CopyParts & { readonly log: Log }): DailyBackup {
    const backup = new DailyBackup(parts)
    backup.#timers = [
      setTimeout(() => void backup.run(), firstLookMs).unref(),
      setInterval(() => void backup.run(), lookEveryMs).unref(),
    ]
    return backup
  }

  /** Makes a copy when there is none of the last day, and removes those that are old. */
  run(): Promise<void> {
    this.#running = this.#running
      .then(() => this.#run())
      .catch(failure => {
        if (!this.#closing.signal.aborted) this.#parts.log.warn({ err: failure }, 'the library was not backed up')
      })
    return this.#running
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { file, backupFolder, clock } = this.#parts
    const backups = (await new LibraryCopies(this.#parts).local()).filter(({ place }) => place === 'backups')
    if (backups.some(({ at }) => clock.now() - at < everyMs)) return
    const name = `${basename(file)}.${compactTime(clock.now())}${ending}`
    await backUpFile(file, join(backupFolder, name), { signal: this.#closing.signal })
    const daily = backups.filter(each => each.name.endsWith(ending))
    for (const old of daily.slice(keptMax - 1)) await rm(join(backupFolder, old.name), { force: true })
  }
}
