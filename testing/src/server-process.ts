import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The command that people type, as this checkout has it. */
export const launcher = fileURLToPath(new URL('../../apps/cli/bin/super-data.js', import.meta.url))

export interface ServerProcessOptions {
  /** Folder of the default project's data. */
  readonly datasets: string
  /** An existing home, kept afterwards. Default: a temporary one, removed. */
  readonly home?: string
  /** Acts as the owner. Default: one made up. */
  readonly key?: string
  /** On top of a clean environment. */
  readonly env?: Readonly<Record<string, string>>
}

const readyMs = 90_000
const stopMs = 12_000
const lookEveryMs = 5

/** The whole product in a process of its own, on any free port. */
export class ServerProcess implements AsyncDisposable {
  readonly home: string
  readonly key: string
  readonly url: string
  /** From the start of the process to its first ready answer. */
  readonly startMs: number
  readonly #process: Printing
  readonly #temporary: boolean

  private constructor(facts: {
    place: { home: string; temporary: boolean }
    key: string
    url: string
    startMs: number
    printing: Printing
  }) {
    this.home = facts.place.home
    this.key = facts.key
    this.url = facts.url
    this.startMs = facts.startMs
    this.#process = facts.printing
    this.#temporary = facts.place.temporary
  }

  /** Answers calls when it resolves. @throws with what the server said when it does not come up. */
  static async open(options: ServerProcessOptions): Promise<ServerProcess> {
    const place = { home: options.home ?? (await temporaryHome()), temporary: options.home === undefined }
    const announcement = join(place.home, 'server.json')
    await rm(announcement, { force: true })
    const key = options.key ?? keyOf(place.home)
    const started = performance.now()
    const printing = new Printing(start(options, place.home, key))
    try {
      const url = await untilReady(printing.child, announcement)
      return new ServerProcess({ place, key, url, startMs: performance.now() - started, printing })
    } catch (cause) {
      await stop(printing.child)
      throw new Error(`the server did not start:\n${printing.text.trim()}`, { cause })
    }
  }

  /** What the process has printed, log and all. */
  get output(): string {
    return this.#process.text
  }

  /** Resident memory of the server process itself, without its workers, in bytes. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${await this.pid()}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
  }

  /** Ends the process at once, as a power cut would. */
  async kill(): Promise<void> {
    const ended = endOf(this.#process.child)
    process.kill(await this.pid(), 'SIGKILL')
    this.#process.child.kill('SIGKILL')
    await ended
  }

  /** Lets the server drain and end. */
  async close(): Promise<void> {
    await stop(this.#process.child)
    if (this.#temporary) await rm(this.home, { recursive: true, force: true, maxRetries: 3 })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The launcher may have started another Node: the server itself says which process it is. */
  async pid(): Promise<number> {
    return (JSON.parse(await readFile(join(this.home, 'server.json'), 'utf8')) as { pid: number }).pid
  }
}

/** Starts a server and ends it as a power cut would after some time, ready or not. */
export async function killedStart(
  options: ServerProcessOptions & { readonly home: string },
  wait: () => Promise<unknown>,
): Promise<void> {
  const child = start(options, options.home, options.key ?? keyOf(options.home))
  const ended = endOf(child)
  child.stdout?.resume()
  child.stderr?.resume()
  await wait()
  child.kill('SIGKILL')
  await ended
}

/** This process's environment without what would configure a server or a command line. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SUPER_DATA_') && name !== 'ADMIN_API_KEY',
  )
  return Object.fromEntries(kept)
}

/** A process and all it has printed. */
class Printing {
  readonly child: ChildProcess
  text = ''

  constructor(child: ChildProcess) {
    this.child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', text => {
        this.text += text
      })
    }
  }
}

function start({ datasets, env }: ServerProcessOptions, home: string, key: string): ChildProcess {
  return spawn(process.execPath, [launcher, 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...cleanEnvironment(),
      SUPER_DATA_HOME: home,
      SUPER_DATA_DATASETS_PATH: datasets,
      SUPER_DATA_PORT: '0',
      SUPER_DATA_LOG_LEVEL: 'warn',
      SUPER_DATA_RATE_LIMIT_PER_MINUTE: '10000000',
      SUPER_DATA_CONCURRENT_CALLS_MAX: '1000',
      ADMIN_API_KEY: key,
      ...env,
    },
  })
}

const keyOf = (home: string) => `sd_test_${Buffer.from(home).toString('hex').slice(-60).padEnd(40, '0')}`

const temporaryHome = () => mkdtemp(join(tmpdir(), 'super-data-server-'))

async function untilReady(child: ChildProcess, announcement: string): Promise<string> {
  const deadline = performance.now() + readyMs
  while (performance.now() < deadline) {
    if (hasEnded(child)) throw new Error('its process ended')
    const url = await announced(announcement)
    if (url !== undefined && (await isReady(url))) return url
    await sleep(lookEveryMs)
  }
  throw new Error(`it was not ready within ${readyMs / 1000} seconds`)
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
  const ended = endOf(child)
  child.kill('SIGTERM')
  const impatient = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await ended
  clearTimeout(impatient)
}

function endOf(child: ChildProcess): Promise<unknown> {
  return hasEnded(child) ? Promise.resolve() : new Promise(resolve => child.once('exit', resolve))
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null
