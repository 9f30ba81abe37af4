import type { HttpBindings } from '@hono/node-server'
import type { Clock } from '@super-data/base/clock'
import type { Ids } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { Credentials, PlatformDoor, Rate } from '@super-data/platform'
import type { Context } from 'hono'
import type { ServerLimits } from '../limits.ts'
import type { HostGuard } from './host-guard.ts'
import type { InFlight } from './in-flight.ts'
import type { LargeBody } from './large-body.ts'
import type { Metrics } from './metrics.ts'
import type { Streams } from './streams.ts'

/** What every page and operation of the HTTP door may use. */
export interface HttpDoor {
  readonly platform: PlatformDoor
  readonly publicUrl: URL | undefined
  readonly authorizationServers: readonly string[]
  readonly log: Log
  readonly clock: Clock
  readonly ids: Ids
  readonly limits: ServerLimits
  readonly guard: HostGuard
  readonly streams: Streams
  readonly metrics: Metrics
  readonly inFlight: InFlight
  readonly largeBody: LargeBody
  /** True once the server is stopping. */
  readonly draining: () => boolean
}

/** What is known of a request before anything of it runs. */
export interface RequestFacts {
  readonly requestId: string
  readonly credentials: Credentials
  /** The origin that the client used, for absolute addresses in answers. */
  readonly origin: string
}

export interface DoorEnv {
  Bindings: HttpBindings
  Variables: { facts: RequestFacts; rate?: Rate }
}

export type DoorContext = Context<DoorEnv>
