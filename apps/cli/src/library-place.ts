import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { openLog } from '@super-data/base/log'
import type { CopyParts } from '@super-data/platform'
import { openBucket, type ServerSettings } from '@super-data/server'
import { answersAt } from './connection.ts'
import { HomeMissing } from './errors.ts'
import { isHome } from './home-settings.ts'

/** Where a home's library and its copies lie, with the bucket when one is set. Closing it closes the bucket. */
export interface LibraryPlace extends AsyncDisposable {
  readonly parts: CopyParts & { readonly log: ReturnType<typeof openLog> }
}

/** @throws HomeMissing */
export async function openLibraryPlace(
  settings: ServerSettings,
  options: { readonly signal: AbortSignal; readonly verbose?: boolean | undefined; readonly bucket: boolean },
): Promise<LibraryPlace> {
  if (!(await isHome(settings.home))) throw new HomeMissing()
  const components = { clock: systemClock, random: systemRandom }
  const shared = options.bucket ? openBucket(settings, components) : undefined
  const database = resolve(settings.home, 'database')
  return {
    parts: {
      ...components,
      file: resolve(settings.databasePath ?? join(database, 'tools.db')),
      backupFolder: join(database, 'backups'),
      source: shared && { ...shared.sync, store: shared.store },
      signal: options.signal,
      log: openLog({ level: options.verbose ? 'debug' : 'silent' }),
    },
    [Symbol.asyncDispose]: async () => shared?.store.close(),
  }
}

/** The address of the server that serves a home at this moment; undefined when none does. */
export async function serverOf(home: string): Promise<string | undefined> {
  const announced = await readFile(join(home, 'server.json'), 'utf8').catch(() => '{}')
  const { url } = JSON.parse(announced) as { url?: string }
  return url !== undefined && (await answersAt(url)) ? url : undefined
}
