import { readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { PlatformError } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'
import { type Backup, backUpFile, examineFile } from '@super-data/metadata'
import { Stamps } from '../stamps.ts'
import { libraryMigrations, openLibrary } from '../state/library.ts'
import { travellingTables } from '../state/travelling-tables.ts'
import { Backups } from './backups.ts'
import { Bucket } from './bucket.ts'
import { bucketKeys, compactTime } from './bucket-keys.ts'
import { type CopyParts, LibraryCopies, type LibraryCopy, type VerifiedCopy } from './library-copies.ts'
import { randomText } from './random-text.ts'
import { quarantine } from './recovery.ts'
import { settleRestored } from './shared-library.ts'

/** There is no copy of that name, or none that is sound. */
export class BackupMissing extends PlatformError {
  readonly code = 'BACKUP_MISSING'
  readonly kind = 'missing'
  constructor(name: string | undefined) {
    super(name === undefined ? 'there is no sound copy of the library' : `there is no sound copy ${name}`, {
      hint: '`super-data restore --dry-run` lists the copies there are.',
    })
  }
}

export interface MadeBackup extends Backup {
  /** The file, or the key in the bucket. */
  readonly name: string
}

/** Copies the library into a file, while servers may write it. The copy is for this installation: it holds everything. */
export async function backUpLibrary(parts: CopyParts, output?: string): Promise<MadeBackup> {
  const { file, backupFolder, clock, random, signal } = parts
  const name = `${basename(file)}.${compactTime(clock.now())}-${randomText(random, 4)}`
  const target = output ?? join(backupFolder, name)
  return { name: target, ...(await backUpFile(file, target, { signal })) }
}

/** Puts a backup of what is shared into the bucket: nothing else ever leaves this installation. */
export async function uploadBackup(parts: CopyParts & { readonly log: Log }): Promise<MadeBackup> {
  const { file, source, random } = parts
  if (source === undefined) throw new BackupMissing(undefined)
  const draft = join(parts.backupFolder, `upload-${randomText(random, 10)}.db`)
  const library = await openLibrary(file, parts)
  try {
    const made = await library.snapshot(draft, travellingTables, { signal: parts.signal })
    const traffic = { requests: 0, bytesRead: 0, bytesWritten: 0 }
    const signal = parts.signal ?? new AbortController().signal
    const bucket = new Bucket(source.store, { limits: source, traffic, signal })
    const name = await new Backups({ ...parts, bucket, keys: bucketKeys(source.key) }).add(await readFile(draft))
    return { name, ...made }
  } finally {
    await library.close()
    await rm(draft, { force: true })
  }
}

/** What a restore did, or would do. */
export interface Restored {
  readonly copy: LibraryCopy & { readonly upTo: number | null }
  /** Rows that only the present library has; null when it cannot be read. */
  readonly rowsGiven: number | null
  /** Folder the present library went to; null when nothing was done. */
  readonly setAside: string | null
}

/** Every copy there is, at hand and in the bucket. */
export async function listCopies(parts: CopyParts): Promise<LibraryCopy[]> {
  const copies = new LibraryCopies(parts)
  return [...(await copies.local()), ...(await copies.remote())]
}

/**
 * Puts a copy in the library's place. Nobody else may have the library open.
 *
 * @param options.from the name of a copy; absent: the newest sound one.
 * @param options.file a copy that lies elsewhere, by its whole path.
 * @param options.dryRun only reads and checks the copy, and says what would be given up.
 * @throws BackupMissing
 */
export async function restoreLibrary(
  parts: CopyParts & { readonly log: Log },
  options: { readonly from?: string | undefined; readonly file?: string | undefined; readonly dryRun: boolean },
): Promise<Restored> {
  const copy = await findCopy(parts, options)
  const { file: draft, stamp: _, ...described } = copy
  const rowsGiven = await countOnlyHere(parts, draft).catch(() => null)
  if (options.dryRun) {
    await rm(draft, { force: true })
    return { copy: described, rowsGiven, setAside: null }
  }
  const setAside = await quarantine(parts)
  await new LibraryCopies(parts).putInPlace(copy)
  await settle(parts)
  return { copy: described, rowsGiven, setAside: setAside === undefined ? null : basename(setAside) }
}

async function findCopy(
  parts: CopyParts,
  { from, file }: { readonly from?: string | undefined; readonly file?: string | undefined },
): Promise<VerifiedCopy> {
  const copies = new LibraryCopies(parts)
  const elsewhere = file === undefined ? undefined : await copies.elsewhere(file)
  const isWanted = ({ name }: LibraryCopy) => (from ?? file ?? name) === name
  const wanted = elsewhere ? [elsewhere] : (await listCopies(parts)).filter(isWanted)
  for (const copy of wanted) {
    const verified = await copies.verify(copy)
    if (verified) return verified
  }
  throw new BackupMissing(from ?? file)
}

async function countOnlyHere(parts: CopyParts & { readonly log: Log }, draft: string): Promise<number | null> {
  const examined = await examineFile(draft, { migrations: libraryMigrations })
  if (examined.state !== 'sound') return null
  const library = await openLibrary(parts.file, parts)
  try {
    return (await library.compare(draft, travellingTables, { delta: `${draft}-delta` })).ours
  } finally {
    await rm(`${draft}-delta`, { force: true })
    await library.close()
  }
}

/** A copy from the bucket lacks all that is worked out. */
async function settle(parts: CopyParts & { readonly log: Log }): Promise<void> {
  const library = await openLibrary(parts.file, parts)
  try {
    await settleRestored({ library, stamps: new Stamps('restore', parts.clock), clock: parts.clock })
  } finally {
    await library.close()
  }
}
