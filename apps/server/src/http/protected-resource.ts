import type { DoorContext, HttpDoor } from './door.ts'

const wellKnown = '/.well-known/oauth-protected-resource'

/** Where RFC 9728 puts the document about the resource at a path. */
export function resourceMetadataUrl(origin: string, path: string): string {
  return isMcpPath(path) ? `${origin}${wellKnown}${path}` : `${origin}${wellKnown}`
}

/** The RFC 9728 document: what this resource is called, and who hands out tokens for it. */
export function protectedResource(c: DoorContext, door: HttpDoor, path: string) {
  const { origin } = c.var.facts
  return {
    resource: `${origin}${isMcpPath(path) ? path : ''}`,
    resource_name: 'Super Data',
    resource_documentation: `${origin}/docs`,
    bearer_methods_supported: ['header'],
    ...(door.authorizationServers.length === 0 ? {} : { authorization_servers: [...door.authorizationServers] }),
  }
}

function isMcpPath(path: string): boolean {
  return /^(\/projects\/[a-z][a-z0-9_-]{0,62})?\/mcp(\/[a-z_]{1,64})?$/.test(path)
}
