import type { ObservedCall, PlatformDoor } from '@super-data/platform'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ObserveRequest } from '../mcp/registry-server.ts'
import { showMcp } from './mcp-metrics.ts'
import { showPostgres } from './postgres-metrics.ts'

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

let ofProcess: Registry | undefined

/** Memory, processor and event loop: collected once for the process, because the collectors cannot be stopped. */
function processMetrics(): Registry {
  if (ofProcess) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  return ofProcess
}

/** How many different error codes are counted by name: the rest become `OTHER`, so that labels stay bounded. */
const codesMax = 200

/** Figures that are read when somebody looks, by name. */
export type Gauges = Readonly<Record<string, { readonly help: string; read(): number }>>

/** What `/metrics` shows. Every label takes few values: never a name, a key or an address that callers choose. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #codes = new Set<string>()
  readonly #calls: Counter<'operation' | 'door' | 'outcome' | 'code'>
  readonly #callSeconds: Histogram<'operation' | 'door'>
  readonly #httpSeconds: Histogram<'method' | 'route' | 'status'>
  readonly observeMcp: ObserveRequest
  readonly #stopObserving: readonly (() => void)[]

  constructor(platform: PlatformDoor, gauges: Gauges) {
    const registers = [this.#registry]
    this.#calls = new Counter({
      name: 'super_data_calls_total',
      help: 'Calls of operations.',
      labelNames: ['operation', 'door', 'outcome', 'code'],
      registers,
    })
    this.#callSeconds = new Histogram({
      name: 'super_data_call_seconds',
      help: 'How long calls of operations took.',
      labelNames: ['operation', 'door'],
      buckets: secondsBuckets,
      registers,
    })
    this.#httpSeconds = new Histogram({
      name: 'super_data_http_seconds',
      help: 'How long HTTP requests took until their answer began.',
      labelNames: ['method', 'route', 'status'],
      buckets: secondsBuckets,
      registers,
    })
    this.observeMcp = showMcp(this.#registry)
    for (const [name, { help, read }] of Object.entries(gauges)) openGauge(name, help, read, this.#registry)
    this.#stopObserving = [
      platform.onCall(observed => this.#observeCall(observed)),
      ...(platform.postgres ? [showPostgres(platform.postgres, this.#registry)] : []),
    ]
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  read(): Promise<string> {
    return Registry.merge([this.#registry, processMetrics()]).metrics()
  }

  /** @param route the pattern that matched, never the path itself. */
  observeHttp(request: { method: string; route: string; status: number; seconds: number }): void {
    const { method, route, status, seconds } = request
    this.#httpSeconds.observe(
      { method: knownMethods.has(method) ? method : 'OTHER', route, status: String(status) },
      seconds,
    )
  }

  close(): void {
    for (const stop of this.#stopObserving) stop()
    this.#registry.clear()
  }

  #observeCall({ operation, door, outcome, code, elapsedMs }: ObservedCall): void {
    this.#calls.inc({ operation, door, outcome, code: this.#boundedCode(code) })
    this.#callSeconds.observe({ operation, door }, elapsedMs / 1_000)
  }

  #boundedCode(code: string | null): string {
    if (code === null) return ''
    if (this.#codes.size < codesMax && /^[A-Z][A-Z0-9_]{0,63}$/.test(code)) this.#codes.add(code)
    return this.#codes.has(code) ? code : 'OTHER'
  }
}

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

function openGauge(name: string, help: string, read: () => number, registry: Registry): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}
