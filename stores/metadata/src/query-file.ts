import { resolve } from 'node:path'
import { Thread } from './sqlite/thread.ts'

/** Reads from a database file that nobody opens as one, such as a damaged one: whatever of it can still be read. */
export async function queryFile(
  file: string,
  sql: string,
  options: { readonly parameters?: readonly unknown[]; readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly Record<string, unknown>[]> {
  const thread = new Thread(resolve(file))
  try {
    const rows = await thread.run({ kind: 'query', sql, parameters: options.parameters ?? [] }, options.signal)
    return rows as Record<string, unknown>[]
  } finally {
    await thread.close()
  }
}
