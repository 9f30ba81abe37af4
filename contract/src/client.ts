import { Cancelled, type ErrorKind, PlatformError, type Problem } from '@super-data/base/errors'
import type { z } from 'zod'
import type { Operation } from './operation.ts'
import { type OperationName, type Operations, type Output, operations } from './operations.ts'

export interface ClientOptions {
  /** Where the server answers, e.g. `https://data.example.com`. */
  readonly url: string | URL
  /** The API key or token. Absent: only public operations work. */
  readonly key?: string
  /** Where calls go that name no project. Absent: the key's own project, asked for once. */
  readonly project?: string
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
}

export interface AskOptions {
  readonly signal?: AbortSignal
  /** Makes a repeated write safe: the server answers it from the first. */
  readonly idempotencyKey?: string
}

/** What an operation takes. The project may be left out wherever it is part of the address. */
export type ClientInput<Name extends OperationName> = WithProject<z.input<Operations[Name]['input']>>
type WithProject<In> = In extends { project: string } ? Omit<In, 'project'> & { project?: string } : In

/** The input may be left out altogether when nothing in it is required. */
export type Ask<Name extends OperationName> =
  Record<never, never> extends ClientInput<Name>
    ? (input?: ClientInput<Name>, options?: AskOptions) => Promise<Output<Name>>
    : (input: ClientInput<Name>, options?: AskOptions) => Promise<Output<Name>>

type AreaOf<Name> = Name extends `${infer Area}.${string}` ? Area : never
type VerbOf<Name> = Name extends `${string}.${infer Verb}` ? Verb : never

/** `client.area.verb(input)` for every declared operation. */
export type Client = {
  readonly [Area in AreaOf<OperationName>]: {
    readonly [Name in Extract<OperationName, `${Area}.${string}`> as VerbOf<Name>]: Ask<Name>
  }
}

/** An error as the server told it: same code, same kind. */
export class RemoteError extends PlatformError {
  readonly code: string
  readonly kind: ErrorKind
  override readonly retryable: boolean
  /** What to look for in the server's log. */
  readonly requestId: string | undefined
  constructor(problem: Problem, requestId: string | undefined) {
    super(problem.message, {
      ...(problem.hint === undefined ? {} : { hint: problem.hint }),
      ...(problem.details === undefined ? {} : { details: problem.details }),
    })
    this.code = problem.code
    this.kind = problem.kind
    this.retryable = problem.retryable
    this.requestId = requestId
  }
}

/** Nothing answered at the address, or something that is not this server. */
export class ServerUnreachable extends PlatformError {
  readonly code = 'SERVER_UNREACHABLE'
  readonly kind = 'unavailable'
  constructor(origin: string, cause: unknown) {
    super(`no answer from ${origin}`, { cause, hint: 'Check the address, and that the server runs.' })
  }
}

/** A client with one function for each declared operation. Runs in Node and in browsers. */
export function createClient(options: ClientOptions): Client {
  const connection = new Connection(options)
  const client: Record<string, Record<string, unknown>> = {}
  for (const operation of Object.values(operations) as Operation[]) {
    const [area = '', verb = ''] = operation.name.split('.')
    client[area] ??= {}
    client[area][verb] = (input: Fields = {}, ask: AskOptions = {}) => connection.ask(operation, input, ask)
  }
  return client as unknown as Client
}

type Fields = Readonly<Record<string, unknown>>

class Connection {
  readonly #options: ClientOptions
  readonly #base: string
  #ownProject: Promise<string> | undefined

  constructor(options: ClientOptions) {
    this.#options = options
    this.#base = String(options.url).replace(/\/+$/, '')
  }

  async ask(operation: Operation, input: Fields, ask: AskOptions): Promise<unknown> {
    const needsProject = operation.route.path.includes('{project}') && input['project'] === undefined
    const fields = needsProject ? { ...input, project: await this.#project(ask) } : input
    const response = await this.#send(operation, fields, ask)
    const body = await response.json().catch(cause => {
      throw this.#lost(cause, ask)
    })
    if (!response.ok) throw remoteError(body, response)
    return body
  }

  /** The project of the key, remembered unless asking failed. */
  #project(ask: AskOptions): Promise<string> {
    if (this.#options.project !== undefined) return Promise.resolve(this.#options.project)
    this.#ownProject ??= this.ask(operations['identity.whoami'], {}, ask).then(
      answer => (answer as Output<'identity.whoami'>).project,
      error => {
        this.#ownProject = undefined
        throw error
      },
    )
    return this.#ownProject
  }

  async #send(operation: Operation, fields: Fields, ask: AskOptions): Promise<Response> {
    const { method, path } = operation.route
    const { target, rest } = fillPath(path, fields)
    const inQuery = method === 'GET' || method === 'DELETE'
    const url = `${this.#base}/api/v1${target}${inQuery ? queryOf(rest) : ''}`
    const fetch = this.#options.fetch ?? globalThis.fetch
    try {
      return await fetch(url, {
        method,
        headers: this.#headers(ask, !inQuery),
        ...(inQuery ? {} : { body: JSON.stringify(rest) }),
        ...(ask.signal ? { signal: ask.signal } : {}),
      })
    } catch (cause) {
      throw this.#lost(cause, ask)
    }
  }

  #headers(ask: AskOptions, withBody: boolean): Record<string, string> {
    return {
      Accept: 'application/json',
      ...(withBody ? { 'Content-Type': 'application/json' } : {}),
      ...(this.#options.key === undefined ? {} : { Authorization: `Bearer ${this.#options.key}` }),
      ...(ask.idempotencyKey === undefined ? {} : { 'X-Idempotency-Key': ask.idempotencyKey }),
    }
  }

  #lost(cause: unknown, ask: AskOptions): PlatformError {
    if (ask.signal?.aborted) return new Cancelled(cause)
    return new ServerUnreachable(URL.canParse(this.#base) ? new URL(this.#base).origin : this.#base, cause)
  }
}

/** Puts the fields a path names into it; the others are the query or the body. */
function fillPath(path: string, fields: Fields): { target: string; rest: Fields } {
  const rest: Record<string, unknown> = { ...fields }
  const target = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name]
    delete rest[name]
    return encodeURIComponent(String(value))
  })
  return { target, rest }
}

function queryOf(fields: Fields): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))
  return query.size === 0 ? '' : `?${query}`
}

function remoteError(body: unknown, response: Response): RemoteError {
  const said = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem> & {
    detail?: string
    requestId?: string
  }
  const problem: Problem = {
    code: said.code ?? 'INTERNAL',
    kind: said.kind ?? 'internal',
    message: said.detail ?? `the server answered ${response.status}`,
    retryable: said.retryable ?? false,
    ...(said.hint === undefined ? {} : { hint: said.hint }),
    ...(said.details === undefined ? {} : { details: said.details }),
  }
  return new RemoteError(problem, said.requestId ?? response.headers.get('x-request-id') ?? undefined)
}
