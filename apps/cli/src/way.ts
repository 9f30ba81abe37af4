import { UsageWrong } from './errors.ts'
import type { Profile } from './profile.ts'

/** What a command line says about where its call goes. */
export interface ConnectionOptions {
  readonly url?: string
  readonly key?: string
  readonly home?: string
  readonly datasets?: string
}

/** Where a call goes, and why: to a server, or to the home folder within this process. */
export type Way =
  | { readonly to: 'server'; readonly url: string; readonly key: string | undefined; readonly because: string }
  | {
      readonly to: 'home'
      readonly home: string | undefined
      readonly datasets: string | undefined
      readonly because: string
    }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What is said now wins over what is set, and what is set wins over what was saved.
 *
 * @param answers whether a server answers at an address.
 */
export async function chooseWay(
  options: ConnectionOptions,
  env: Environment,
  saved: Profile | undefined,
  answers: (url: string) => Promise<boolean>,
): Promise<Way> {
  if (options.url !== undefined) return server(options.url, options.key ?? keyFor(options.url, env), '--url')
  if (options.home !== undefined) return home(options.home, options.datasets, '--home')
  if (env['SUPER_DATA_URL'])
    return server(env['SUPER_DATA_URL'], options.key ?? env['SUPER_DATA_API_KEY'], 'SUPER_DATA_URL')
  if (env['SUPER_DATA_HOME']) return home(undefined, options.datasets, 'SUPER_DATA_HOME')
  if (saved !== undefined) return savedWay(saved, options, answers)
  if (options.key !== undefined) throw new UsageWrong('--key needs --url', { hint: 'Say which server the key is for.' })
  return home(undefined, options.datasets, 'no server is set')
}

/** The key that is set is for the server that is set; without one it is for the server that is named. */
function keyFor(url: string, env: Environment): string | undefined {
  const set = env['SUPER_DATA_URL']
  return !set || trimmed(set) === trimmed(url) ? env['SUPER_DATA_API_KEY'] : undefined
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '')
}

/** The saved server; while it is stopped, its own folders when they are on this machine. */
async function savedWay(
  saved: Profile,
  options: ConnectionOptions,
  answers: (url: string) => Promise<boolean>,
): Promise<Way> {
  if (saved.home === undefined || (await answers(saved.url))) {
    return server(saved.url, options.key ?? saved.key, 'the saved connection')
  }
  return home(saved.home, options.datasets ?? saved.datasets, 'the saved server is stopped')
}

function server(url: string, key: string | undefined, because: string): Way {
  if (!/^https?:\/\//.test(url))
    throw new UsageWrong(`'${url}' is not the address of a server`, { hint: 'e.g. http://127.0.0.1:8080' })
  return { to: 'server', url: trimmed(url), key: key || undefined, because }
}

function home(folder: string | undefined, datasets: string | undefined, because: string): Way {
  return { to: 'home', home: folder, datasets, because }
}

export function describeWay(way: Way): string {
  const place =
    way.to === 'server'
      ? `to the server at ${way.url}`
      : `to the home folder${way.home === undefined ? '' : ` ${way.home}`}, in this process`
  return `The call goes ${place} (${way.because}).`
}
