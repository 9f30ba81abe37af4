import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { writeWhole } from './profile.ts'

/** What became of an entry: written, already there, or left alone for the owner of the file to decide. */
export type Merged = 'written' | 'same' | 'other entry there' | 'not JSON'

/** Adds our server to an `.mcp.json`; everything else in it stays, and an entry of the same name is never replaced. */
export async function mergeMcpFile(file: string, entry: Readonly<Record<string, unknown>>): Promise<Merged> {
  const text = await readFile(file, 'utf8').catch(onlyMissing)
  const settings = text === undefined || text.trim() === '' ? {} : parseObject(text)
  const servers = settings?.['mcpServers'] ?? {}
  if (settings === undefined || !isObject(servers)) return 'not JSON'
  if (servers['super-data'] !== undefined) {
    return isDeepStrictEqual(servers['super-data'], entry) ? 'same' : 'other entry there'
  }
  const merged = { ...settings, mcpServers: { ...servers, 'super-data': entry } }
  await writeWhole(file, `${JSON.stringify(merged, null, 2)}\n`)
  return 'written'
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function onlyMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}
