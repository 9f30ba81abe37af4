import { stat } from 'node:fs/promises'
import { toDatabaseError } from './failure.ts'

/** Whether a path leads to the database or to what SQLite keeps beside it, under whatever name. */
export async function belongsTo(path: string, database: string): Promise<boolean> {
  const own = [database, `${database}-wal`, `${database}-shm`]
  if (own.includes(path)) return true
  const [found, ...files] = await Promise.all([path, ...own].map(identityOf))
  return found !== undefined && files.includes(found)
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (failure) {
    const code = (failure as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw toDatabaseError(failure)
  }
}
