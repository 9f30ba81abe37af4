import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { Client } from './client.ts'

const startMsMax = 60_000
const startsMax = 40

export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** Of the superuser `postgres`. */
  readonly password: string
  readonly hypopgControl: string
}

/** What every test server is started with: small, fast, and good for nothing but tests. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_connections: '100',
  max_wal_size: '1GB',
  shared_preload_libraries: 'pg_stat_statements',
  unix_socket_directories: '',
  listen_addresses: '127.0.0.1',
  log_min_messages: 'warning',
  max_prepared_transactions: '5',
}

/** One data folder and the process that serves it. */
export class PostgresServer {
  readonly address: ServerAddress
  readonly #postgres: string
  readonly #data: string
  readonly #user: RunAs
  #process: ChildProcess | undefined

  private constructor(address: ServerAddress, postgres: string, data: string, user: RunAs) {
    this.address = address
    this.#postgres = postgres
    this.#data = data
    this.#user = user
  }

  /** Makes the data folder; nothing runs yet. @param folder exists; everything goes into it. */
  static async create(binaries: Binaries, folder: string): Promise<PostgresServer> {
    const user = runAs()
    const data = join(folder, 'data')
    const password = 'superuser'
    chmodSync(folder, 0o711)
    mkdirSync(data, { mode: 0o700 })
    if (user.uid !== undefined) chownSync(data, user.uid, user.gid!)
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, password, { mode: 0o644 })
    const readable = readableBy(binaries, user, folder)
    await initialise(readable.initdb, { data, passwordFile, user })
    const address = {
      host: '127.0.0.1',
      port: await freePort(),
      password,
      hypopgControl: binaries.hypopgControl,
    }
    return new PostgresServer(address, readable.postgres, data, user)
  }

  /** @returns the process id once the server answers. What a killed one left takes a moment to go. */
  async start(): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#startOnce()
      } catch (failure) {
        if (attempt === startsMax || !String(failure).includes('pre-existing shared memory block')) throw failure
        await wait(250)
      }
    }
  }

  async #startOnce(): Promise<number> {
    const log = openSync(`${this.#data}.log`, 'a')
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(this.#postgres, ['-D', this.#data, '-p', String(this.address.port), ...options], {
      ...this.#user,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    })
    child.unref()
    this.#process = child
    await this.#answers(child)
    return child.pid!
  }

  /** A fast shutdown: open transactions are rolled back. */
  stop(): Promise<void> {
    return this.#end('SIGINT')
  }

  /** As after a power cut. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const ended = once(child, 'exit')
    // The server's children share its group; without them a killed server cannot start again at once.
    process.kill(signal === 'SIGKILL' ? -child.pid : child.pid, signal)
    await ended
  }

  async #answers(child: ChildProcess): Promise<void> {
    for (let waited = 0; waited < startMsMax; waited += 25) {
      if (child.exitCode !== null) break
      if (await this.#connects()) return
      await wait(25)
    }
    const tail = readFileSync(`${this.#data}.log`, 'utf8').slice(-2_000)
    throw new Error(`PostgreSQL does not start: ${tail}`)
  }

  async #connects(): Promise<boolean> {
    const { host, port, password } = this.address
    const client = new Client({ host, port, password, user: 'postgres', database: 'postgres' })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return true
    } catch {
      return false
    }
  }
}

export interface RunAs {
  readonly uid?: number
  readonly gid?: number
}

/** PostgreSQL refuses to run as root; the distribution's own user is best, `nobody` will do. */
export function runAs(): RunAs {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  const found = users.find(user => user[0] === 'postgres') ?? users.find(user => user[0] === 'nobody')
  if (!found) throw new Error('no user to run PostgreSQL as: it refuses to run as root')
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

/** The programs as the other user can reach them: copied when a folder above them is closed. */
function readableBy(binaries: Binaries, user: RunAs, folder: string): { initdb: string; postgres: string } {
  if (user.uid === undefined || isOpen(binaries.root)) return binaries
  const copy = join(folder, 'programs')
  cpSync(binaries.root, copy, { recursive: true, verbatimSymlinks: true })
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') }
}

function isOpen(folder: string): boolean {
  const mayEnter = (statSync(folder).mode & 0o001) !== 0
  return mayEnter && (dirname(folder) === folder || isOpen(dirname(folder)))
}

async function initialise(
  initdb: string,
  options: { readonly data: string; readonly passwordFile: string; readonly user: RunAs },
): Promise<void> {
  const { data, passwordFile, user } = options
  const child = spawn(
    initdb,
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
    ],
    {
      ...user,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { LC_ALL: 'C.UTF-8', TZ: 'UTC', PATH: '/usr/bin:/bin' },
    },
  )
  let said = ''
  child.stderr.on('data', chunk => {
    said += String(chunk)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`initdb failed: ${said.slice(-2_000)}`)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
