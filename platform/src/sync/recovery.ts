import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { PlatformError } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import { type Database, DatabaseCorrupt, queryFile } from '@super-data/metadata'
import { type LibraryTables, openLibrary } from '../state/library.ts'
import { travellingTables } from '../state/travelling-tables.ts'
import { compactTime } from './bucket-keys.ts'
import { type CopyParts, LibraryCopies, type VerifiedCopy } from './library-copies.ts'
import { randomText } from './random-text.ts'

/** The library is damaged or gone, and there is no copy to put in its place. Nothing was changed. */
export class LibraryLost extends PlatformError {
  readonly code = 'LIBRARY_LOST'
  readonly kind = 'unavailable'
  override readonly retryable = false
  constructor(reason: 'damaged' | 'missing', cause: unknown) {
    super(`the library of this home is ${reason}, and no sound copy of it can be found`, {
      cause,
      hint: 'Bring back a backup with `super-data restore`, or the bucket; or begin with an empty library: `serve --reinit`.',
      details: { reason },
    })
  }
}

/** What was done about a library that could not be opened. */
export interface Recovery {
  readonly reason: 'damaged' | 'missing'
  /** Folder of the files that were there, below the library's; null when there were none. */
  readonly setAside: string | null
  /** The copy that took their place; null: an empty library, as somebody asked for. */
  readonly restored: { readonly name: string; readonly place: string; readonly upTo: number | null } | null
  /** Rows that were newer than the copy; null when they cannot be counted any more. */
  readonly lostRows: number | null
}

export interface RecoveryParts extends CopyParts {
  readonly log: Log
  /** Whether this home had a library before. */
  readonly known: boolean
  /** Begin with an empty library when there is no copy. */
  readonly reinit: boolean
}

/**
 * Opens the library. One that is damaged, or gone from a home that had one, is set aside, and the newest sound copy
 * takes its place: those at hand first, then those in the bucket.
 *
 * @throws LibraryLost when there is none: a team's library is never made anew by itself
 */
export async function openOrRecoverLibrary(
  parts: RecoveryParts,
): Promise<{ readonly library: Database<LibraryTables>; readonly recovery?: Recovery }> {
  const failure = await findLoss(parts)
  if (failure === undefined) {
    try {
      return { library: await openLibrary(parts.file, parts) }
    } catch (caught) {
      if (!(caught instanceof DatabaseCorrupt)) throw caught
      return recover(parts, 'damaged', caught)
    }
  }
  return recover(parts, 'missing', failure)
}

/** A file that is gone although the home is not new. */
async function findLoss({ file, known }: RecoveryParts): Promise<Error | undefined> {
  if (!known || (await stat(file).catch(() => undefined)) !== undefined) return undefined
  return new Error('there is no file')
}

async function recover(parts: RecoveryParts, reason: Recovery['reason'], cause: unknown) {
  const copy = await findCopy(parts)
  if (copy === undefined && !parts.reinit) throw new LibraryLost(reason, cause)
  const setAside = await quarantine(parts)
  if (copy) await new LibraryCopies(parts).putInPlace(copy)
  const recovery: Recovery = {
    reason,
    setAside: setAside === undefined ? null : basename(setAside),
    restored: copy ? { name: copy.name, place: copy.place, upTo: copy.upTo } : null,
    lostRows: setAside === undefined ? null : await countNewer(join(setAside, basename(parts.file)), copy?.stamp ?? ''),
  }
  if (setAside) await writeFile(join(setAside, 'recovery.json'), `${JSON.stringify(recovery, null, 2)}\n`)
  parts.log.error({ err: cause, ...recovery }, 'the library could not be opened; a copy took its place')
  return { library: await openLibrary(parts.file, parts), recovery }
}

async function findCopy(parts: RecoveryParts): Promise<VerifiedCopy | undefined> {
  const copies = new LibraryCopies(parts)
  const local = await firstSound(copies, await copies.local(), parts.log)
  if (local) return local
  try {
    return await firstSound(copies, await copies.remote(), parts.log)
  } catch (failure) {
    parts.log.warn({ err: failure }, 'the bucket could not be searched for a copy of the library')
    return undefined
  }
}

async function firstSound(copies: LibraryCopies, found: Awaited<ReturnType<LibraryCopies['local']>>, log: Log) {
  for (const copy of found) {
    const verified = await copies.verify(copy)
    if (verified) return verified
    log.warn({ copy: copy.name, place: copy.place }, 'a copy of the library is not sound; the next one is tried')
  }
  return undefined
}

/** Moves the file, and what SQLite keeps beside it, out of the way. @returns the folder; undefined when nothing was there */
export async function quarantine({ file, clock, random }: CopyParts): Promise<string | undefined> {
  const folder = join(dirname(file), 'quarantine', `${compactTime(clock.now())}-${randomText(random, 4)}`)
  let moved = false
  for (const end of ['', '-wal', '-shm', '-journal']) {
    if ((await stat(`${file}${end}`).catch(() => undefined)) === undefined) continue
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await rename(`${file}${end}`, join(folder, `${basename(file)}${end}`))
    moved = true
  }
  return moved ? folder : undefined
}

/** Rows after a stamp, as far as the damaged file can still be read. */
async function countNewer(file: string, stamp: string): Promise<number | null> {
  let count = 0
  for (const { table } of travellingTables) {
    try {
      const rows = await queryFile(file, `select count(*) as count from ${table} where stamp > ?`, {
        parameters: [stamp],
      })
      count += Number(rows[0]?.['count'] ?? 0)
    } catch {
      return null
    }
  }
  return count
}
