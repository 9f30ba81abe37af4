import { resolve } from 'node:path'
import type { Backup } from './sqlite/snapshot.ts'
import { Thread } from './sqlite/thread.ts'

/**
 * Copies a database that other processes may have open into one verified file, as `Database.backup` does, without
 * opening it for writing.
 */
export async function backUpFile(
  file: string,
  target: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Backup> {
  const thread = new Thread(resolve(file))
  try {
    return await thread.run({ kind: 'backup', target: resolve(target) }, options.signal)
  } finally {
    await thread.close()
  }
}
