import { Cancelled, throwIfAborted } from '@super-data/base/errors'
import { type Operation, type OperationName, operations } from '@super-data/contract'
import type { CallResult } from '@super-data/platform'
import type { Hono } from 'hono'
import type { DoorContext, DoorEnv, HttpDoor } from './door.ts'
import { CallTimedOut, JsonMalformed } from './errors.ts'
import { readJsonBody } from './json-body.ts'

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
  const input = await readInput(c, door, operations[name].route.method)
  const { output, replayed } = await callWithin(c, door, { name, input })
  return c.json(output, 200, replayed ? { 'Idempotency-Replayed': 'true' } : {})
}

/** Path fields win over others of the same name. @throws BodyTooLarge · BodyTooDeep · NotJson · JsonMalformed */
async function readInput(c: DoorContext, door: HttpDoor, method: string): Promise<Fields> {
  const path = c.req.param() as Record<string, string>
  if (method === 'GET' || method === 'DELETE') return { ...readQuery(c), ...path }
  const body = await readJsonBody(c.req.raw, door.limits)
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

/** Calls the platform until it answers, the client leaves, or time is up. @throws PlatformError · CallTimedOut */
async function callWithin<Name extends OperationName>(
  c: DoorContext,
  door: HttpDoor,
  asked: { readonly name: Name; readonly input: Fields },
): Promise<CallResult<Name>> {
  const { requestId, credentials } = c.var.facts
  const { callTimeoutMs } = door.limits
  const client = c.req.raw.signal
  const timeout = AbortSignal.timeout(callTimeoutMs)
  const signal = AbortSignal.any([client, timeout])
  const idempotencyKey = c.req.header('x-idempotency-key')
  try {
    const answer = door.platform.call(asked.name, asked.input, {
      credentials,
      door: 'http',
      requestId,
      signal,
      onRate: rate => c.set('rate', rate),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    })
    return await Promise.race([answer, rejectOnAbort(signal)])
  } catch (error) {
    throwIfAborted(client)
    throw timeout.aborted ? new CallTimedOut(callTimeoutMs) : error
  }
}

/** Answers in time even when the work does not stop at once. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Cancelled(signal.reason)), { once: true })
  })
}
