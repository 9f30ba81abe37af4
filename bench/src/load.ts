import { Agent, request } from 'node:http'

export interface LoadRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface LoadResult {
  readonly kind: string
  readonly status: number
  readonly ms: number
}

/** A plain keep-alive client: what it costs must not hide what the server costs. */
export class LoadClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1_000 })
  readonly #base: URL
  readonly #key: string

  constructor(base: string, key: string) {
    this.#base = new URL(base)
    this.#key = key
  }

  send(kind: string, load: LoadRequest): Promise<LoadResult & { text: string }> {
    const started = performance.now()
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          agent: this.#agent,
          host: this.#base.hostname,
          port: this.#base.port,
          method: load.method,
          path: load.path,
          headers: {
            authorization: `Bearer ${this.#key}`,
            ...(load.body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(load.body) }),
            ...load.headers,
          },
        },
        response => {
          const chunks: Buffer[] = []
          response.on('data', chunk => chunks.push(chunk))
          response.on('end', () =>
            resolve({
              kind,
              status: response.statusCode ?? 0,
              ms: performance.now() - started,
              text: Buffer.concat(chunks).toString(),
            }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(load.body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** The value below which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ms`
