import { answersAt, type Connection } from './connection.ts'
import { readProfile } from './profile.ts'
import { type Shell, say } from './terminal.ts'
import { type ConnectionOptions, chooseWay, describeWay, type Way } from './way.ts'

export interface OpenOptions extends ConnectionOptions {
  readonly verbose?: boolean
}

/** Opens what the command line, the environment or the saved connection points to. */
export async function openConnection(shell: Shell, options: OpenOptions): Promise<Connection> {
  const explicit = options.url !== undefined || options.home !== undefined
  const saved = explicit ? undefined : await readProfile(shell.env)
  const way = await chooseWay(options, shell.env, saved, answersAt)
  if (options.verbose) say(shell, describeWay(way))
  if (way.to === 'home' && shell.env['SUPER_DATA_API_KEY']) say(shell, keyUnused(way))
  return openWay(shell, way, options)
}

/** Who set a key means to be somebody, and is the machine's own user here. */
function keyUnused({ because }: Way): string {
  return `SUPER_DATA_API_KEY is not used: the call works on the home folder as this machine’s user (${because}). Set SUPER_DATA_URL to call a server.`
}

/** Each way brings its own code: a call to a server must not wait for the engines to load. */
async function openWay(shell: Shell, way: Way, options: OpenOptions): Promise<Connection> {
  if (way.to === 'server') {
    const { openRemote } = await import('./remote.ts')
    return openRemote(shell, way.url, way.key)
  }
  const { openLocal } = await import('./local.ts')
  return openLocal(shell, { ...way, verbose: options.verbose ?? false })
}
