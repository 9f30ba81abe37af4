import { type ErrorKind, PlatformError, throwIfAborted } from '@super-data/base/errors'
import { type Event, type Input, type OperationName, type Output, operations } from '@super-data/contract'
import type {
  CallRequest,
  CallResult,
  Catalogue,
  CatalogueTool,
  Credentials,
  EventStream,
  ObservedCall,
  PlatformDoor,
  Principal,
  Readiness,
} from '@super-data/platform'

/** An error of whatever code and kind a test wants to see at a door. */
export class TestError extends PlatformError {
  readonly code: string
  readonly kind: ErrorKind
  constructor(
    code: string,
    kind: ErrorKind,
    message = 'as the test asked',
    details: Record<string, unknown> = {},
    hint = 'This is a test.',
  ) {
    super(message, { hint, details })
    this.code = code
    this.kind = kind
  }
}

type TestHandlers = {
  -readonly [Name in OperationName]?: (input: Input<Name>, request: CallRequest) => Promise<Output<Name>> | Output<Name>
}

export interface MemoryPlatformOptions {
  /** Principals by key. Without any, everybody is let in as the same one. */
  readonly keys?: Readonly<Record<string, Principal>>
  readonly handlers?: TestHandlers
  readonly tools?: readonly CatalogueTool[]
  readonly projects?: readonly string[]
}

export function testPrincipal(change: Partial<Principal> = {}): Principal {
  return {
    userId: 'user_1',
    userName: 'ada',
    role: 'owner',
    method: 'key',
    keyId: 'key_1',
    project: 'default',
    onlyProject: false,
    ceiling: 'admin',
    ...change,
  }
}

/** A platform in memory, just enough of one to test doors: handlers are what a test puts there. */
export class MemoryPlatform implements PlatformDoor {
  /** What doors handed in, in order. */
  readonly requests: { readonly name: OperationName; readonly input: unknown; readonly request: CallRequest }[] = []
  readonly handlers: TestHandlers
  readonly events: MemoryEvents
  ready: Readiness = { ready: true, checks: [{ name: 'memory', problem: null }] }
  readonly #keys: Map<string, Principal>
  readonly #projects: readonly string[]
  readonly #replays = new Map<string, unknown>()
  readonly #listeners = new Set<(observed: ObservedCall) => void>()
  #tools: readonly CatalogueTool[]
  #generation = 1

  constructor(options: MemoryPlatformOptions = {}) {
    this.handlers = { ...options.handlers }
    this.events = new MemoryEvents()
    this.#keys = new Map(Object.entries(options.keys ?? {}))
    this.#projects = options.projects ?? ['default', 'other']
    this.#tools = options.tools ?? []
  }

  revoke(key: string): void {
    this.#keys.delete(key)
  }

  /** Approves another set of tools, and says so as the real one does. */
  setTools(tools: readonly CatalogueTool[]): void {
    this.#tools = tools
    this.#generation++
    this.events.add('tool.approved', tools.at(-1)?.name ?? '')
  }

  async closeChannel(): Promise<void> {}

  async authenticate(credentials: Credentials): Promise<Principal> {
    if (credentials.local !== undefined) return testPrincipal({ method: 'local', userId: credentials.local })
    if (this.#keys.size === 0) return testPrincipal()
    const principal = credentials.bearer === undefined ? undefined : this.#keys.get(credentials.bearer)
    if (!principal) throw new TestError('UNAUTHENTICATED', 'unauthenticated', 'no credential that counts')
    return principal
  }

  async catalogue(_principal: Principal, project: string): Promise<Catalogue> {
    if (!this.#projects.includes(project)) throw new TestError('PROJECT_MISSING', 'missing', 'no such project')
    return { project, generation: this.#generation, tools: this.#tools }
  }

  async call<Name extends OperationName>(name: Name, input: unknown, request: CallRequest): Promise<CallResult<Name>> {
    this.requests.push({ name, input, request })
    const observed: { outcome: ObservedCall['outcome']; code: string | null } = { outcome: 'ok', code: null }
    try {
      return await this.#answer(name, input, request)
    } catch (error) {
      observed.outcome = 'refused'
      observed.code = error instanceof PlatformError ? error.code : 'INTERNAL'
      throw error
    } finally {
      for (const listener of this.#listeners)
        listener({ operation: name, door: request.door, ...observed, elapsedMs: 1 })
    }
  }

  async readiness(): Promise<Readiness> {
    return this.ready
  }

  onCall(listener: (observed: ObservedCall) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #answer<Name extends OperationName>(
    name: Name,
    input: unknown,
    request: CallRequest,
  ): Promise<CallResult<Name>> {
    const { access, input: schema } = operations[name]
    const principal = access.target === 'public' ? undefined : await this.authenticate(request.credentials)
    request.onRate?.({ limit: 600, remaining: 599, resetSeconds: 60 })
    const parsed = schema.safeParse(withProject(input, request.project ?? principal?.project))
    if (!parsed.success) throw new TestError('INPUT_INVALID', 'invalid', parsed.error.issues[0]?.message)
    const known = request.idempotencyKey === undefined ? undefined : this.#replays.get(request.idempotencyKey)
    if (known !== undefined) return { output: known as Output<Name>, replayed: true }
    const handler = this.handlers[name]
    if (!handler) throw new TestError('HANDLER_MISSING', 'unavailable', `the test handles no ${name}`)
    throwIfAborted(request.signal)
    const output = await handler(parsed.data as Input<Name>, request)
    if (request.idempotencyKey !== undefined) this.#replays.set(request.idempotencyKey, output)
    return { output, replayed: false }
  }
}

/** Events kept in memory, followed as the real ones are. */
export class MemoryEvents implements EventStream {
  readonly #stored: Event[] = []
  readonly #listeners = new Set<(event: Event) => void>()

  add(type: Event['type'], subject: string, project = 'default'): Event {
    const id = String(this.#stored.length + 1).padStart(6, '0')
    const event: Event = { id, at: 1_767_225_600_000, type, project, subject, by: 'ada', key: null }
    this.#stored.push(event)
    for (const listener of [...this.#listeners]) listener(event)
    return event
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  onEvent(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async *follow(
    _principal: Principal,
    { after, signal }: { after?: string; signal: AbortSignal },
  ): AsyncIterable<Event> {
    let next = after === undefined ? this.#stored.length : this.#stored.findIndex(event => event.id === after) + 1
    while (!signal.aborted) {
      while (next < this.#stored.length && !signal.aborted) yield this.#stored[next++]!
      await this.#oneMore(signal)
    }
  }

  #oneMore(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = this.onEvent(() => resolve())
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
    return promise.finally(stop)
  }
}

function withProject(input: unknown, project: string | undefined): unknown {
  if (typeof input !== 'object' || input === null || 'project' in input || project === undefined) return input
  return { ...input, project }
}
