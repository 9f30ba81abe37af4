import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The command that people type, as this checkout has it. */
export const launcher = fileURLToPath(new URL('../../apps/cli/bin/super-data.js', import.meta.url))

const startMs = 30_000
const stopMs = 5_000
const lookEveryMs = 25

/** A real server in a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /**
   * Answers calls when it resolves.
   *
   * @throws what the server said when it does not come up.
   */
  static async open(settings: {
    readonly home: string
    readonly datasets: string
    readonly adminKey: string
  }): Promise<ServerProcess> {
    const child = spawn(process.execPath, [launcher, 'serve'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...cleanEnvironment(),
        SUPER_DATA_HOME: settings.home,
        SUPER_DATA_DATASETS_PATH: settings.datasets,
        SUPER_DATA_PORT: '0',
        SUPER_DATA_LOG_LEVEL: 'warn',
        ADMIN_API_KEY: settings.adminKey,
      },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (said += text))
    try {
      const url = await untilReady(child, join(settings.home, 'server.json'))
      return new ServerProcess(child, url)
    } catch (cause) {
      await stop(child)
      throw new Error(`the server did not start:\n${said.trim()}`, { cause })
    }
  }

  close(): Promise<void> {
    return stop(this.#child)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** This process's environment without what would configure a server or a command line. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SUPER_DATA_') && name !== 'ADMIN_API_KEY',
  )
  return Object.fromEntries(kept)
}

async function untilReady(child: ChildProcess, announcement: string): Promise<string> {
  const deadline = performance.now() + startMs
  while (performance.now() < deadline) {
    if (hasEnded(child)) throw new Error('its process ended')
    const url = await announced(announcement)
    if (url !== undefined && (await isReady(url))) return url
    await new Promise(resolve => setTimeout(resolve, lookEveryMs))
  }
  throw new Error(`it was not ready within ${startMs / 1000} seconds`)
}

async function announced(file: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { url: string }).url
  } catch {
    return undefined
  }
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`).catch(() => undefined)
  await response?.body?.cancel()
  return response?.ok === true
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  const impatient = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await ended
  clearTimeout(impatient)
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null
