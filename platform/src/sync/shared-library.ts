import type { Clock } from '@super-data/base/clock'
import { must } from '@super-data/base/errors'
import type { Database, Difference, Merged } from '@super-data/metadata'
import type { Events } from '../events/events.ts'
import { derive } from '../library/derive.ts'
import type { Stamps } from '../stamps.ts'
import { type LibraryTables, type LibraryTransaction, libraryMigrations } from '../state/library.ts'
import { travellingTables } from '../state/travelling-tables.ts'
import { ownersOf } from './merged-owners.ts'
import type { SharedDatabase, Verdict } from './shared-database.ts'
import { fingerprintOf } from './shared-file.ts'

export interface SharedLibraryParts {
  readonly library: Database<LibraryTables>
  /** The library's file. */
  readonly file: string
  readonly events: Events
  readonly stamps: Stamps
  readonly clock: Clock
}

/** The team's library as sync sees it: what travels of it, and what follows from what arrives. */
export class SharedLibrary implements SharedDatabase {
  readonly schema = must(libraryMigrations.at(-1), 'a migration').name
  readonly #parts: SharedLibraryParts

  constructor(parts: SharedLibraryParts) {
    this.#parts = parts
  }

  async isEmpty(): Promise<boolean> {
    const user = await this.#parts.library.read.selectFrom('users').select('id').limit(1).executeTakeFirst()
    return user === undefined
  }

  fingerprint(): Promise<string> {
    return fingerprintOf(this.#parts.file)
  }

  snapshot(file: string, signal: AbortSignal) {
    return this.#parts.library.snapshot(file, travellingTables, { signal })
  }

  async examine(file: string, signal: AbortSignal): Promise<Verdict> {
    const examined = await this.#parts.library.examine(file, { signal })
    if (examined.state !== 'foreign') return examined
    return { state: 'damaged', findings: ['it is a database of another program'] }
  }

  compare(file: string, delta: string, signal: AbortSignal): Promise<Difference> {
    return this.#parts.library.compare(file, travellingTables, { delta, signal })
  }

  /** Rows, what is derived from them, and the events that tell of it are one transaction. */
  merge(delta: string, signal: AbortSignal): Promise<Merged> {
    const { library, events, stamps, clock } = this.#parts
    return events.commitBy<LibraryTables, [Merged], Merged>(
      work => library.merge(delta, travellingTables, work, { signal }),
      async (transaction, merged) => {
        if (Object.keys(merged.rows).length === 0) return { value: merged, drafts: [] }
        await stamps.see(transaction, merged.stamp)
        const owners = await ownersOf(transaction, merged)
        return { value: merged, drafts: await derive(transaction, clock.now(), { owners, merged: true }) }
      },
    )
  }
}

/** Makes again what does not travel and so may be missing in a copy. What happened was told before: no events. */
export async function settleRestored({ library, stamps, clock }: Omit<SharedLibraryParts, 'file' | 'events'>) {
  await library.write(async transaction => {
    await stamps.see(transaction, await newestRow(transaction))
    await derive(transaction, clock.now(), { merged: true })
  })
}

async function newestRow(transaction: LibraryTransaction): Promise<string> {
  const stamps: string[] = []
  for (const { table } of travellingTables) {
    const row = await transaction.selectFrom(table).select('stamp').orderBy('stamp', 'desc').limit(1).executeTakeFirst()
    stamps.push(row?.stamp ?? '')
  }
  return stamps.sort().at(-1) ?? ''
}
