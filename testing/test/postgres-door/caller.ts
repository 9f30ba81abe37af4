import type { Problem } from '@super-data/base/errors'
import type { JsonValue } from '@super-data/contract'
import type { McpConnection } from '../../src/index.ts'

type Fields = Readonly<Record<string, unknown>>

/** Everything a PostgreSQL tool may answer; what an action does not answer is not there. */
export interface Told {
  readonly columns: { name: string; type: string }[]
  readonly rows: JsonValue[][]
  readonly count: number
  readonly truncated: false | { by: string; hint: string }
  readonly cut: { row: number; column: number; sizeBytes: number }[]
  readonly affected: number
  readonly committed: boolean
  readonly results: Told[]
  readonly session: string & { state: string; session: string; statements: number }
  readonly state: string
  readonly savepoints: string[]
  readonly items: Record<string, JsonValue>[]
  readonly [other: string]: unknown
}

/** One MCP client of one person. */
export class Caller implements AsyncDisposable {
  /** What anybody was answered so far, as `tool action`. */
  static readonly answered = new Set<string>()
  readonly connection: McpConnection

  constructor(connection: McpConnection) {
    this.connection = connection
  }

  get client() {
    return this.connection.client
  }

  /** @throws when it is refused */
  async ask(tool: string, action: string, fields: Fields = {}, options?: { signal?: AbortSignal }): Promise<Told> {
    const result = await this.client.callTool({ name: tool, arguments: { action, ...fields } }, options)
    if (result.isError) throw new Error(JSON.stringify(result.structuredContent))
    Caller.answered.add(`${tool} ${action}`)
    return result.structuredContent as unknown as Told
  }

  /** What the refusal says. @throws when it is not refused */
  async refused(tool: string, action: string, fields: Fields = {}): Promise<Problem & { requestId: string }> {
    const result = await this.client.callTool({ name: tool, arguments: { action, ...fields } })
    if (!result.isError)
      throw new Error(`${tool} ${action} was not refused: ${JSON.stringify(result.structuredContent)}`)
    return (result.structuredContent as { error: Problem & { requestId: string } }).error
  }

  /** What a model reads. */
  async text(tool: string, action: string, fields: Fields = {}): Promise<string> {
    const result = await this.client.callTool({ name: tool, arguments: { action, ...fields } })
    const [content] = result.content as { text: string }[]
    return content!.text
  }

  read(sql: string, fields: Fields = {}): Promise<Told> {
    return this.ask('pg_query', 'read', { sql, ...fields })
  }

  write(sql: string, fields: Fields = {}): Promise<Told> {
    return this.ask('pg_query', 'write', { sql, ...fields })
  }

  async begin(fields: Fields = {}): Promise<string> {
    return (await this.ask('pg_tx', 'begin', fields)).session
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]()
  }
}
