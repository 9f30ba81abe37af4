import type { Hono } from 'hono'
import type { McpDoor } from '../mcp/mcp-door.ts'
import type { McpScope } from '../mcp/registry.ts'
import type { DoorContext, DoorEnv, HttpDoor } from './door.ts'
import { readJsonBody } from './json-body.ts'

const methods = ['GET', 'POST', 'DELETE']

/** MCP at its addresses. Who calls is known before anything of the message counts. */
export function mcpRoutes(app: Hono<DoorEnv>, door: HttpDoor, mcp: McpDoor): void {
  for (const path of ['/mcp', '/mcp/:group', '/projects/:project/mcp', '/projects/:project/mcp/:group'])
    app.on(methods, path, c => answerMcp(c, door, mcp))
}

async function answerMcp(c: DoorContext, door: HttpDoor, mcp: McpDoor): Promise<Response> {
  const { credentials, requestId } = c.var.facts
  const scope: McpScope = {
    credentials,
    requestId,
    principal: await door.platform.authenticate(credentials),
    project: c.req.param('project'),
    group: c.req.param('group'),
  }
  const body = c.req.method === 'POST' ? await readJsonBody(c.req.raw, door.limits) : undefined
  return mcp.answer(c.req.raw, scope, body)
}
