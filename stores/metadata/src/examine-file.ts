import { resolve } from 'node:path'
import type { Examined } from './merge.ts'
import type { Migration } from './migration.ts'
import { planMigrations } from './sqlite/migration-plan.ts'
import { Thread } from './sqlite/thread.ts'

/**
 * Looks a file over as `Database.examine` does, without a database at hand. In a thread of its own.
 *
 * @param options.migrations all there ever were, in order.
 */
export async function examineFile(
  file: string,
  options: { readonly migrations: readonly Migration[]; readonly signal?: AbortSignal | undefined },
): Promise<Examined> {
  const path = resolve(file)
  const thread = new Thread(path)
  const planned = planMigrations(options.migrations)
  try {
    return await thread.run({ kind: 'examine', file: path, planned }, options.signal)
  } finally {
    await thread.close()
  }
}
