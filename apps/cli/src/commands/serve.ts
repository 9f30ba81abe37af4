import { resolve } from 'node:path'
import type { Installation, Server, ServerSettings } from '@super-data/server'
import { Command, Option } from 'commander'
import { clientSettings, type Endpoint, renderClientSettings } from '../client-settings.ts'
import { rememberDatasets } from '../home-settings.ts'
import { launcherFile } from '../self.ts'
import type { SettingChanges } from '../settings.ts'
import { aborted, print, type Shell, say } from '../terminal.ts'

interface ServeOptions extends SettingChanges {
  readonly stdio?: boolean
  readonly reinit?: boolean
}

/** `serve`: one process with HTTP and MCP, or MCP on standard input and output. */
export function serveCommand(shell: Shell): Command {
  const command = new Command('serve').description('Start the server: HTTP and MCP.')
  command
    .option('--host <address>', 'Address to listen on (SUPER_DATA_HOST).')
    .option('--port <number>', 'TCP port (SUPER_DATA_PORT).')
    .option('--home <folder>', 'Where everything is kept (SUPER_DATA_HOME).')
    .option('--datasets <folder>', 'Where the data lies (SUPER_DATA_DATASETS_PATH).')
    .addOption(new Option('--transport <way>', 'How it speaks (SUPER_DATA_TRANSPORT).').choices(['http', 'stdio']))
    .option(
      '--stdio',
      'Speak MCP on standard input and output, for a client that starts this process: `--transport stdio`.',
    )
    .option('--reinit', 'Begin with an empty library when this home’s is lost and no copy of it can be found.')
    .option('-v, --verbose', 'Say more, and the cause of a failure.')
    .addHelpText('after', '\nExample:\n  super-data serve --port 8080 --home ./data')
  return command.action(async () => {
    const options = command.optsWithGlobals<ServeOptions>()
    const { settle } = await import('../settings.ts')
    const { listen, openInstallation } = await import('../local.ts')
    const settings = settle(shell.env, options)
    await using installation = await openInstallation(settings, settings.logLevel, { reinit: options.reinit })
    await rememberDatasets(settings.home, settings.datasetsPath)
    if (options.stdio || settings.transport === 'stdio') await serveStdio(shell, installation, settings)
    else await serveHttp(shell, installation, await listen(installation, settings))
  })
}

async function serveHttp(shell: Shell, installation: Installation, server: Server): Promise<void> {
  print(shell, `Super Data answers at ${server.url}`)
  const { firstStart } = installation
  if (firstStart !== undefined)
    print(shell, `\n${welcome(firstStart.ownerKey, { over: 'http', url: server.url, key: firstStart.ownerKey })}`)
  await aborted(shell.signal)
  say(shell, 'Stopping: running calls finish first.')
}

/** Standard output belongs to the protocol here: what people should read goes to stderr. */
async function serveStdio(shell: Shell, installation: Installation, settings: ServerSettings): Promise<void> {
  const { firstStart } = installation
  const args = stdioArguments(settings)
  if (firstStart !== undefined) {
    say(shell, welcome(firstStart.ownerKey, { over: 'stdio', node: process.execPath, launcher: launcherFile, args }))
  }
  await Promise.race([installation.serveStdio(), aborted(shell.signal)])
}

/** How a client starts the same again, from whatever folder. */
function stdioArguments({ home, datasetsPath }: ServerSettings): readonly string[] {
  const datasets = datasetsPath === undefined ? [] : ['--datasets', resolve(datasetsPath)]
  return ['serve', '--stdio', '--home', resolve(home), ...datasets]
}

/** What the first start says, once. */
export function welcome(ownerKey: string, endpoint: Endpoint): string {
  return [
    `Your owner key (shown this once; it may do everything here):\n\n  ${ownerKey}\n`,
    'Connect your MCP client with one of these:\n',
    renderClientSettings(clientSettings(endpoint)),
  ].join('\n')
}
