import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { type CallOptions, withCallOptions } from '../call-options.ts'
import {
  type ClientName,
  clientNames,
  clientSettings,
  type Endpoint,
  renderClientSettings,
} from '../client-settings.ts'
import { rememberedDatasets } from '../home-settings.ts'
import { type Profile, readProfile } from '../profile.ts'
import { launcherFile } from '../self.ts'
import { print, type Shell } from '../terminal.ts'

interface McpOptions extends CallOptions {
  readonly client?: ClientName
  readonly stdio?: boolean
}

/** `mcp config`: settings for MCP clients, ready to paste. */
export function mcpCommand(shell: Shell): Command {
  const config = new Command('config').description('Print settings for MCP clients, ready to paste.')
  config.addOption(new Option('--client <name>', 'Only for this client.').choices([...clientNames]))
  config.option('--stdio', 'Let the client start a process on the home folder, instead of calling a server.')
  withCallOptions(config).addHelpText('after', '\nExample:\n  super-data mcp config --client claude-code')
  config.action(async () => {
    const options = config.optsWithGlobals<McpOptions>()
    const endpoint = await findEndpoint(shell, options)
    const settings = clientSettings(endpoint).filter(
      ({ client }) => options.client === undefined || client === options.client,
    )
    print(shell, options.json ? JSON.stringify(settings, null, 2) : renderClientSettings(settings))
  })
  return new Command('mcp').description('Connect MCP clients.').addCommand(config)
}

/** The server that commands would call; without one, a process on the home folder. */
async function findEndpoint(shell: Shell, options: McpOptions): Promise<Endpoint> {
  const key = options.key ?? shell.env['SUPER_DATA_API_KEY']
  const url = options.url ?? shell.env['SUPER_DATA_URL']
  if (options.home !== undefined) return stdioEndpoint(shell, options.home, undefined)
  if (options.stdio) return stdioEndpoint(shell, shell.env['SUPER_DATA_HOME'], await readProfile(shell.env))
  if (url) return { over: 'http', url: url.replace(/\/+$/, ''), key: key || 'YOUR_KEY' }
  const saved = await readProfile(shell.env)
  if (saved !== undefined) return { over: 'http', url: saved.url, key: key || saved.key }
  return stdioEndpoint(shell, shell.env['SUPER_DATA_HOME'], undefined)
}

/** A process on the home that is named, or else on the saved server's. */
function stdioEndpoint(shell: Shell, home: string | undefined, saved: Profile | undefined): Endpoint {
  const folder = resolve(shell.cwd, home || saved?.home || 'data')
  const set = shell.env['SUPER_DATA_DATASETS_PATH'] || (home ? rememberedDatasets(folder) : saved?.datasets)
  const datasets = set ? ['--datasets', resolve(shell.cwd, set)] : []
  const args = ['serve', '--stdio', '--home', folder, ...datasets]
  return { over: 'stdio', node: process.execPath, launcher: launcherFile, args }
}
