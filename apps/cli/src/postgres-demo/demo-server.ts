import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { isPortFree } from '../free-port.ts'
import { PostgresNotStarted } from './errors.ts'
import type { Place } from './place.ts'

const host = '127.0.0.1'
const startMsMax = 60_000
const saidMax = 1_000

/** One small PostgreSQL on this machine, for looking around. Its data stays until its folder is removed. */
export class DemoServer {
  readonly #place: Place
  readonly #data: string
  #process: ChildProcess | undefined

  constructor(place: Place) {
    this.#place = place
    this.#data = join(place.folder, 'data')
  }

  readonly host = host

  /** Whether it has run here before. */
  get isMade(): boolean {
    return existsSync(join(this.#data, 'PG_VERSION'))
  }

  /** Makes the data folder. @param prepare fills it; what is half made does not count as made. */
  async make(prepare: (half: DemoServer) => Promise<void>): Promise<void> {
    const half = new DemoServer({ ...this.#place, folder: join(this.#place.folder, 'half-made') })
    rmSync(half.#place.folder, { recursive: true, force: true })
    await half.#initialise()
    await prepare(half)
    renameSync(half.#data, this.#data)
    rmSync(half.#place.folder, { recursive: true, force: true })
  }

  /** Runs statements as superuser, without a server. @throws PostgresNotStarted with the first that failed */
  async execute(database: string, sql: string): Promise<void> {
    const settings = ['-c', 'exit_on_error=on', '-c', 'log_min_messages=error', '-c', 'log_statement=none']
    const { postgres } = this.#place.programs
    // With -j a command ends with a semicolon and an empty line.
    const child = this.#spawn(postgres, ['--single', '-j', '-D', this.#data, ...settings, database], 'pipe')
    child.stdout?.resume()
    child.stdin?.end(`${sql.replaceAll(/\n{2,}/g, '\n').trimEnd()}\n\n`)
    await this.#succeeds(child, 'does not take its data')
  }

  /** The port it had the last time; a free one the first time. @throws PostgresNotStarted when another has it now */
  async port(): Promise<number> {
    const file = join(this.#place.folder, 'port')
    if (!existsSync(file)) writeFileSync(file, String(await freePort()))
    const port = Number(readFileSync(file, 'utf8'))
    if (await isPortFree(host, port)) return port
    const hint = `Is the demonstration running already? Otherwise stop what uses ${host}:${port}.`
    throw new PostgresNotStarted('cannot listen on its port', '', hint)
  }

  /** Resolves when it takes connections. */
  async start(port: number): Promise<void> {
    const log = join(this.#place.folder, 'postgres.log')
    const settings = Object.entries({
      listen_addresses: host,
      port,
      unix_socket_directories: '',
      shared_buffers: '32MB',
      max_connections: 50,
      log_min_messages: 'warning',
    })
    const options = settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])
    this.#process = this.#spawn(
      this.#place.programs.postgres,
      ['-D', this.#data, ...options],
      openSync(log, 'w', 0o600),
    )
    for (let waited = 0; waited < startMsMax && this.#process.exitCode === null; waited += 25) {
      if (this.#isReady()) return
      await wait(25)
    }
    const said = readFileSync(log, 'utf8').trim().slice(-saidMax)
    await this.stop()
    throw new PostgresNotStarted('does not start', said, 'Is it running already?')
  }

  /** Resolves when it has ended by itself. */
  async ended(): Promise<void> {
    if (this.#process && this.#process.exitCode === null) await once(this.#process, 'exit')
  }

  /** A fast shutdown: open transactions are rolled back, everything committed is kept. */
  async stop(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    await ended
  }

  async #initialise(): Promise<void> {
    const { folder, programs, user } = this.#place
    mkdirSync(folder, { mode: 0o700 })
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
    if (user.uid !== undefined && user.gid !== undefined)
      for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid)
    const login = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
    const args = ['-D', this.#data, '-E', 'UTF8', '--no-locale', '--no-sync', ...login]
    const child = this.#spawn(programs.initdb, args, 'pipe')
    child.stdout?.resume()
    await this.#succeeds(child, 'does not make its folder')
    rmSync(passwordFile)
    chmodSync(this.#data, 0o700)
  }

  /** What `pg_ctl` looks at: the last line the server writes of itself. */
  #isReady(): boolean {
    try {
      return readFileSync(join(this.#data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'ready'
    } catch {
      return false
    }
  }

  #spawn(program: string, args: readonly string[], output: 'pipe' | number): ChildProcess {
    const { user, folder } = this.#place
    const kept = ['PATH', 'SystemRoot', 'TEMP'].flatMap(name => (process.env[name] ? [[name, process.env[name]]] : []))
    const env = { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' }
    return spawn(program, args, {
      ...user,
      cwd: folder,
      env,
      stdio: [output === 'pipe' ? 'pipe' : 'ignore', output, output],
    })
  }

  async #succeeds(child: ChildProcess, what: string): Promise<void> {
    let said = ''
    child.stderr?.on('data', chunk => {
      said += String(chunk)
    })
    child.stdin?.on('error', () => {})
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw new PostgresNotStarted(what, said.trim().slice(-saidMax), 'Is the disk full?')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
