import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { type Client, createClient } from '@super-data/contract/client'
import { S3ObjectStore } from '@super-data/objects'
import { FaultProxy, s3Missing, startS3, type TestS3 } from '../src/s3.ts'
import { ServerProcess, type ServerProcessOptions } from '../src/server-process.ts'

/** Visible in the title of what is skipped where there is no S3 server. */
export const withoutS3 = s3Missing()

/** One bucket behind a proxy that can break, and servers that share a library through it. */
export class SharingServers implements AsyncDisposable {
  readonly proxy: FaultProxy
  readonly bucket: string
  readonly #s3: TestS3
  readonly #servers: ServerProcess[] = []

  private constructor(s3: TestS3, proxy: FaultProxy, bucket: string) {
    this.#s3 = s3
    this.proxy = proxy
    this.bucket = bucket
  }

  static async open(): Promise<SharingServers> {
    const s3 = await startS3()
    if (s3 === undefined) throw new Error(`${withoutS3}`)
    return new SharingServers(s3, await FaultProxy.open(s3.endpoint), await s3.newBucket())
  }

  /** A server that syncs when it starts, when it is told to, and when it ends. */
  async start(options: Partial<ServerProcessOptions> = {}): Promise<Sharer> {
    const server = await ServerProcess.open({
      datasets: '/nonexistent',
      ...options,
      env: { ...this.env, ...options.env },
    })
    this.#servers.push(server)
    return new Sharer(server)
  }

  /** The bucket itself, past the proxy. */
  store(): Promise<S3ObjectStore> {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#s3
    const login = { endpoint, region, accessKeyId, secretAccessKey, bucket: this.bucket }
    return S3ObjectStore.open({ ...login, clock: systemClock, random: systemRandom })
  }

  get env(): Record<string, string> {
    return {
      SUPER_DATA_S3_BUCKET: this.bucket,
      SUPER_DATA_S3_ENDPOINT: this.proxy.endpoint,
      AWS_REGION: this.#s3.region,
      AWS_ACCESS_KEY_ID: this.#s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.#s3.secretAccessKey,
      SUPER_DATA_SYNC_INTERVAL: '3600',
      SUPER_DATA_SYNC_ON_CHANGE: 'false',
      SUPER_DATA_S3_LOCK_TIMEOUT_SECONDS: '2',
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map(server => server.close()))
    await this.proxy.close()
  }
}

/** One of the servers, with a client of its owner. */
export class Sharer {
  readonly server: ServerProcess
  readonly client: Client

  constructor(server: ServerProcess) {
    this.server = server
    this.client = createClient({ url: server.url, key: server.key, project: 'default' })
  }

  as(key: string): Client {
    return createClient({ url: this.server.url, key, project: 'default' })
  }

  sync() {
    return this.client.sync.now({})
  }

  /** Everything that travels and all that follows from it, as text by table. */
  rows(): Record<string, string[]> {
    using file = new DatabaseSync(join(this.server.home, 'database', 'tools.db'), { readOnly: true })
    const tables = file
      .prepare(
        `select m.name from sqlite_schema m join pragma_table_info(m.name) c on c.name = 'stamp' where m.type = 'table'`,
      )
      .all() as { name: string }[]
    const names = [...tables.map(({ name }) => name).filter(name => name !== 'last_stamp'), 'memberships']
    return Object.fromEntries(
      names.map(name => [
        name,
        file
          .prepare(`select * from ${name}`)
          .all()
          .map(row => JSON.stringify(row))
          .sort(),
      ]),
    )
  }

  damage(): string[] {
    using file = new DatabaseSync(join(this.server.home, 'database', 'tools.db'), { readOnly: true })
    const found = [...file.prepare('pragma quick_check').all(), ...file.prepare('pragma foreign_key_check').all()]
    return found.map(row => JSON.stringify(Object.values(row))).filter(text => text !== '["ok"]')
  }

  /** Somebody new, known here alone until the next sync. @returns the person's key */
  async invite(name: string): Promise<string> {
    const { link } = await this.client.users.invite({ name, project: 'default', projectRole: 'editor' })
    const { key } = await createClient({ url: this.server.url }).users.redeem({ token: link })
    return key.secret
  }
}
