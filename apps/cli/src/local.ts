import { type LogSettings, openLog } from '@super-data/base/log'
import { Installation, type Server, type ServerSettings } from '@super-data/server'
import type { Connection } from './connection.ts'
import { HomeMissing, PortTaken } from './errors.ts'
import { isHome } from './home-settings.ts'
import { InstallationConnection } from './installation-connection.ts'
import { type SettingChanges, settle } from './settings.ts'
import type { Shell } from './terminal.ts'

export interface LocalOptions extends SettingChanges {
  readonly verbose: boolean
}

/** Opens the installation of a home that is there, within this process, for one command. @throws HomeMissing */
export async function openLocal(shell: Shell, options: LocalOptions): Promise<Connection> {
  const settings = settle(shell.env, options)
  if (!(await isHome(settings.home))) throw new HomeMissing()
  return new InstallationConnection(await openInstallation(settings, options.verbose ? 'debug' : 'silent'), shell)
}

/** @param level what the log on stderr says: a command reports its own failures, a server needs the log. */
export function openInstallation(
  settings: ServerSettings,
  level: LogSettings['level'],
  options: { readonly reinit?: boolean | undefined } = {},
): Promise<Installation> {
  return Installation.open(settings, { log: openLog({ level }), ...options })
}

/** @throws PortTaken */
export async function listen(installation: Installation, { host, port }: ServerSettings): Promise<Server> {
  try {
    return await installation.listen()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortTaken(host, port, error)
    throw error
  }
}
