import { resolve } from 'node:path'
import type { Examined } from './merge.ts'
import type { Migration } from './migration.ts'
import { planMigrations } from './sqlite/migrator.ts'
import { Thread } from './sqlite/thread.ts'

/**
 * Looks a file over that came from elsewhere: structure, references, schema. An older one is brought up to date in
 * place. In a thread of its own; nobody else may have the file open.
 */
export async function examineFile(
  file: string,
  options: { readonly migrations: readonly Migration[]; readonly signal?: AbortSignal | undefined },
): Promise<Examined> {
  const thread = new Thread(resolve(file))
  const planned = planMigrations(options.migrations).map(({ name, checksum, steps }) => ({
    name,
    checksum,
    // A compiled query also holds the tree it was made of, which threads cannot hand over.
    steps: steps.map(({ sql, parameters }) => ({ sql, parameters })),
  }))
  try {
    return await thread.run({ kind: 'examine', planned }, options.signal)
  } finally {
    await thread.close()
  }
}
