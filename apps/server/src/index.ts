export { openBucket, type SharedBucket } from './bucket.ts'
export { Installation, type InstallationComponents } from './installation.ts'
export { defaultLimits, type ServerLimits } from './limits.ts'
export type {
  McpChange,
  McpCompletions,
  McpPrompts,
  McpRegistry,
  McpResources,
  McpScope,
  McpTools,
} from './mcp/registry.ts'
export type { Server, ServerOptions } from './server.ts'
export { readServerSettings, type ServerSettings, serverSettings } from './settings.ts'
export { version } from './version.ts'
