import { join } from 'node:path'
import { readSettings, type Setting, type SettingTable } from '@super-data/base/settings'
import { type ServerSettings, serverSettings } from '@super-data/server'
import { z } from 'zod'
import { rememberedDatasets } from './home-settings.ts'

/** What the command line itself reads, beside the server's settings. */
const connectionSettings = {
  url: {
    env: 'SUPER_DATA_URL',
    about: 'Server that commands call, instead of the home folder.',
    schema: z.url().optional(),
  },
  apiKey: {
    env: 'SUPER_DATA_API_KEY',
    about: 'Key for SUPER_DATA_URL.',
    schema: z.string().optional(),
    secret: true,
  },
} as const satisfies SettingTable

const allSettings = { ...serverSettings, ...connectionSettings }

/** Every setting there is, by name. */
export const settingTable: Readonly<Record<string, Setting>> = allSettings

type Environment = Readonly<Record<string, string | undefined>>

/** What a command line changes of the settings. */
export interface SettingChanges {
  readonly home?: string | undefined
  readonly datasets?: string | undefined
  readonly host?: string | undefined
  readonly port?: string | undefined
  readonly transport?: string | undefined
}

/**
 * The settings from the environment, with what the command line says on top, and what the home remembers below.
 *
 * @throws SettingsInvalid · HomeSettingsInvalid
 */
export function settle(env: Environment, changes: SettingChanges): ServerSettings {
  const said: ServerSettings = readSettings(allSettings, changed(env, changes), 'SUPER_DATA_')
  return { ...said, datasetsPath: said.datasetsPath ?? rememberedDatasets(said.home) }
}

/** Where the datasets lie, also when no setting says so. */
export function datasetsFolder({ home, datasetsPath }: ServerSettings): string {
  return datasetsPath ?? join(home, 'datasets')
}

function changed(env: Environment, changes: SettingChanges): Environment {
  const said = {
    SUPER_DATA_HOME: changes.home,
    SUPER_DATA_DATASETS_PATH: changes.datasets,
    SUPER_DATA_HOST: changes.host,
    SUPER_DATA_PORT: changes.port,
    SUPER_DATA_TRANSPORT: changes.transport,
  }
  return { ...env, ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) }
}
