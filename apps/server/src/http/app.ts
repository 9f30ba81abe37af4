import { Hono, type MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { McpDoor } from '../mcp/mcp-door.ts'
import { readCredentials, refuseRepeatedHeaders } from './credentials.ts'
import { docsPage } from './docs-page.ts'
import type { DoorContext, DoorEnv, HttpDoor } from './door.ts'
import { ServerStopping } from './errors.ts'
import { eventStream } from './event-stream.ts'
import { healthRoutes } from './health.ts'
import { html, pageHeaders } from './html.ts'
import { invitationRoutes } from './invitation.ts'
import { mcpRoutes } from './mcp-routes.ts'
import { openApiDocument } from './openapi.ts'
import { operationRoutes } from './operation-routes.ts'
import { problemResponse } from './problem.ts'
import { protectedResource, resourceMetadataUrl } from './protected-resource.ts'
import { RouteTable } from './route-table.ts'

/** Everything the server answers over HTTP. */
export function httpApp(door: HttpDoor, mcp: McpDoor): Hono<DoorEnv> {
  const app = new Hono<DoorEnv>()
  const table = new RouteTable()
  app.use(gate(door))
  healthRoutes(app, door)
  mcpRoutes(app, door, mcp)
  for (const base of ['/api/v1', '']) {
    operationRoutes(app, door, base)
    app.get(`${base}/events`, c => eventStream(c, door))
  }
  invitationRoutes(app, door)
  app.get('/openapi.json', c => json(c, openApiText()))
  app.get('/docs', () => html(docsPage()))
  app.get('/', c => c.redirect('/docs'))
  app.get('/.well-known/oauth-protected-resource', c => c.json(protectedResource(c, door, '')))
  app.get('/.well-known/oauth-protected-resource/:path{.+}', c =>
    c.json(protectedResource(c, door, `/${c.req.param('path')}`)),
  )
  table.add(app.routes)
  app.notFound(c => problem(c, door, table.refusal(c.req.path)))
  app.onError((error, c) => problem(c, door, error))
  return app
}

let cachedOpenApi: string | undefined

function openApiText(): string {
  cachedOpenApi ??= JSON.stringify(openApiDocument())
  return cachedOpenApi
}

function json(c: DoorContext, text: string): Response {
  return c.body(text, 200, { 'Content-Type': 'application/json' })
}

/** What every request passes first: counted, named, from a host of ours, then told what a browser may do with it. */
function gate(door: HttpDoor): MiddlewareHandler<DoorEnv> {
  return async (c, next) => {
    const end = door.inFlight.begin()
    const started = door.clock.elapsed()
    const requestId = door.ids.next('req')
    c.set('facts', { requestId, credentials: {}, origin: '' })
    try {
      admit(c, door, requestId)
      await next()
    } catch (error) {
      c.res = problem(c, door, error)
    } finally {
      end()
    }
    setHeaders(c, requestId)
    observe(c, door, started)
  }
}

function setHeaders(c: DoorContext, requestId: string): void {
  const { headers } = c.res
  for (const [name, value] of Object.entries(pageHeaders)) if (!headers.has(name)) headers.set(name, value)
  headers.set('X-Request-Id', requestId)
  const { rate } = c.var
  if (rate === undefined) return
  headers.set('RateLimit-Limit', String(rate.limit))
  headers.set('RateLimit-Remaining', String(Math.max(0, rate.remaining)))
  headers.set('RateLimit-Reset', String(Math.max(0, Math.ceil(rate.resetSeconds))))
}

/** @throws ServerStopping · HostRefused · OriginRefused · HeaderRepeated · AuthorizationMalformed */
function admit(c: DoorContext, door: HttpDoor, requestId: string): void {
  const { incoming } = c.env
  const origin = door.publicUrl?.origin ?? `http://${incoming.headers.host ?? 'localhost'}`
  c.set('facts', { requestId, credentials: {}, origin })
  door.guard.check(incoming)
  refuseRepeatedHeaders(incoming)
  if (door.draining() && !c.req.path.startsWith('/health')) throw new ServerStopping()
  c.set('facts', { requestId, credentials: readCredentials(incoming), origin })
}

function observe(c: DoorContext, door: HttpDoor, started: number): void {
  const route = c.res.status === 404 || c.res.status === 405 ? 'none' : routePath(c, -1)
  const seconds = (door.clock.elapsed() - started) / 1_000
  const { method } = c.req
  door.metrics.observeHttp({ method, route, status: c.res.status, seconds })
  door.log.debug({ requestId: c.var.facts.requestId, method, route, status: c.res.status, seconds }, 'http')
}

function problem(c: DoorContext, door: HttpDoor, error: unknown): Response {
  const { requestId, origin } = c.var.facts
  const response = problemResponse(error, { requestId, resourceMetadataUrl: resourceMetadataUrl(origin, c.req.path) })
  if (response.status === 500) door.log.error({ err: error, requestId }, 'a request failed')
  return response
}
