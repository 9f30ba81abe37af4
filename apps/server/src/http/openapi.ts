import type { ErrorKind } from '@super-data/base/errors'
import { type Operation, operations, schemas } from '@super-data/contract'
import { z } from 'zod'
import { version } from '../version.ts'
import { statusOfKind } from './problem.ts'

type Json = Record<string, unknown>

/** The OpenAPI 3.1 description of every operation, from the declarations alone. */
export function openApiDocument(): Json {
  const components = componentSchemas()
  const all = Object.values(operations) as Operation[]
  const document = {
    openapi: '3.1.1',
    info: {
      title: 'Super Data',
      version,
      summary: 'One server where a team and its agents share data and the questions they ask of it.',
      description: 'Errors are problem documents (RFC 9457) with a stable `code`. Lists page by an opaque `cursor`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1', description: 'This server.' }],
    security: [{ key: [] }],
    tags: [...areas(all), 'events'].map(name => ({ name, description: `Operations on ${name}.` })),
    paths: { ...paths(all), '/events': { get: eventsOperation } },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key, or a JWT.' } },
      headers: sharedHeaders,
      responses: errorResponses(),
      parameters: { idempotencyKey },
      schemas: components,
    },
  }
  return withNamedSchemas(document, components)
}

/** Says each named schema once, and refers to it everywhere else. */
function withNamedSchemas(document: Json, components: Readonly<Record<string, Json>>): Json {
  const refer = referrer(components)
  const parts = Object.entries(components).map(([name, schema]) => [name, refer.inside(schema)])
  return {
    ...document,
    paths: refer.inside(document['paths']),
    components: { ...(document['components'] as Json), schemas: Object.fromEntries(parts) },
  }
}

const eventsOperation: Json = {
  operationId: 'events.follow',
  tags: ['events'],
  summary: 'Follow what happens, as server-sent events.',
  description: 'Each message has an id; send the last one back to go on from there. A slow reader is disconnected.',
  parameters: [
    {
      name: 'Last-Event-ID',
      in: 'header',
      required: false,
      description: 'Start just after this event; without it, from now on.',
      schema: { type: 'string' },
    },
  ],
  responses: {
    '200': {
      description: 'The events, until the client leaves.',
      content: { 'text/event-stream': { schema: { $ref: '#/components/schemas/Event' } } },
    },
    '401': { $ref: '#/components/responses/unauthenticated' },
    '429': { $ref: '#/components/responses/limited' },
  },
}

export function areaOf(operation: Operation): string {
  return operation.name.split('.')[0]!
}

export function areas(all: readonly Operation[]): string[] {
  return [...new Set(all.map(areaOf))]
}

function paths(all: readonly Operation[]): Json {
  const byPath: Record<string, Json> = {}
  for (const operation of all) {
    const { path, method } = operation.route
    byPath[path] = { ...byPath[path], [method.toLowerCase()]: describe(operation) }
  }
  return byPath
}

function describe(operation: Operation): Json {
  const { name, summary, access, effect, route } = operation
  const inBody = route.method !== 'GET' && route.method !== 'DELETE'
  const body = inBody ? requestBody(operation) : undefined
  return {
    operationId: name,
    tags: [areaOf(operation)],
    summary,
    ...(access.target === 'public' ? { security: [] } : {}),
    ...listUnlessEmpty('parameters', [
      ...parameters(operation),
      ...(effect === 'read' ? [] : [{ $ref: '#/components/parameters/idempotencyKey' }]),
    ]),
    ...(body ? { requestBody: body } : {}),
    responses: { '200': success(operation), ...failures(operation) },
  }
}

function success(operation: Operation): Json {
  const replayed = operation.effect === 'read' ? {} : { 'Idempotency-Replayed': headerRef('idempotencyReplayed') }
  return {
    description: 'Done.',
    headers: { 'X-Request-Id': headerRef('requestId'), ...rateHeaderRefs, ...replayed },
    content: { 'application/json': { schema: toSchema(operation.output, 'output') } },
  }
}

/** The kinds of error an operation can end with. */
function failures(operation: Operation): Json {
  const kinds: ErrorKind[] = ['invalid', 'limited', 'unavailable', 'internal', 'missing']
  if (operation.access.target !== 'public') kinds.push('unauthenticated', 'denied')
  if (operation.effect !== 'read') kinds.push('conflict')
  const sorted = kinds.sort((a, b) => statusOfKind[a] - statusOfKind[b])
  return Object.fromEntries(
    sorted.map(kind => [String(statusOfKind[kind]), { $ref: `#/components/responses/${kind}` }]),
  )
}

function parameters(operation: Operation): Json[] {
  const { path, method } = operation.route
  const { properties, required } = inputOf(operation)
  const named = pathNames(path)
  const inQuery = method === 'GET' || method === 'DELETE' ? Object.keys(properties).filter(n => !named.includes(n)) : []
  return [
    ...named.map(name => parameter(name, 'path', properties[name] ?? { type: 'string' }, true)),
    ...inQuery.map(name => parameter(name, 'query', properties[name]!, required.includes(name))),
  ]
}

function parameter(name: string, place: 'path' | 'query', schema: Json, required: boolean): Json {
  const { description, ...rest } = schema
  return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: rest }
}

