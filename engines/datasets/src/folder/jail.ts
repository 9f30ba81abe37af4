import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { DatasetInvalid } from '../errors.ts'

/** What is compared to see whether a file has changed. */
export interface FileState {
  readonly sizeBytes: number
  readonly modifiedMs: number
  /** Equal only when the file is the same, of the same size and time. */
  readonly mark: string
}

interface Stat {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ino: bigint
  isFile(): boolean
}

/**
 * Looks at a file inside a folder, links followed as long as they stay inside.
 *
 * @param folder a real path. @param file relative to it.
 * @throws DatasetInvalid when it leads outside or is no regular file.
 */
export async function stateOf(folder: string, file: string): Promise<FileState> {
  return toState(await lstat(await realInside(folder, file), { bigint: true }))
}

/**
 * Opens a file for reading, sure that it is the one inside the folder.
 *
 * @throws DatasetInvalid as `stateOf`. The caller closes the handle.
 */
export async function openInside(folder: string, file: string): Promise<{ handle: FileHandle; state: FileState }> {
  const path = await realInside(folder, file)
  // A pipe must not make us wait for its other end.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    await checkOpened(handle, path)
    return { handle, state: toState(await handle.stat({ bigint: true })) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function realInside(folder: string, file: string): Promise<string> {
  const path = await realpath(resolve(folder, file))
  if (!path.startsWith(folder + sep)) {
    throw new DatasetInvalid('it leads outside the dataset folder', { hint: 'Copy the file into the folder.' })
  }
  return path
}

/** A folder on the way may have become a link since the path was checked; Linux tells what was really opened. */
async function checkOpened(handle: FileHandle, path: string): Promise<void> {
  const opened = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => path)
  if (opened !== path) throw new DatasetInvalid('it changed its place while it was opened')
}

function toState(stat: Stat): FileState {
  if (!stat.isFile()) throw new DatasetInvalid('it is not a regular file')
  return {
    sizeBytes: Number(stat.size),
    modifiedMs: Number(stat.mtimeNs / 1_000_000n),
    mark: `${stat.size}:${stat.mtimeNs}:${stat.ino}`,
  }
}
