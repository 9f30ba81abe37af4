import { readFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { HomeSettingsInvalid } from './errors.ts'
import { writeWhole } from './profile.ts'

/** What a home remembers about itself, so that naming the home is enough. */
const homeSettings = z.object({ datasets: z.string().min(1).optional() })

/** The datasets folder that a home was last used with; undefined when it never had another than its own. @throws HomeSettingsInvalid */
export function rememberedDatasets(home: string): string | undefined {
  const file = fileIn(home)
  const text = readIfThere(file)
  if (text === undefined) return undefined
  try {
    return homeSettings.parse(JSON.parse(text)).datasets
  } catch (error) {
    throw new HomeSettingsInvalid(file, error)
  }
}

/** Called by the commands that make or serve a home; without a folder of its own there is nothing to remember. */
export async function rememberDatasets(home: string, datasets: string | undefined): Promise<void> {
  if (datasets === undefined || rememberedDatasets(home) === resolve(datasets)) return
  await writeWhole(fileIn(home), `${JSON.stringify({ datasets: resolve(datasets) }, null, 2)}\n`)
}

/** Whether somebody made a home there; a folder alone is none. */
export function isHome(folder: string): Promise<boolean> {
  return access(join(folder, 'database')).then(
    () => true,
    () => false,
  )
}

function fileIn(home: string): string {
  return join(home, 'settings.json')
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOENT', 'ENOTDIR'].includes(code)) throw error
    return undefined
  }
}
