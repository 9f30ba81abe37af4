import type { Hono } from 'hono'
import { plainAddress } from './credentials.ts'
import type { DoorContext, DoorEnv, HttpDoor } from './door.ts'
import { RouteMissing } from './errors.ts'

const loopback = new Set(['127.0.0.1', '::1'])

/** Whether the process lives, whether it can work, and its figures. No credential needed. */
export function healthRoutes(app: Hono<DoorEnv>, door: HttpDoor): void {
  app.get('/health/live', c => c.json({ status: 'live' }))
  app.get('/health/ready', c => answerReady(c, door))
  app.get('/health', c => answerReady(c, door))
  app.get('/metrics', c => answerMetrics(c, door))
}

async function answerReady(c: DoorContext, door: HttpDoor): Promise<Response> {
  if (door.draining()) return c.json({ status: 'stopping', checks: [] }, 503)
  const { ready, checks } = await door.platform.readiness()
  return c.json({ status: ready ? 'ready' : 'not ready', checks }, ready ? 200 : 503)
}

/** For collectors on this machine. One that comes through a proxy comes from elsewhere. @throws RouteMissing */
async function answerMetrics(c: DoorContext, door: HttpDoor): Promise<Response> {
  const address = plainAddress(c.env.incoming.socket.remoteAddress ?? '')
  const proxied = ['x-forwarded-for', 'forwarded', 'x-real-ip'].some(header => c.req.header(header) !== undefined)
  if (!loopback.has(address) || proxied) throw new RouteMissing()
  return c.body(await door.metrics.read(), 200, { 'Content-Type': door.metrics.contentType })
}
