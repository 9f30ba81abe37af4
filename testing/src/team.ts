import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Problem, toProblem } from '@super-data/base/errors'
import { type Client, createClient } from '@super-data/contract/client'
import { connectMcp, type McpClientOptions, type McpConnection } from './mcp-client.ts'
import { type Finished, runCommand } from './run-command.ts'
import { cleanEnvironment, launcher, ServerProcess, type ServerProcessOptions } from './server-process.ts'

const seeds = fileURLToPath(new URL('../../examples/seeds', import.meta.url))

export type ProjectRole = 'admin' | 'editor' | 'viewer'

export interface TeamOptions<Name extends string> {
  /** Who joins, and as what, besides the owner. */
  readonly people: Readonly<Record<Name, ProjectRole>>
  /** Whether the seed functions, tools and data are there at the first start. */
  readonly seeds?: boolean
  /** More files of the dataset folder, by name. */
  readonly files?: Readonly<Record<string, string>>
  readonly server?: Partial<ServerProcessOptions>
}

/** Somebody on a server: a key, and a client that uses it. */
export interface Person {
  readonly key: string
  readonly client: Client
}

/** A server process with a team on it, over a folder of data; all of it gone in the end. */
export class Team<Name extends string = string> implements AsyncDisposable {
  readonly folder: string
  readonly #options: TeamOptions<Name>
  readonly #people = new Map<string, Person>()
  #server: ServerProcess

  private constructor(folder: string, server: ServerProcess, options: TeamOptions<Name>) {
    this.folder = folder
    this.#server = server
    this.#options = options
    this.#people.set('owner', this.#person(server.key))
  }

  static async open<Name extends string>(options: TeamOptions<Name>): Promise<Team<Name>> {
    const folder = await mkdtemp(join(tmpdir(), 'super-data-team-'))
    const datasets = join(folder, 'datasets')
    await mkdir(datasets)
    if (options.seeds) await cp(seeds, datasets, { recursive: true })
    for (const [name, content] of Object.entries<string>(options.files ?? {}))
      await writeFile(join(datasets, name), content)
    const server = await ServerProcess.open({ datasets, home: join(folder, 'home'), ...options.server })
    const team = new Team(folder, server, options)
    for (const [name, role] of Object.entries<ProjectRole>(options.people)) await team.join(name, role)
    return team
  }

  get server(): ServerProcess {
    return this.#server
  }

  get url(): string {
    return this.#server.url
  }

  get owner(): Client {
    return this.person('owner').client
  }

  person(name: Name | 'owner' | (string & {})): Person {
    const person = this.#people.get(name)
    if (person === undefined) throw new Error(`nobody called ${name} has joined`)
    return person
  }

  as(name: Name | 'owner' | (string & {})): Client {
    return this.person(name).client
  }

  /** Somebody new in the project. */
  async join(name: string, role: ProjectRole): Promise<Person> {
    const { link } = await this.owner.users.invite({ name, project: 'default', projectRole: role })
    const { key } = await createClient({ url: this.url }).users.redeem({ token: link })
    const person = this.#person(key.secret)
    this.#people.set(name, person)
    return person
  }

  mcp(
    name: Name | 'owner' | (string & {}),
    options: Omit<McpClientOptions, 'key'> & { readonly path?: string },
  ): Promise<McpConnection> {
    const { path = '/mcp', ...rest } = options
    return connectMcp(this.url + path, { ...rest, key: this.person(name).key })
  }

  /** Somebody types a command, at a terminal of their own. */
  cli(name: Name | 'owner' | (string & {}), ...words: string[]): Promise<Finished> {
    const env = { ...cleanEnvironment(), SUPER_DATA_API_KEY: this.person(name).key }
    return runCommand(process.execPath, { args: [launcher, ...words, '--url', this.url], env })
  }

  /** Starts the server again on the same home, after it was closed or killed. */
  async restart(changes: Partial<ServerProcessOptions> = {}): Promise<void> {
    const { home, key } = this.#server
    const datasets = join(this.folder, 'datasets')
    this.#server = await ServerProcess.open({ datasets, home, key, ...this.#options.server, ...changes })
    for (const [name, person] of this.#people) this.#people.set(name, this.#person(person.key))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  #person(key: string): Person {
    return { key, client: createClient({ url: this.url, key, project: 'default' }) }
  }
}

/** What a refused call says outside. */
export async function refusalOf(call: Promise<unknown>): Promise<Problem> {
  try {
    await call
  } catch (failure) {
    return toProblem(failure)
  }
  throw new Error('the call was expected to be refused')
}
