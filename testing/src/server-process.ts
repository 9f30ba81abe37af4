import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../apps/cli/bin/super-data.js', import.meta.url))

export interface ServerProcessOptions {
  /** Folder of the default project's data. */
  readonly datasets: string
  /** An existing home, kept afterwards. Default: a temporary one. */
  readonly home?: string
  readonly env?: Readonly<Record<string, string>>
}

/** The whole product in a process of its own, on any free port. */
export class ServerProcess implements AsyncDisposable {
  readonly home: string
  readonly url: string
  /** Acts as the owner. */
  readonly key: string
  /** From the start of the process to its first ready answer. */
  readonly startMs: number
  readonly #child: ChildProcess
  readonly #temporary: boolean
  #output = ''

  private constructor(
    child: ChildProcess,
    facts: { home: string; temporary: boolean; url: string; key: string; startMs: number; output: string },
  ) {
    this.#child = child
    this.home = facts.home
    this.url = facts.url
    this.key = facts.key
    this.startMs = facts.startMs
    this.#temporary = facts.temporary
    this.#output = facts.output
    child.stdout?.on('data', chunk => this.#keep(chunk))
    child.stderr?.on('data', chunk => this.#keep(chunk))
  }

  /** Ready when it resolves. @throws with what the process said, when it ended or took longer than 30 s. */
  static async open(options: ServerProcessOptions): Promise<ServerProcess> {
    const home = options.home ?? (await mkdtemp(join(tmpdir(), 'super-data-server-')))
    await rm(join(home, 'server.json'), { force: true })
    const key = `sd_test_${Buffer.from(home).toString('hex').slice(0, 60).padEnd(40, '0')}`
    const started = performance.now()
    const child = spawn(process.execPath, [launcher, 'serve'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        SUPER_DATA_HOME: home,
        SUPER_DATA_DATASETS_PATH: options.datasets,
        SUPER_DATA_PORT: '0',
        SUPER_DATA_RATE_LIMIT_PER_MINUTE: '10000000',
        SUPER_DATA_CONCURRENT_CALLS_MAX: '1000',
        ADMIN_API_KEY: key,
        ...options.env,
      },
    })
    let output = ''
    const keep = (chunk: unknown) => {
      output += String(chunk)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    try {
      const url = await untilReady(child, home)
      child.stdout?.off('data', keep)
      child.stderr?.off('data', keep)
      const temporary = options.home === undefined
      return new ServerProcess(child, { home, temporary, url, key, startMs: performance.now() - started, output })
    } catch (failure) {
      child.kill('SIGKILL')
      throw new Error(`the server did not get ready: ${output}`, { cause: failure })
    }
  }

  /** What the process has printed, log and all. */
  get output(): string {
    return this.#output
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Resident memory of the server process itself, without its workers, in bytes. */
  async residentBytes(): Promise<number> {
    const { pid } = JSON.parse(await readFile(join(this.home, 'server.json'), 'utf8')) as { pid: number }
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
  }

  /** Ends the process at once, as a power cut would. */
  async kill(): Promise<void> {
    const { pid } = JSON.parse(await readFile(join(this.home, 'server.json'), 'utf8')) as { pid: number }
    const ended = this.#ended()
    process.kill(pid, 'SIGKILL')
    this.#child.kill('SIGKILL')
    await ended
  }

  /** Asks the process to end and waits for it. @returns its exit code. */
  async stop(): Promise<number | null> {
    const ended = this.#ended()
    this.#child.kill('SIGTERM')
    return ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    if (this.#temporary) await rm(this.home, { recursive: true, force: true })
  }

  #ended(): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve(this.#child.exitCode)
    return new Promise(resolve => this.#child.once('exit', code => resolve(code)))
  }

  #keep(chunk: unknown): void {
    this.#output += String(chunk)
  }
}

async function untilReady(child: ChildProcess, home: string): Promise<string> {
  const deadline = performance.now() + 30_000
  while (performance.now() < deadline && child.exitCode === null) {
    try {
      const { url } = JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { url: string }
      if ((await fetch(`${url}/health/ready`)).ok) return url
    } catch {
      // Not there yet.
    }
    await sleep(5)
  }
  throw new Error(`exit code ${child.exitCode}`)
}
