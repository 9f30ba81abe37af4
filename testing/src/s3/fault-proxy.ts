import {
  Agent,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** What can go wrong between a client and its S3 server. */
export type FaultName =
  | 'slow-down' // 503 SlowDown, with Retry-After when `retryAfter` says so
  | 'internal-error' // 500 before the request reaches the server
  | 'error-after' // 500 after the server did it
  | 'precondition-failed' // 412 without asking the server
  | 'conditional-conflict' // 409 ConditionalRequestConflict, of writes only
  | 'lost-answer' // the server did it; the connection is cut before the answer
  | 'lost-request' // the connection is cut before the server sees anything
  | 'cut-answer' // half of the answer's body, then the connection is cut
  | 'cut-upload' // half of the body reaches the server, then both connections are cut
  | 'wrong-bytes' // the first byte of the answer's body is another
  | 'ignore-conditions' // If-Match and If-None-Match do not reach the server
  | 'delay' // the request waits `delayMs`

export interface FaultRule {
  readonly fault: FaultName
  /** Default: any. */
  readonly method?: string
  /** Part of the path and query as they travel. */
  readonly target?: string
  /** How often; default once, `Infinity` for always. */
  readonly times?: number
  /** Matching requests that pass before the first. */
  readonly after?: number
  readonly retryAfter?: string
  readonly delayMs?: number
}

/** Decides about each request; `undefined` lets it pass. */
export type FaultSource = (request: { readonly method: string; readonly target: string }) => FaultRule | undefined

/**
 * An HTTP proxy before an S3 server that breaks what its rules or its seed say. Hosts are passed on as they came: sign
 * for the proxy's own address.
 */
export class FaultProxy implements AsyncDisposable {
  readonly endpoint: string
  /** Requests by method and path, e.g. `PUT /bucket/key`. */
  readonly counts = new Map<string, number>()
  readonly #upstream: URL
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 128 })
  readonly #sockets = new Set<Socket>()
  #rules: { rule: FaultRule; passing: number; left: number }[] = []
  #source: FaultSource | undefined
  #isAway = false

  private constructor(upstream: string, server: Server) {
    this.#upstream = new URL(upstream)
    this.#server = server
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', socket => this.#accept(socket))
    server.on('request', (incoming, outgoing) => void this.#answer(incoming, outgoing).catch(() => outgoing.destroy()))
  }

  static async open(upstream: string): Promise<FaultProxy> {
    const server = createServer({ keepAliveTimeout: 60_000 })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new FaultProxy(upstream, server)
  }

  /** Adds a rule; of several that match, the oldest with something left counts. */
  break(rule: FaultRule): void {
    this.#rules.push({ rule, passing: rule.after ?? 0, left: rule.times ?? 1 })
  }

  /** Faults as the source decides, where no rule matches. */
  breakBy(source: FaultSource): void {
    this.#source = source
  }

  /** No more faults. */
  heal(): void {
    this.#rules = []
    this.#source = undefined
  }

  /** From now on connections are cut at once. */
  away(): void {
    this.#isAway = true
    for (const socket of this.#sockets) socket.destroy()
  }

  back(): void {
    this.#isAway = false
  }

  /** Requests of this method whose path and query hold this text. */
  countOf(method: string, target = ''): number {
    const matching = [...this.counts].filter(([name]) => name.startsWith(`${method} `) && name.includes(target))
    return matching.reduce((sum, [, count]) => sum + count, 0)
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    this.#agent.destroy()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #accept(socket: Socket): void {
    if (this.#isAway) return void socket.destroy()
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const method = incoming.method ?? 'GET'
    const target = incoming.url ?? '/'
    this.counts.set(`${method} ${target}`, (this.counts.get(`${method} ${target}`) ?? 0) + 1)
    const rule = this.#ruleFor(method, target)
    const body = await collect(incoming)
    switch (rule?.fault) {
      case 'slow-down':
        return refuse(outgoing, 503, 'SlowDown', rule.retryAfter)
      case 'internal-error':
        return refuse(outgoing, 500, 'InternalError')
      case 'precondition-failed':
        return refuse(outgoing, 412, 'PreconditionFailed')
      case 'conditional-conflict':
        if (method === 'GET' || method === 'HEAD') break
        return refuse(outgoing, 409, 'ConditionalRequestConflict')
      case 'lost-request':
        return void incoming.socket.destroy()
      case 'cut-upload':
        await this.#forwardHalf(incoming, body)
        return void incoming.socket.destroy()
      case 'delay':
        await wait(rule.delayMs ?? 100)
    }
    const headers = rule?.fault === 'ignore-conditions' ? withoutConditions(incoming.headers) : incoming.headers
    const { answer, bytes } = await this.#forward(incoming, headers, body)
    if (rule?.fault === 'error-after') return refuse(outgoing, 500, 'InternalError')
    if (rule?.fault === 'lost-answer') return void incoming.socket.destroy()
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    if (rule?.fault === 'cut-answer') {
      outgoing.write(bytes.subarray(0, bytes.byteLength >> 1), () => incoming.socket.destroy())
      return
    }
    if (rule?.fault === 'wrong-bytes' && bytes.byteLength > 0) bytes[0]! ^= 1
    outgoing.end(bytes)
  }

  #ruleFor(method: string, target: string): FaultRule | undefined {
    for (const entry of this.#rules) {
      const { rule } = entry
      if (entry.left <= 0 || (rule.method ?? method) !== method || !target.includes(rule.target ?? '')) continue
      if (entry.passing > 0) {
        entry.passing -= 1
        continue
      }
      entry.left -= 1
      return rule
    }
    return this.#source?.({ method, target })
  }

  #forward(
    incoming: IncomingMessage,
    headers: OutgoingHttpHeaders,
    body: Buffer,
  ): Promise<{ answer: IncomingMessage; bytes: Buffer }> {
    return new Promise((resolve, reject) => {
      const forwarded = request(this.#optionsOf(incoming, headers), answer => {
        collect(answer).then(bytes => resolve({ answer, bytes }), reject)
      })
      forwarded.on('error', reject)
      forwarded.end(body)
    })
  }

  #forwardHalf(incoming: IncomingMessage, body: Buffer): Promise<void> {
    return new Promise(resolve => {
      const forwarded = request({ ...this.#optionsOf(incoming, incoming.headers), agent: false })
      forwarded.on('error', () => resolve())
      forwarded.on('close', () => resolve())
      forwarded.write(body.subarray(0, body.byteLength >> 1), () => forwarded.destroy())
    })
  }

  #optionsOf(incoming: IncomingMessage, headers: OutgoingHttpHeaders) {
    const { hostname, port } = this.#upstream
    return { hostname, port, method: incoming.method, path: incoming.url, headers, agent: this.#agent }
  }
}

/** One request in so many breaks, which and how the seed decides: the same for the same order of requests. */
export function seededFaults(
  seed: number,
  { oneIn, faults }: { oneIn: number; faults: readonly FaultName[] },
): FaultSource {
  let state = seed >>> 0
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return () => {
    if (next(oneIn) !== 0) return undefined
    return { fault: faults[next(faults.length)]!, delayMs: next(30) }
  }
}

async function collect(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function withoutConditions({
  'if-match': _,
  'if-none-match': __,
  ...headers
}: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return headers
}

function refuse(outgoing: ServerResponse, status: number, code: string, retryAfter?: string): void {
  const xml = `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`
  outgoing.writeHead(status, {
    'content-type': 'application/xml',
    ...(retryAfter ? { 'retry-after': retryAfter } : {}),
  })
  outgoing.end(xml)
}
