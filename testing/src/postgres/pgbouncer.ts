import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from './client.ts'
import { logins } from './fixture.ts'
import { freePort, runAs } from './server.ts'

const program = '/usr/sbin/pgbouncer'
const startMsMax = 20_000

export interface PgBouncerOptions {
  readonly mode: 'session' | 'transaction' | 'statement'
  /** More lines of its configuration: `ignore_startup_parameters = options`. */
  readonly settings?: readonly string[]
}

/** A real PgBouncer of one test in front of one database. */
export interface PgBouncer extends AsyncDisposable {
  readonly host: string
  readonly port: number
}

/** @returns `undefined` where it is not installed: tests then skip and say so. */
export async function openPgBouncer(
  database: { readonly host: string; readonly port: number; readonly database: string },
  { mode, settings = [] }: PgBouncerOptions,
): Promise<PgBouncer | undefined> {
  if (!existsSync(program)) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'super-data-pgbouncer-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const users = Object.entries(logins).map(([name, password]) => `"${name}" "${password}"`)
  writeFileSync(join(folder, 'users.txt'), `${users.join('\n')}\n`)
  const { host } = database
  const lines = [
    ...['[databases]', `${database.database} = host=${host} port=${database.port}`, '[pgbouncer]'],
    ...[`listen_addr = ${host}`, `listen_port = ${port}`, 'unix_socket_dir =', 'auth_type = trust'],
    ...[`auth_file = ${join(folder, 'users.txt')}`, `pool_mode = ${mode}`, ...settings],
  ]
  writeFileSync(join(folder, 'pgbouncer.ini'), `${lines.join('\n')}\n`)
  const child = spawn(program, ['-q', join(folder, 'pgbouncer.ini')], { ...runAs(), stdio: 'ignore', cwd: '/' })
  await answers(child, { host, port })
  return {
    host,
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Its own console is there as soon as it listens, whatever becomes of the database behind. */
async function answers(child: ChildProcess, { host, port }: { host: string; port: number }): Promise<void> {
  for (let waited = 0; waited < startMsMax && child.exitCode === null; waited += 25) {
    const client = new Client({ host, port, user: 'cq_reader', password: '', database: 'no such database' })
    client.on('error', () => {})
    const said = await client.connect().then(
      () => client.end().then(() => ''),
      (error: { code?: string }) => error.code ?? '',
    )
    if (said !== 'ECONNREFUSED') return
    await wait(25)
  }
  throw new Error('PgBouncer does not start')
}
