import type { Problem } from '@super-data/base/errors'
import { toProblem } from '@super-data/base/errors'
import {
  createClient,
  type JsonValue,
  type Operation,
  type OperationName,
  type Output,
  operations,
} from '@super-data/contract'
import type { Platform } from '@super-data/platform'
import { connectMcp, type Era, runCommand } from '../src/index.ts'
import { cleanEnvironment, launcher } from '../src/server-process.ts'

export type Fields = Readonly<Record<string, JsonValue>>

/** What an error says on every door. */
export type Said = Pick<Problem, 'code' | 'kind' | 'message' | 'hint' | 'retryable' | 'details'>

/** A refusal, as one door told it. */
export class Refused extends Error {
  readonly said: Said
  constructor({ code, kind, message, hint, retryable, details }: Problem) {
    super(`${code}: ${message}`)
    this.said = {
      ...{ code, kind, message, retryable },
      ...(hint === undefined ? {} : { hint }),
      ...(details === undefined ? {} : { details }),
    }
  }
}

/** One way to a server. All of them offer the same operations. */
export interface Door extends AsyncDisposable {
  readonly name: string
  /** @throws Refused */
  call<Name extends OperationName>(name: Name, input: Fields): Promise<Output<Name>>
}

interface Place {
  readonly url: string
  readonly key: string
}

/** Within the process. */
export function platformDoor(platform: Pick<Platform, 'call'>, key: string): Door {
  return {
    name: 'in_process',
    async call(name, input) {
      const signal = new AbortController().signal
      const request = { credentials: { bearer: key }, door: 'http', requestId: 'req_parity', signal } as const
      const { output } = await platform.call(name, input, request).catch(refuse)
      return output
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** The typed client over HTTP. */
export function httpDoor({ url, key }: Place): Door {
  const client = createClient({ url, key }) as unknown as Record<
    string,
    Record<string, (input: Fields) => Promise<never>>
  >
  return {
    name: 'http',
    call(name, input) {
      const [area = '', verb = ''] = name.split('.')
      return client[area]![verb]!(input).catch(refuse)
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** The official MCP client, calling built-in tools by their actions. */
export async function mcpDoor({ url, key }: Place, era: Era): Promise<Door> {
  const connection = await connectMcp(`${url}/mcp`, { era, key })
  return {
    name: `mcp_${era}`,
    async call(name, input) {
      const { mcp }: Operation = operations[name]
      if (mcp === undefined) throw new Error(`agents are not offered ${name}`)
      const result = await connection.client.callTool({ name: mcp.tool, arguments: { action: mcp.action, ...input } })
      const content = result.structuredContent as { error?: Problem }
      if (result.isError) throw new Refused(content.error!)
      return content as never
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}

/** The command line with `--json`: a process for each call. */
export function cliDoor({ url, key }: Place): Door {
  const env = { ...cleanEnvironment(), SUPER_DATA_API_KEY: key }
  return {
    name: 'cli',
    async call(name, input) {
      const args = [launcher, ...wordsOf(name, input), '--url', url, '--json']
      const { code, stdout, stderr } = await runCommand(process.execPath, { args, env })
      if (code === 0) return JSON.parse(stdout) as never
      throw new Refused(JSON.parse(stderr) as Problem)
    },
    async [Symbol.asyncDispose]() {},
  }
}

function refuse(error: unknown): never {
  throw new Refused(toProblem(error))
}

/** An operation as somebody would type it. */
function wordsOf(name: OperationName, input: Fields): string[] {
  const { positional = [] }: Operation = operations[name]
  const given = positional.flatMap(field => (input[field] === undefined ? [] : [textOf(input[field])]))
  const flags = Object.entries(input)
    .filter(([field]) => !positional.includes(field))
    .flatMap(([field, value]) => (value === true ? [flagOf(field)] : [flagOf(field), textOf(value)]))
  return [...name.split('.'), ...given, ...flags]
}

const flagOf = (field: string) => `--${field.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

const textOf = (value: JsonValue) => (typeof value === 'string' ? value : JSON.stringify(value))
