import { type Operation, type OperationName, operations } from '@super-data/contract'
import type { Hono } from 'hono'
import { callWithin } from '../call-within.ts'
import type { DoorContext, DoorEnv, HttpDoor } from './door.ts'
import { JsonMalformed } from './errors.ts'
import { type BodyLimits, readJsonBody } from './json-body.ts'

type Fields = Readonly<Record<string, unknown>>

/** One route for each declared operation, below `base`. */
export function operationRoutes(app: Hono<DoorEnv>, door: HttpDoor, base: string): void {
  const all = Object.entries(operations) as [OperationName, Operation][]
  for (const [name, { route }] of all)
    app.on(route.method, honoPath(base, route.path), c => answerOperation(c, door, name))
}

function honoPath(base: string, path: string): string {
  return base + path.replace(/\{(\w+)\}/g, ':$1')
}

async function answerOperation(c: DoorContext, door: HttpDoor, name: OperationName): Promise<Response> {
  const { requestId, credentials } = c.var.facts
  const { access, route, bodyBytesMax } = operations[name] as Operation
  if (access.target !== 'public' && mayExceed(c, longBodyBytes)) await door.platform.authenticate(credentials)
  const isLarge = bodyBytesMax !== undefined && mayExceed(c, door.limits.bodyBytesMax)
  using _ = isLarge ? door.largeBody.enter() : undefined
  const input = await readInput(c, route.method, { ...door.limits, ...(isLarge ? { bodyBytesMax } : {}) })
  const idempotencyKey = c.req.header('x-idempotency-key')
  const { output, replayed } = await callWithin(door.limits.callTimeoutMs, door.platform, name, input, {
    credentials,
    door: 'http',
    requestId,
    signal: c.req.raw.signal,
    onRate: rate => c.set('rate', rate),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
  return c.json(output, 200, replayed ? { 'Idempotency-Replayed': 'true' } : {})
}

/** Nothing longer is read from somebody who will not be let in. */
const longBodyBytes = 16_384

function mayExceed(c: DoorContext, bytes: number): boolean {
  return c.req.header('transfer-encoding') !== undefined || Number(c.req.header('content-length')) > bytes
}

/** Path fields win over others of the same name. @throws BodyTooLarge · BodyTooDeep · NotJson · JsonMalformed */
async function readInput(c: DoorContext, method: string, limits: BodyLimits): Promise<Fields> {
  const path = c.req.param() as Record<string, string>
  if (method === 'GET' || method === 'DELETE') return { ...readQuery(c), ...path }
  const body = await readJsonBody(c.req.raw, limits)
  if (body === undefined) return path
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new JsonMalformed('it is not a JSON object')
  return { ...body, ...path }
}

function readQuery(c: DoorContext): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (values.length > 1) throw new JsonMalformed(`the query names ${name.slice(0, 100)} more than once`)
    fields[name] = values[0]!
  }
  return fields
}
