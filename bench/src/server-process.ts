import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../apps/cli/bin/super-data.js', import.meta.url))

/** A server of our own in its own process, on a temporary home and any free port. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string
  readonly key: string
  /** From the start of the process to its first ready answer. */
  readonly startMs: number
  readonly #child: ChildProcess
  readonly #home: string

  private constructor(child: ChildProcess, home: string, facts: { url: string; key: string; startMs: number }) {
    this.#child = child
    this.#home = home
    this.url = facts.url
    this.key = facts.key
    this.startMs = facts.startMs
  }

  static async open(datasets: string): Promise<ServerProcess> {
    const home = await mkdtemp(join(tmpdir(), 'super-data-bench-'))
    const key = `sd_bench_${Buffer.from(home).toString('hex').padEnd(40, '0')}`
    const started = performance.now()
    const child = spawn(process.execPath, [launcher, 'serve'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env['PATH'] ?? '',
        SUPER_DATA_HOME: home,
        SUPER_DATA_DATASETS_PATH: datasets,
        SUPER_DATA_PORT: '0',
        SUPER_DATA_LOG_LEVEL: 'WARN',
        SUPER_DATA_RATE_LIMIT_PER_MINUTE: '10000000',
        SUPER_DATA_CONCURRENT_CALLS_MAX: '1000',
        ADMIN_API_KEY: key,
      },
    })
    const url = await untilReady(home)
    return new ServerProcess(child, home, { url, key, startMs: performance.now() - started })
  }

  /** Resident memory of the server process itself, without its workers, in bytes. */
  async residentBytes(): Promise<number> {
    const runtime = JSON.parse(await readFile(join(this.#home, 'server.json'), 'utf8')) as { pid: number }
    const status = await readFile(`/proc/${runtime.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await ended
    await rm(this.#home, { recursive: true, force: true })
  }
}

async function untilReady(home: string): Promise<string> {
  for (let attempt = 0; attempt < 3_000; attempt++) {
    try {
      const { url } = JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { url: string }
      if ((await fetch(`${url}/health/ready`)).ok) return url
    } catch {
      // Not there yet.
    }
    await sleep(5)
  }
  throw new Error('the server did not get ready')
}
