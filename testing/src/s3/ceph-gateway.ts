import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { accessSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type CephPlace, cephSettings } from './ceph-settings.ts'

const run = promisify(execFile)
const programs = ['ceph', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin']
const answerMsMax = 60_000

/** Which of the programs are not installed; all of them come with the Debian packages `radosgw ceph-mon ceph-osd`. */
export function missingPrograms(): string[] {
  return programs.filter(program => !folders.some(folder => exists(join(folder, program))))
}

const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin']

export interface Gateway {
  readonly endpoint: string
  readonly pids: readonly number[]
}

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Starts an S3 gateway over a store in memory. What it started has ended when it throws. */
export async function startCephGateway(folder: string, credentials: Credentials): Promise<Gateway> {
  const cluster = new Cluster(await placeIn(folder))
  try {
    await cluster.startStore()
    await cluster.startGateway(credentials)
    return { endpoint: `http://127.0.0.1:${cluster.place.gatewayPort}`, pids: cluster.pids }
  } catch (failure) {
    for (const pid of cluster.pids) process.kill(pid, 'SIGKILL')
    throw failure
  }
}

async function placeIn(folder: string): Promise<CephPlace> {
  const [v2, v1, gatewayPort] = await freePorts(3)
  return { folder, clusterId: randomUUID(), monitorPorts: [v2!, v1!], gatewayPort: gatewayPort! }
}

class Cluster {
  readonly place: CephPlace
  readonly pids: number[] = []

  constructor(place: CephPlace) {
    this.place = place
    for (const part of ['monitor', 'store', 'gateway']) mkdirSync(join(place.folder, part), { recursive: true })
    writeFileSync(this.#file('ceph.conf'), cephSettings(place))
  }

  async startStore(): Promise<void> {
    const { clusterId, monitorPorts } = this.place
    const addresses = `[v2:127.0.0.1:${monitorPorts[0]},v1:127.0.0.1:${monitorPorts[1]}]`
    const map = this.#file('monmap')
    await run('monmaptool', ['--create', '--clobber', '--fsid', clusterId, '--addv', 'a', addresses, map])
    await this.#run('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', map])
    this.#spawn('ceph-mon', ['-i', 'a'])
    const storeId = randomUUID()
    // The command line waits for the monitor by itself.
    await this.#run('ceph', ['osd', 'new', storeId])
    await this.#run('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', storeId])
    this.#spawn('ceph-osd', ['-i', '0'])
  }

  async startGateway({ accessKeyId, secretAccessKey }: Credentials): Promise<void> {
    this.#spawn('radosgw', ['-n', 'client.rgw.a'])
    await this.#answering()
    const user = ['--uid=tests', '--display-name=tests', '--max-buckets=0']
    const keys = [`--access-key=${accessKeyId}`, `--secret=${secretAccessKey}`]
    await this.#run('radosgw-admin', ['user', 'create', ...user, ...keys])
  }

  async #answering(): Promise<void> {
    for (let waited = 0; waited < answerMsMax; waited += 50) {
      const answer = await fetch(`http://127.0.0.1:${this.place.gatewayPort}/`).catch(() => undefined)
      if (answer?.ok) return
      await wait(50)
    }
    throw new Error(`the S3 gateway does not answer within ${answerMsMax} ms`)
  }

  #run(program: string, args: readonly string[]): Promise<unknown> {
    return run(program, ['-c', this.#file('ceph.conf'), ...args], { timeout: answerMsMax })
  }

  /** In the foreground of a process group of its own, so that its id stays known. */
  #spawn(program: string, args: readonly string[]): void {
    const output = openSync(this.#file(`${program}.out`), 'a')
    const child = spawn(program, ['-f', '-c', this.#file('ceph.conf'), ...args], {
      detached: true,
      stdio: ['ignore', output, output],
    })
    child.unref()
    if (child.pid === undefined) throw new Error(`${program} does not start`)
    this.pids.push(child.pid)
  }

  #file(name: string): string {
    return join(this.place.folder, name)
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => new Promise(resolve => server.once('listening', resolve))))
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

function exists(file: string): boolean {
  try {
    accessSync(file)
    return true
  } catch {
    return false
  }
}
