import type { AuthInfo } from '@modelcontextprotocol/server'
import type { McpScope } from './registry.ts'

/** Carries the scope of a request to its handler. The token itself stays out: only the scope is read. */
export function authInfoOf(scope: McpScope): AuthInfo {
  return { token: '', clientId: scope.principal.userId, scopes: [], extra: { scope } }
}
