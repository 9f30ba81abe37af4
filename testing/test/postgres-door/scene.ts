import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@super-data/contract/client'
import {
  openPrivatePostgres,
  type PostgresLogin,
  type PostgresMajor,
  type PrivatePostgres,
  type TestDatabase,
  type TestPostgres,
} from '@super-data/testing/postgres'
import { connectMcp, type Era } from '../../src/index.ts'
import { ServerProcess } from '../../src/server-process.ts'
import { Caller } from './caller.ts'

/** `alice` may do everything in the project, `bob` changes rows, `carol` looks. */
export type Person = 'alice' | 'bob' | 'carol'

/** Projects: `default` has one source with all logins, `lab` two with small limits, `looking` one that sees statistics alone. */
export type Project = 'default' | 'lab' | 'looking' | 'bare'

const roles = { alice: 'admin', bob: 'editor', carol: 'viewer' } as const
const projects = ['lab', 'looking', 'bare'] as const

/** One server of the whole product over real databases, as people reach it. */
export class Scene implements AsyncDisposable {
  readonly major: PostgresMajor
  readonly postgres: TestPostgres
  /** Of the source `shop`; a million rows in `big`; with HypoPG where that is installed. */
  readonly shop: TestDatabase
  /** Of the source `brief`. */
  readonly side: TestDatabase
  /** The server of the source `moody`, which a test may restart. */
  readonly moody: PrivatePostgres
  readonly server: ServerProcess
  readonly #keys: Readonly<Record<Person, string>>
  readonly #folder: string

  private constructor(parts: {
    readonly postgres: TestPostgres
    readonly shop: TestDatabase
    readonly side: TestDatabase
    readonly moody: PrivatePostgres
    readonly server: ServerProcess
    readonly keys: Readonly<Record<Person, string>>
    readonly folder: string
  }) {
    this.major = parts.postgres.major
    this.postgres = parts.postgres
    this.shop = parts.shop
    this.side = parts.side
    this.moody = parts.moody
    this.server = parts.server
    this.#keys = parts.keys
    this.#folder = parts.folder
  }

  static async open(postgres: TestPostgres): Promise<Scene> {
    const [shop, side, moody, folder] = await Promise.all([
      postgres.createDatabase('big'),
      postgres.createDatabase('small'),
      openPrivatePostgres(postgres.major),
      mkdtemp(join(tmpdir(), 'super-data-door-')),
    ])
    if (postgres.hasHypopg) await postgres.ask(shop, 'CREATE EXTENSION hypopg')
    const upset = await moody!.createDatabase('small')
    const file = join(folder, 'postgres.yml')
    await writeFile(file, sourcesFile({ shop, side, upset }))
    const env = { SUPER_DATA_POSTGRES_FILE: file, SUPER_DATA_LOG_LEVEL: 'info', SHOP_READER: shop.reader.password }
    const server = await ServerProcess.open({ datasets: folder, env })
    const keys = await admit(server)
    return new Scene({ postgres, shop, side, moody: moody!, server, keys, folder })
  }

  async connect(person: Person, { era = 'legacy', project = 'default', group = '' } = {} as Where): Promise<Caller> {
    const url = `${this.server.url}/projects/${project}/mcp${group === '' ? '' : `/${group}`}`
    return new Caller(await connectMcp(url, { era, key: this.#keys[person] }))
  }

  keyOf(person: Person): string {
    return this.#keys[person]
  }

  /** What the owner sees in the audit, newest first. */
  async audit() {
    const client = createClient({ url: this.server.url, key: this.server.key, project: 'default' })
    return (await client.audit.list({ limit: 200 })).items
  }

  /** Out of band, as superuser, in the database of `shop` unless told otherwise. */
  ask<Row extends Record<string, unknown>>(text: string, params: unknown[] = [], database = this.shop): Promise<Row[]> {
    return this.postgres.ask<Row>(database, text, params)
  }

  async count(text: string, params: unknown[] = [], database = this.shop): Promise<number> {
    const [row] = await this.ask<{ count: number }>(`SELECT count(*)::int AS count ${text}`, params, database)
    return row!.count
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close()
    await this.moody[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

interface Where {
  readonly era?: Era
  readonly project?: Project
  readonly group?: string
}

async function admit(server: ServerProcess): Promise<Record<Person, string>> {
  const owner = createClient({ url: server.url, key: server.key, project: 'default' })
  for (const name of projects) await owner.projects.create({ name })
  const keys = Object.entries(roles).map(async ([name, projectRole]) => {
    const { link } = await owner.users.invite({ name, project: 'default', projectRole })
    const { key } = await createClient({ url: server.url }).users.redeem({ token: link })
    for (const project of projects) await owner.members.set({ project, user: name, role: projectRole })
    return [name, key.secret] as const
  })
  return Object.fromEntries(await Promise.all(keys)) as Record<Person, string>
}

function sourcesFile({ shop, side, upset }: Readonly<Record<'shop' | 'side' | 'upset', TestDatabase>>): string {
  return JSON.stringify({
    sources: {
      shop: {
        ...addressOf(shop.reader),
        description: 'Accounts and their entries.',
        reader: { user: shop.reader.user, password: `\${SHOP_READER}` },
        writer: loginOf(shop.writer),
        admin: loginOf(shop.admin),
        projects: { default: 'admin' },
        limits: { sessions: 5, sessionsPerPerson: 3, connections: 10 },
      },
      brief: {
        ...addressOf(side.reader),
        ...{ reader: loginOf(side.reader), writer: loginOf(side.writer), projects: { lab: 'write' } },
        allowFunctions: ['public.swallow', 'pg_catalog.pg_sleep'],
        limits: { readSeconds: 10, sessionIdleSeconds: 2 },
      },
      moody: {
        ...addressOf(upset.reader),
        ...{ reader: loginOf(upset.reader), writer: loginOf(upset.writer), projects: { lab: 'write' } },
      },
      plain: { ...addressOf(shop.monitor), reader: loginOf(shop.monitor), projects: { looking: 'admin' } },
    },
  })
}

const addressOf = ({ host, port, database }: PostgresLogin) => ({ host, port, database })
const loginOf = ({ user, password }: PostgresLogin) => ({ user, password })
