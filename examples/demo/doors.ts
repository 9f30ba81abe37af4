import {
  type Answer,
  type ClientInput,
  createClient,
  type JsonValue,
  type Operation,
  type OperationName,
  type Output,
  operations,
} from '@super-data/contract'
import { connectMcp, type Era, type McpConnection, runCommand } from '@super-data/testing'
import { cleanEnvironment, launcher } from '@super-data/testing/server-process'

export type Params = Readonly<Record<string, JsonValue>>

/** One way to a server, as one person. All of them offer the same operations. */
export interface Door {
  readonly name: string
  call<Name extends OperationName>(name: Name, input: ClientInput<Name>): Promise<Output<Name>>
  /** Calls a tool the way it is done at this door. */
  run(tool: string, params: Params): Promise<Answer>
}

interface Place {
  readonly url: string
  readonly key: string
}

/** The typed client. */
export function httpDoor({ url, key }: Place): Door {
  const client = createClient({ url, key })
  const areas = client as unknown as Record<string, Record<string, (input: unknown) => Promise<never>>>
  return {
    name: 'HTTP',
    call: (name, input) => {
      const [area = '', verb = ''] = name.split('.')
      return areas[area]![verb]!(input)
    },
    run: (tool, params) => client.tools.run({ tool, params }),
  }
}

/** What an agent uses: built-in tools with actions, and the team's tools under their own names. */
export class McpDoor implements Door, AsyncDisposable {
  readonly name: string
  readonly #connection: McpConnection

  private constructor(name: string, connection: McpConnection) {
    this.name = name
    this.#connection = connection
  }

  static async open({ url, key }: Place, era: Era): Promise<McpDoor> {
    const connection = await connectMcp(`${url}/mcp`, { era, key })
    return new McpDoor(era === 'modern' ? 'MCP 2026' : 'MCP 2025', connection)
  }

  async call<Name extends OperationName>(name: Name, input: ClientInput<Name>): Promise<Output<Name>> {
    const { mcp }: Operation = operations[name]
    if (mcp === undefined) throw new Error(`agents are not offered ${name}`)
    return (await this.#tool(mcp.tool, { action: mcp.action, ...input })) as Output<Name>
  }

  async run(tool: string, params: Params): Promise<Answer> {
    return (await this.#tool(tool, params)) as Answer
  }

  /** The tools an agent sees, and how long their list is. */
  async tools(): Promise<{ names: readonly string[]; bytes: number }> {
    const { tools } = await this.#connection.client.listTools()
    return { names: tools.map(tool => tool.name), bytes: JSON.stringify(tools).length }
  }

  async #tool(name: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
    const result = await this.#connection.client.callTool({ name, arguments: { ...input } })
    if (result.isError) throw new Error(`MCP ${name}: ${JSON.stringify(result.content)}`)
    return result.structuredContent
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
  }
}

/** The command line: a process for each call. */
export function cliDoor({ url, key }: Place): Door {
  const env = { ...cleanEnvironment(), SUPER_DATA_API_KEY: key }
  const command = async (words: readonly string[]): Promise<never> => {
    const args = [launcher, ...words, '--url', url, '--json']
    const { code, stdout, stderr } = await runCommand(process.execPath, { args, env })
    if (code !== 0) throw new Error(`super-data ${words.join(' ')} ended with ${code}:\n${stderr.trim()}`)
    return JSON.parse(stdout) as never
  }
  return {
    name: 'CLI',
    call: (name, input) => command(toWords(name, input as Params)),
    run: (tool, params) => command(['run', tool, ...toFlags(params)]),
  }
}

/** An operation as somebody would type it: `tools vote NAME approve --hash …`. */
export function toWords(name: OperationName, input: Params): string[] {
  const { positional = [] }: Operation = operations[name]
  const given = positional.flatMap(field => (input[field] === undefined ? [] : [toText(input[field])]))
  const flags = Object.entries(input).filter(([field]) => !positional.includes(field))
  return [...name.split('.'), ...given, ...toFlags(Object.fromEntries(flags))]
}

function toFlags(fields: Params): string[] {
  return Object.entries(fields).flatMap(([name, value]) => [`--${toKebab(name)}`, toText(value)])
}

const toKebab = (name: string) => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`).replaceAll('_', '-')
const toText = (value: JsonValue) => (typeof value === 'string' ? value : JSON.stringify(value))
