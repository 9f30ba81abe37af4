export { ConformanceRegistry } from './conformance/conformance-registry.ts'
export { connectMcp, type Era, type McpConnection, revisions } from './mcp-client.ts'
export {
  MemoryEvents,
  MemoryPlatform,
  type MemoryPlatformOptions,
  TestError,
  testPrincipal,
} from './memory-platform.ts'
export { openTestServer, silentLog } from './open-server.ts'
export { type Finished, runCommand } from './run-command.ts'
