import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { PlatformError } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import { type Database, DatabaseCorrupt, queryFile } from '@super-data/metadata'
import { timeOf } from '../stamps.ts'
import { type LibraryTables, lastStamp, openLibrary } from '../state/library.ts'
import { markOf, readMark } from '../state/library-mark.ts'
import { travellingTables } from '../state/travelling-tables.ts'
import { compactTime } from './bucket-keys.ts'
import { type CopyParts, LibraryCopies, type VerifiedCopy } from './library-copies.ts'
import { randomText } from './random-text.ts'

/** A start looks no further back in the bucket: whoever wants an earlier copy restores it. */
const bucketCopiesMax = 20

/** The library is damaged or gone, and there is no copy to put in its place. Nothing was changed. */
export class LibraryLost extends PlatformError {
  readonly code = 'LIBRARY_LOST'
  readonly kind = 'unavailable'
  override readonly retryable = false
  constructor(reason: Reason, cause: unknown) {
    super(
      `the library of this home is ${reason === 'behind' ? 'empty' : reason}, and no sound copy of it can be found`,
      {
        cause,
        hint: 'Bring back a backup with `super-data restore`, or the bucket; or begin with an empty library: `serve --reinit`.',
        details: { reason },
      },
    )
  }
}

/** `behind`: sound, but older than what was acknowledged; what SQLite had not folded into it yet is gone. */
type Reason = 'damaged' | 'missing' | 'behind'

/** What was done about a library that was not as it was left. */
export interface Recovery {
  readonly reason: Reason
  /** Folder of the files that were there, below the library's; null when there were none. */
  readonly setAside: string | null
  /**
   * The copy that took their place; null: an empty library, as somebody asked for, or the one that is behind, as no
   * copy is ahead of it.
   */
  readonly restored: { readonly name: string; readonly place: string; readonly upTo: number | null } | null
  /** Rows that were newer than the copy; null when they cannot be counted any more. */
  readonly lostRows: number | null
  /** What was changed from the first until the second moment is not there any more; null: nothing, or nobody knows. */
  readonly lostBetween: readonly [number | null, number] | null
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
 * takes its place: those at hand first, then those in the bucket. So is one that lost its latest changes, when a copy
 * has more of them.
 *
 * @throws LibraryLost when there is none: a team's library is never made anew by itself
 */
export async function openOrRecoverLibrary(
  parts: RecoveryParts,
): Promise<{ readonly library: Database<LibraryTables>; readonly recovery?: Recovery }> {
  const mark = await readMark(parts.file)
  const failure = await findLoss(parts)
  if (failure !== undefined) return recover(parts, { reason: 'missing', mark, cause: failure })
  try {
    const library = await openLibrary(parts.file, parts)
    const stamp = await lastStamp(library.read)
    if (mark === undefined || stamp >= mark) return { library }
    await library.close()
    const cause = new Error('its latest changes are not in it')
    return recover(parts, { reason: 'behind', mark, cause, atLeast: stamp })
  } catch (caught) {
    if (!(caught instanceof DatabaseCorrupt)) throw caught
    return recover(parts, { reason: 'damaged', mark, cause: caught })
  }
}

/** A file that is gone although the home is not new. */
async function findLoss({ file, known }: RecoveryParts): Promise<Error | undefined> {
  if (!known || (await stat(file).catch(() => undefined)) !== undefined) return undefined
  return new Error('there is no file')
}

interface Loss {
  readonly reason: Reason
  readonly mark: string | undefined
  readonly cause: Error
  /** Of the library that is behind, the stamp: a copy must have a greater one to take its place. */
  readonly atLeast?: string
}

async function recover(parts: RecoveryParts, loss: Loss) {
  const found = await findCopy(parts)
  const copy = found && (found.stamp ?? '') > (loss.atLeast ?? '') ? found : await discard(found)
  // One that is behind is better than none, unless it is empty.
  const stays = copy === undefined && loss.reason === 'behind' && loss.atLeast !== ''
  if (copy === undefined && !stays && !parts.reinit) throw new LibraryLost(loss.reason, loss.cause)
  const setAside = stays ? undefined : await quarantine(parts)
  if (copy) await new LibraryCopies(parts).putInPlace(copy)
  const recovery: Recovery = {
    reason: loss.reason,
    setAside: setAside === undefined ? null : basename(setAside),
    restored: copy ? { name: copy.name, place: copy.place, upTo: copy.upTo } : null,
    lostRows: setAside === undefined ? null : await countLost(parts, { loss, setAside, copy }),
    lostBetween: lostBetween(loss, copy?.stamp ?? loss.atLeast ?? ''),
  }
  if (setAside) await writeFile(join(setAside, 'recovery.json'), `${JSON.stringify(recovery, null, 2)}\n`)
  else await rm(markOf(parts.file), { force: true })
  parts.log.error({ err: loss.cause, ...recovery }, saidOf(recovery))
  return { library: await openLibrary(parts.file, parts), recovery }
}

async function discard(copy: VerifiedCopy | undefined): Promise<undefined> {
  if (copy) await rm(copy.file, { force: true })
}

/** What a library that is behind lacks was in no file any more. */
async function countLost(
  { file }: RecoveryParts,
  { loss, setAside, copy }: { loss: Loss; setAside: string; copy: VerifiedCopy | undefined },
): Promise<number | null> {
  return loss.reason === 'behind' ? null : countNewer(join(setAside, basename(file)), copy?.stamp ?? '')
}

function lostBetween({ mark }: Loss, stamp: string): Recovery['lostBetween'] {
  if (mark === undefined || stamp >= mark) return null
  return [stamp === '' ? null : timeOf(stamp), timeOf(mark)]
}

function saidOf({ reason, restored, lostBetween }: Recovery): string {
  if (reason !== 'behind') return 'the library could not be opened; a copy took its place'
  const lost = lostBetween ? '; what was changed since is lost, unless other installations have it' : ''
  return `the library had lost its latest changes; ${restored ? 'a copy took its place' : 'it goes on without them'}${lost}`
}

async function findCopy(parts: RecoveryParts): Promise<VerifiedCopy | undefined> {
  const copies = new LibraryCopies(parts)
  const local = await firstSound(copies, await copies.local(), parts.log)
  if (local) return local
  try {
    return await firstSound(copies, (await copies.remote()).slice(0, bucketCopiesMax), parts.log)
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
  for (const end of ['', '-wal', '-shm', '-journal', '-mark']) {
    if ((await stat(`${file}${end}`).catch(() => undefined)) === undefined) continue
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await rename(`${file}${end}`, join(folder, `${basename(file)}${end}`))
    moved = true
  }
  return moved ? folder : undefined
}

/** Rows after a stamp, as far as the damaged file can still be read. */
async function countNewer(file: string, stamp: string): Promise<number | null> {
  const ofEach = travellingTables.map(({ table }) => `select count(*) as count from ${table} where stamp > ?1`)
  try {
    const [row] = await queryFile(file, `select sum(count) as count from (${ofEach.join(' union all ')})`, {
      parameters: [stamp],
    })
    return Number(row?.['count'] ?? 0)
  } catch {
    return null
  }
}