function requestBody(operation: Operation): Json | undefined {
  const named = pathNames(operation.route.path)
  const { properties, required } = inputOf(operation)
  const fields = Object.fromEntries(Object.entries(properties).filter(([name]) => !named.includes(name)))
  if (Object.keys(fields).length === 0) return undefined
  const needed = required.filter(name => !named.includes(name))
  const schema = { type: 'object', properties: fields, ...listUnlessEmpty('required', needed) }
  return { required: needed.length > 0, content: { 'application/json': { schema } } }
}

function inputOf(operation: Operation): { properties: Record<string, Json>; required: string[] } {
  const { properties = {}, required = [] } = toSchema(operation.input, 'input') as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return { properties, required }
}

function pathNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]!)
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: dropNoise,
  }) as Json
  return rest
}

/** "No larger than a double counts exactly" is said of every integer; what agents read instead is for them alone. */
function dropNoise({ jsonSchema }: { jsonSchema: Json }): void {
  delete jsonSchema['brief']
  if (jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) delete jsonSchema['maximum']
  if (jsonSchema['minimum'] === Number.MIN_SAFE_INTEGER) delete jsonSchema['minimum']
}

function componentSchemas(): Record<string, Json> {
  const named = Object.entries(schemas).map(([name, schema]) => [name, toSchema(schema, 'output')] as const)
  return { ...Object.fromEntries(named), Problem: problemSchema }
}

/** Replaces schemas that are a named one by references. `inside` leaves the outermost as it is. */
function referrer(components: Readonly<Record<string, Json>>) {
  const names = new Map(Object.entries(components).map(([name, schema]) => [JSON.stringify(schema), name]))
  const visit = (part: unknown): unknown => {
    const name = isObject(part) && 'type' in part ? names.get(JSON.stringify(part)) : undefined
    return name === undefined ? inside(part) : { $ref: `#/components/schemas/${name}` }
  }
  const inside = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(visit)
    if (!isObject(part)) return part
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, visit(inner)]))
  }
  return { inside }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const problemSchema: Json = {
  type: 'object',
  description: 'What went wrong, and what to do about it.',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'One sentence for people and models; not stable.' },
    code: { type: 'string', description: 'Stable: switch on this.' },
    kind: { type: 'string', enum: Object.keys(statusOfKind), description: 'What to do next, coarsely.' },
    hint: { type: 'string' },
    retryable: { type: 'boolean', description: 'Whether the same request may work later by itself.' },
    requestId: { type: 'string' },
    details: { type: 'object', additionalProperties: true },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'kind', 'retryable', 'requestId'],
}

const kindAbout: Readonly<Record<ErrorKind, string>> = {
  invalid: 'The request is wrong: fix it.',
  unauthenticated: 'No credential, or one that does not count.',
  denied: 'The credential does not allow this.',
  missing: 'Not there, or not yours to see.',
  conflict: 'Not as the caller took it to be: read again, then ask anew.',
  limited: 'Too much at once: ask for less, or later.',
  unavailable: 'Not available now: retry with backoff.',
  cancelled: 'The caller went away.',
  internal: 'A bug of the server: report it with the request id.',
}

function errorResponses(): Json {
  const kinds = Object.keys(statusOfKind) as ErrorKind[]
  return Object.fromEntries(kinds.filter(kind => kind !== 'cancelled').map(kind => [kind, errorResponse(kind)]))
}

function errorResponse(kind: ErrorKind): Json {
  const extra: Json =
    kind === 'unauthenticated'
      ? { 'WWW-Authenticate': headerRef('wwwAuthenticate') }
      : kind === 'limited'
        ? { 'Retry-After': headerRef('retryAfter') }
        : {}
  return {
    description: kindAbout[kind],
    headers: { 'X-Request-Id': headerRef('requestId'), ...extra },
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        example: exampleProblem(kind),
      },
    },
  }
}

function exampleProblem(kind: ErrorKind): Json {
  return {
    type: `urn:super-data:error:EXAMPLE_${kind.toUpperCase()}`,
    title: kindAbout[kind],
    status: statusOfKind[kind],
    detail: kindAbout[kind],
    code: `EXAMPLE_${kind.toUpperCase()}`,
    kind,
    retryable: kind === 'unavailable',
    requestId: 'req_01jd3v5k8w2q7r9x4m6n8p0t2z',
  }
}

const idempotencyKey: Json = {
  name: 'X-Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A repeated request with the same key and content is answered from the first.',
  schema: { type: 'string', maxLength: 200 },
}

const sharedHeaders: Json = {
  requestId: { description: 'Names this request in the log.', schema: { type: 'string' } },
  rateLimit: { description: 'Calls allowed a window.', schema: { type: 'integer' } },
  rateRemaining: { description: 'Calls left in this window.', schema: { type: 'integer' } },
  rateReset: { description: 'Seconds until the window ends.', schema: { type: 'integer' } },
  retryAfter: { description: 'Seconds to wait, where waiting helps.', schema: { type: 'integer' } },
  wwwAuthenticate: { description: 'Where to learn how to get a credential (RFC 9728).', schema: { type: 'string' } },
  idempotencyReplayed: { description: '`true` when answered from the first request.', schema: { type: 'string' } },
}

const rateHeaderRefs: Json = {
  'RateLimit-Limit': headerRef('rateLimit'),
  'RateLimit-Remaining': headerRef('rateRemaining'),
  'RateLimit-Reset': headerRef('rateReset'),
}

function headerRef(name: string): Json {
  return { $ref: `#/components/headers/${name}` }
}

function listUnlessEmpty(name: string, list: readonly unknown[]): Json {
  return list.length === 0 ? {} : { [name]: list }
}
